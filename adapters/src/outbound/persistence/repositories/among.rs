//! Rows with one of some keys, by a statement whose text is the same for any number above one, so that it is
//! prepared once.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, ExprTrait, IntoSimpleExpr, Value,
    sea_query::{ArrayType, BinOper, Expr, extension::postgres::PgFunc},
};

use super::Sql;

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Whether a column has one of these values.
    pub(super) fn among<'v>(
        &self,
        column: impl ColumnTrait,
        values: impl Iterator<Item = &'v str>,
    ) -> Expr {
        let (column, values) = (column.into_simple_expr(), Vec::from_iter(values));
        if let [value] = values[..] {
            return column.eq(value);
        }
        if self.db.get_database_backend() == DbBackend::Postgres {
            let values = values.into_iter().map(Value::from).collect();
            let all = Value::Array(ArrayType::String, Some(Box::new(values)));
            return column.eq(PgFunc::any(Expr::value(all)));
        }
        let all = serde_json::Value::from_iter(values).to_string();
        let listed = Expr::cust_with_values("(SELECT value FROM json_each(?))", [all]);
        column.binary(BinOper::In, listed)
    }

    /// The same for octets.
    pub(super) fn among_octets(
        &self,
        column: impl ColumnTrait,
        values: impl Iterator<Item = Vec<u8>>,
    ) -> Expr {
        let values = Vec::from_iter(values);
        if values.len() > 1 && self.db.get_database_backend() == DbBackend::Postgres {
            return column.into_simple_expr().eq(PgFunc::any(Expr::value(values)));
        }
        column.is_in(values)
    }
}

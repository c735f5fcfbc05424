//! Inserting many rows of a table, by a statement whose text is the same for any number of them, so that it
//! is prepared once.

use passlink_application::ports::StoreError;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityName, EntityTrait, Iden, Iterable,
    Statement, Value,
};
use serde_json::Map;

use super::Sql;
use crate::outbound::persistence::error::bad_row;

type Columns<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Inserts rows that have something in each column.
    pub(super) async fn insert_all<A: ActiveModelTrait>(
        &mut self,
        rows: Vec<A>,
    ) -> Result<(), StoreError> {
        match (rows.len(), self.db.get_database_backend()) {
            (0, _) => Ok(()),
            (2.., DbBackend::Postgres) => self.insert_as_json(&rows).await,
            _ => self.insert_one_by_one(rows).await,
        }
    }

    /// A statement that is prepared costs little where it has no way to go.
    async fn insert_one_by_one<A: ActiveModelTrait>(
        &mut self,
        rows: Vec<A>,
    ) -> Result<(), StoreError> {
        let (db, backend) = (self.own_write().await?, self.db.get_database_backend());
        let sql = insert_values::<A>();
        for row in rows {
            let insert = Statement::from_sql_and_values(backend, &sql, values(&row)?);
            db.execute_raw(insert).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    async fn insert_as_json<A: ActiveModelTrait>(&mut self, rows: &[A]) -> Result<(), StoreError> {
        self.run(&insert_from_json::<A>(1), [as_json(rows)?]).await.map(drop)
    }
}

/// The table of rows, and the names of its columns.
fn table_and_columns<A: ActiveModelTrait>() -> (String, String) {
    let names: Vec<_> = Columns::<A>::iter().map(|it| format!("\"{}\"", it.to_string())).collect();
    (A::Entity::default().table_name().to_owned(), names.join(", "))
}

/// The statement that inserts a row, whose values come in the order of the columns.
fn insert_values<A: ActiveModelTrait>() -> String {
    let (table, names) = table_and_columns::<A>();
    let values: Vec<_> = (1..=Columns::<A>::iter().count()).map(|it| format!("${it}")).collect();
    format!("INSERT INTO \"{table}\" ({names}) VALUES ({})", values.join(", "))
}

/// The statement that inserts rows which come as one JSON text in the parameter of this number; on
/// PostgreSQL.
pub(super) fn insert_from_json<A: ActiveModelTrait>(parameter: usize) -> String {
    let (table, names) = table_and_columns::<A>();
    format!(
        "INSERT INTO \"{table}\" ({names}) SELECT {names} \
         FROM json_populate_recordset(NULL::\"{table}\", ${parameter}::text::json)"
    )
}

/// Rows as one JSON text.
///
/// Errors: a value of a kind that no table has of which many rows come at a time.
pub(super) fn as_json<A: ActiveModelTrait>(rows: &[A]) -> Result<Value, StoreError> {
    let rows = rows.iter().map(row_as_json).collect::<Result<serde_json::Value, _>>()?;
    Ok(rows.to_string().into())
}

/// The values of a row, in the order of the columns.
///
/// Errors: there is none for a column.
fn values<A: ActiveModelTrait>(row: &A) -> Result<Vec<Value>, StoreError> {
    let missing = || bad_row("a row without a value for each column");
    let value = |column| row.get(column).into_value().ok_or_else(missing);
    Columns::<A>::iter().map(value).collect()
}

fn row_as_json<A: ActiveModelTrait>(row: &A) -> Result<serde_json::Value, StoreError> {
    let names = Columns::<A>::iter().map(|column| column.to_string());
    let fields = names.zip(values(row)?).map(|(name, value)| {
        let value = match value {
            Value::Bool(it) => it.into(),
            Value::SmallInt(it) => it.into(),
            Value::Int(it) => it.into(),
            Value::BigInt(it) => it.into(),
            Value::String(it) => it.into(),
            _ => return Err(bad_row(format!("{name} can't be written as JSON"))),
        };
        Ok((name, value))
    });
    fields.collect::<Result<Map<_, _>, _>>().map(Into::into)
}

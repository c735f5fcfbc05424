//! How often a mail was tried: a number of 32 bits in PostgreSQL, where SQLite knows whole numbers of one
//! size only.

use sea_orm::{
    ColIdx, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{self, ArrayType, ColumnType, ValueTypeErr},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tries(i32);

impl From<u32> for Tries {
    fn from(tries: u32) -> Self {
        Self(i32::try_from(tries).unwrap_or(i32::MAX))
    }
}

impl From<Tries> for u32 {
    fn from(tries: Tries) -> Self {
        Self::try_from(tries.0).unwrap_or_default()
    }
}

impl From<Tries> for Value {
    fn from(tries: Tries) -> Self {
        tries.0.into()
    }
}

impl TryGetable for Tries {
    fn try_get_by<I: ColIdx>(row: &QueryResult, column: I) -> Result<Self, TryGetError> {
        let any_size =
            || i64::try_get_by(row, column).map(|it| i32::try_from(it).unwrap_or(i32::MAX));
        i32::try_get_by(row, column).or_else(|_| any_size()).map(Self)
    }
}

impl sea_query::ValueType for Tries {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <i32 as sea_query::ValueType>::try_from(value).map(Self)
    }

    fn type_name() -> String {
        <i32 as sea_query::ValueType>::type_name()
    }

    fn array_type() -> ArrayType {
        <i32 as sea_query::ValueType>::array_type()
    }

    fn column_type() -> ColumnType {
        <i32 as sea_query::ValueType>::column_type()
    }
}

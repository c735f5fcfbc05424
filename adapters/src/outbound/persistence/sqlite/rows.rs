//! Values and rows, as SeaORM has them and as SQLite does.

use std::collections::BTreeMap;

use rusqlite::{
    Error, Row, Statement,
    types::{Null, ToSqlOutput, ValueRef},
};
use sea_orm::{ProxyRow, Value};

/// A value for a parameter.
///
/// Errors: it is of a type that no table here has.
pub(super) fn sql_value(value: &Value) -> rusqlite::Result<ToSqlOutput<'_>> {
    Ok(match value {
        Value::Bool(Some(it)) => (*it).into(),
        Value::SmallInt(Some(it)) => (*it).into(),
        Value::Int(Some(it)) => (*it).into(),
        Value::BigInt(Some(it)) => (*it).into(),
        Value::Unsigned(Some(it)) => (*it).into(),
        Value::BigUnsigned(Some(it)) => i64::try_from(*it).unwrap_or(i64::MAX).into(),
        Value::String(Some(it)) => ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes())),
        Value::Bytes(Some(it)) => ToSqlOutput::Borrowed(ValueRef::Blob(it)),
        other if *other == other.as_null() => Null.into(),
        _ => {
            let unknown = "a value of a type that no column has";
            return Err(Error::ToSqlConversionFailure(unknown.into()));
        }
    })
}

/// What the values of a column are read as: SQLite has one type for all whole numbers, and takes a text for
/// octets.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Boolean,
    Small,
    Big,
    Octets,
}

impl Kind {
    /// As the column was declared; what is worked out was not.
    fn declared(declared: Option<&str>) -> Self {
        match declared {
            Some("boolean") => Self::Boolean,
            Some("smallint") => Self::Small,
            Some(other) if is_blob(other) => Self::Octets,
            _ => Self::Big,
        }
    }

    /// Errors: it is too large for the column.
    fn whole(self, number: i64) -> Result<Value, std::num::TryFromIntError> {
        Ok(match self {
            Self::Boolean => (number != 0).into(),
            Self::Small => i16::try_from(number)?.into(),
            Self::Big | Self::Octets => number.into(),
        })
    }
}

/// As SQLite tells octets from text, by a part of the declared type (3.1 of "Datatypes in SQLite").
fn is_blob(declared: &str) -> bool {
    declared.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"blob"))
}

/// The columns of a result, by name.
pub(super) struct Columns(Vec<(String, Kind)>);

impl Columns {
    pub fn of(statement: &Statement<'_>) -> Self {
        let columns = statement.columns().into_iter();
        let read = columns.map(|it| (it.name().to_owned(), Kind::declared(it.decl_type())));
        Self(read.collect())
    }

    /// A row with its values by the names of their columns.
    pub fn read(&self, row: &Row<'_>) -> rusqlite::Result<ProxyRow> {
        let mut values = BTreeMap::new();
        for (place, (name, kind)) in self.0.iter().enumerate() {
            let value = row.get_ref(place)?;
            let wrong = |error| Error::FromSqlConversionFailure(place, value.data_type(), error);
            let value = match value {
                ValueRef::Null => Value::BigInt(None),
                ValueRef::Integer(it) => kind.whole(it).map_err(|error| wrong(error.into()))?,
                ValueRef::Real(it) => it.into(),
                ValueRef::Text(it) if matches!(kind, Kind::Octets) => it.to_vec().into(),
                ValueRef::Text(it) => {
                    std::str::from_utf8(it).map_err(|error| wrong(error.into()))?.into()
                }
                ValueRef::Blob(it) => it.to_vec().into(),
            };
            values.insert(name.clone(), value);
        }
        Ok(ProxyRow::new(values))
    }
}

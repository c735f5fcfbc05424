use std::{thread, time::Duration};

use rusqlite::{Connection, OpenFlags, types::ValueRef};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DbErr, QueryResult, Statement, TryGetable,
};
use serde_json::{Value, json};
use tokio::runtime::Builder;

/// How long a statement waits for a SQLite file that others write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs one SQL statement on the database of a URL, with `?` for each parameter; returns its rows.
#[track_caller]
pub fn sql(url: &str, statement: &str, parameters: &[&str]) -> Vec<Vec<Value>> {
    let statement = with_parameters(url, statement, parameters);
    if let Some(file) = url.strip_prefix("sqlite://") {
        let file = file.split('?').next().unwrap_or_default();
        let rows = rows_of_file(file, &statement);
        return rows.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let rows = blocking(rows(url.to_owned(), statement.clone()));
    rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// Waits for what needs a runtime of its own, as a test may run on one.
pub(crate) fn blocking<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    thread::spawn(move || runtime.block_on(work)).join().unwrap()
}

/// The statement with its parameters as literals, whose types are those of what they meet.
fn with_parameters(url: &str, statement: &str, parameters: &[&str]) -> String {
    let is_postgres = url.starts_with("postgres");
    let octets = if is_postgres { " AS bytea)" } else { " AS BLOB)" };
    let statement = statement.replace(" AS BLOB)", octets);
    let mut parts = statement.split('?');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    let mut parameters = parameters.iter();
    for part in parts {
        let value = parameters.next().expect("a parameter for each ?").replace('\'', "''");
        whole = format!("{whole}'{value}'{part}");
    }
    assert!(parameters.next().is_none(), "a ? for each parameter");
    whole
}

fn rows_of_file(file: &str, statement: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    let mut statement = connection.prepare(statement)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        let value = |at| {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(it) => json!(it),
                ValueRef::Real(it) => json!(it),
                ValueRef::Text(it) => json!(String::from_utf8_lossy(it)),
                ValueRef::Blob(it) => json!(hex(it)),
            })
        };
        read.push((0..columns).map(value).collect::<rusqlite::Result<_>>()?);
    }
    Ok(read)
}

async fn rows(url: String, statement: String) -> Result<Vec<Vec<Value>>, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let statement = Statement::from_string(connection.get_database_backend(), statement);
    let rows = connection.query_all_raw(statement).await?;
    let rows = rows.iter().map(|row| (0..row.column_names().len()).map(|at| value(row, at)));
    let rows = rows.map(Iterator::collect).collect();
    connection.close().await?;
    Ok(rows)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|it| format!("{it:02x}")).collect()
}

/// A value of whichever type; octets are shown in hexadecimal.
fn value(row: &QueryResult, at: usize) -> Value {
    fn get<T: TryGetable>(row: &QueryResult, at: usize) -> Result<Option<T>, DbErr> {
        row.try_get_by_index::<Option<T>>(at)
    }
    get::<i64>(row, at)
        .map(|it| json!(it))
        .or_else(|_| get::<i32>(row, at).map(|it| json!(it)))
        .or_else(|_| get::<bool>(row, at).map(|it| json!(it)))
        .or_else(|_| get::<f64>(row, at).map(|it| json!(it)))
        .or_else(|_| get::<String>(row, at).map(|it| json!(it)))
        .or_else(|_| get::<Vec<u8>>(row, at).map(|it| json!(it.map(|it| hex(&it)))))
        .unwrap_or_else(|error| panic!("column {at}: {error}"))
}

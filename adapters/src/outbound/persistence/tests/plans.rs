//! No statement reads a whole table: each that a test runs is looked at first.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Steps of a plan that grow with a table.
const BAD: [&str; 4] = ["SCAN", "TEMP B-TREE", "Seq Scan", "Sort  ("];

/// Steps that are no such ones, though they look like it: by an index, or sorting what is alike by one.
const GOOD: [&str; 5] = [
    "USING INDEX",
    "USING COVERING INDEX",
    "VIRTUAL TABLE INDEX",
    "FOR LAST TERM OF ORDER BY",
    "Incremental Sort",
];

/// Panics when the database would read or sort a whole table for the statement.
pub(in crate::outbound::persistence) async fn check(
    connection: &impl ConnectionTrait,
    statement: &Statement,
) {
    let (explain, column) = match statement.db_backend {
        DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
        _ => ("EXPLAIN QUERY PLAN", "detail"),
    };
    let sql = &statement.sql;
    let explained = Statement { sql: format!("{explain} {sql}"), ..statement.clone() };
    let Ok(rows) = connection.query_all_raw(explained).await else {
        // The statement itself fails as well then, and the test is about that.
        return;
    };
    for row in rows {
        let step: String = row.try_get("", column).unwrap();
        let is = |known: &[&str]| known.iter().any(|known| step.contains(known));
        assert!(!is(&BAD) || is(&GOOD), "{sql}: {step}");
    }
}

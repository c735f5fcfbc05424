//! Units of work on a database with many writers: each in a transaction of its own, and again from
//! the start when it got into another's way or its connection broke.

use std::time::Duration;

use futures_util::future::BoxFuture;
use passlink_application::ports::{Settled, StoreError, Work};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use crate::outbound::persistence::{
    error::{Fault, fault, store_error},
    repositories::Sql,
    statement_spans::{Database, TracedConnection, run_in_span},
    watchdog::{LastAnswer, SILENCE_LIMIT, Watchdog},
};

/// How often a unit of work is run at the most.
const RUNS: u32 = 8;
/// Wait before a unit of work is run again; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(2);

pub(in crate::outbound::persistence) type Commit =
    dyn Fn(DatabaseTransaction) -> BoxFuture<'static, Result<(), DbErr>> + Send + Sync;

/// Runs a unit of work until its transaction has ended as it asked.
pub(super) async fn run(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    work: &Work,
) -> Result<(), StoreError> {
    run_committed_by(&|transaction| Box::pin(transaction.commit()), connection, watchdog, work)
        .await
}

/// As [`run`], with a commit of one's own.
pub(in crate::outbound::persistence) async fn run_committed_by(
    commit: &Commit,
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    work: &Work,
) -> Result<(), StoreError> {
    for run in 1.. {
        let last = LastAnswer::now();
        let attempt = attempt(commit, connection, work, &last);
        match watchdog.while_answering(SILENCE_LIMIT, "a transaction", &last, attempt).await? {
            Attempt::Ended => break,
            Attempt::Again if run < RUNS => {}
            Attempt::Again => return Err(StoreError::Unavailable("too many conflicts".into())),
            Attempt::Failed(error) => return Err(store_error(error)),
        }
        tokio::time::sleep(FIRST_WAIT * (1 << run)).await;
    }
    Ok(())
}

/// Runs a unit of work that only reads; again if its connection broke.
pub(super) async fn look(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    work: &Work,
) -> Result<(), StoreError> {
    for _ in 0..RUNS {
        let database = Database::from(connection);
        let last = LastAnswer::now();
        let connection = TracedConnection { connection, database: &database, last: &last };
        let mut repositories = Sql::new(&connection);
        watchdog.while_answering(SILENCE_LIMIT, "a query", &last, work(&mut repositories)).await?;
        if repositories.fault != Some(Fault::Lost) {
            break;
        }
    }
    Ok(())
}

enum Attempt {
    Ended,
    Again,
    Failed(DbErr),
}

async fn attempt(
    commit: &Commit,
    connection: &DatabaseConnection,
    work: &Work,
    last: &LastAnswer,
) -> Attempt {
    let database = Database::from(connection);
    let transaction = match run_in_span(database.span("BEGIN"), connection.begin()).await {
        Ok(transaction) => transaction,
        Err(error) => return failed(error),
    };
    last.note();
    let statements = TracedConnection { connection: &transaction, database: &database, last };
    let mut repositories = Sql::new(&statements);
    let settled = work(&mut repositories).await;
    let fault_seen = repositories.fault;
    let ended = match (settled, fault_seen) {
        (Settled::Commit, None) => run_in_span(database.span("COMMIT"), commit(transaction)).await,
        _ => run_in_span(database.span("ROLLBACK"), transaction.rollback()).await,
    };
    match (fault_seen, ended) {
        (Some(_), _) => Attempt::Again,
        (None, Ok(())) => Attempt::Ended,
        // Whether a commit whose connection broke took place can't be told: it isn't run again.
        (None, Err(error)) if fault(&error) == Some(Fault::Lost) => Attempt::Failed(error),
        (None, Err(error)) => failed(error),
    }
}

fn failed(error: DbErr) -> Attempt {
    match fault(&error) {
        Some(_) => Attempt::Again,
        None => Attempt::Failed(error),
    }
}

//! Units of work on a database with many writers: each in a transaction of its own, and again from
//! the start when it got into another's way or its connection broke.

use std::time::Duration;

use futures_util::future::BoxFuture;
use passlink_application::ports::{Settled, StoreError, Work};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use crate::outbound::persistence::{
    error::{Fault, fault, store_error},
    repositories::Sql,
    sets::{
        neighbours::Apart,
        together::{Ended, Ground, Set, Spoilt, Traced},
    },
    statement_spans::{Database, Spans, TracedConnection, run_in_span},
    watchdog::{LastAnswer, SILENCE_LIMIT, Watchdog},
};

/// How often a unit of work is run at the most.
const RUNS: u32 = 8;
/// Wait before a unit of work is run again; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(2);
/// What is said to be silent.
const WHAT: &str = "a transaction";

pub(in crate::outbound::persistence) type Commit =
    dyn Fn(DatabaseTransaction) -> BoxFuture<'static, Result<(), DbErr>> + Send + Sync;

/// Runs a unit of work until its transaction has ended as it asked.
pub(super) async fn run(
    commit: &Commit,
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    work: &Work,
) -> Result<(), StoreError> {
    for run in 1.. {
        let last = LastAnswer::now();
        let attempt = attempt(commit, connection, work, &last);
        let attempt = watchdog.while_answering(SILENCE_LIMIT, WHAT, &last, attempt).await?;
        if let Some(ended) = attempt.ended(run).await {
            return ended;
        }
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
        let database = Database::postgres(connection);
        let last = LastAnswer::now();
        let connection = TracedConnection::new(connection, &database, &last);
        let mut repositories = Sql::new(&connection);
        watchdog.while_answering(SILENCE_LIMIT, "a query", &last, work(&mut repositories)).await?;
        if repositories.fault != Some(Fault::Lost) {
            break;
        }
    }
    Ok(())
}

/// Runs the units of work of a set side by side, which only read. How each ended is in their order.
pub(super) async fn look_in_set(
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    works: &[Traced<'_>],
) -> Result<Vec<Ended>, StoreError> {
    let database = Database::postgres(connection);
    let last = LastAnswer::now();
    let ground = Ground { connection, database: &database, last: &last };
    let looked = ground.run_together(works);
    let looked = watchdog.while_answering(SILENCE_LIMIT, "a query", &last, looked).await?;
    // Where a statement failed, each looks by itself.
    Ok(looked.unwrap_or_else(|_| vec![Ended::Apart(Apart::Alone); works.len()]))
}

enum Attempt<T> {
    Ended(T),
    Again,
    Failed(DbErr),
}

impl<T> Attempt<T> {
    /// How the transaction ended; `None`, after a wait, when it is to be tried again.
    async fn ended(self, run: u32) -> Option<Result<T, StoreError>> {
        match self {
            Self::Ended(result) => Some(Ok(result)),
            Self::Again if run < RUNS => {
                tokio::time::sleep(FIRST_WAIT * (1 << run)).await;
                None
            }
            Self::Again => Some(Err(StoreError::Unavailable("too many conflicts".into()))),
            Self::Failed(error) => Some(Err(store_error(error))),
        }
    }
}

async fn attempt(
    commit: &Commit,
    connection: &DatabaseConnection,
    work: &Work,
    last: &LastAnswer,
) -> Attempt<()> {
    let database = Database::postgres(connection);
    let transaction = match run_in_span(database.span("BEGIN"), connection.begin()).await {
        Ok(transaction) => transaction,
        Err(error) => return failed(error),
    };
    last.note();
    let statements = TracedConnection::new(&transaction, &database, last);
    let mut repositories = Sql::new(&statements);
    let settled = work(&mut repositories).await;
    let fault_seen = repositories.fault;
    let ended = match (settled, fault_seen) {
        (Settled::Commit, None) => run_in_span(database.span("COMMIT"), commit(transaction)).await,
        _ => run_in_span(database.span("ROLLBACK"), transaction.rollback()).await,
    };
    match fault_seen {
        Some(_) => Attempt::Again,
        None => after(ended, ()),
    }
}

/// Runs the units of work of a set side by side, until their transaction has ended. How each ended is in
/// their order.
pub(super) async fn run_in_set(
    commit: &Commit,
    connection: &DatabaseConnection,
    watchdog: &Watchdog,
    works: Vec<Traced<'_>>,
) -> Result<Vec<Ended>, StoreError> {
    let mut set = Set::new(works);
    for run in 1..=RUNS {
        let works = set.works();
        if works.is_empty() {
            break;
        }
        let last = LastAnswer::now();
        let attempt = attempt_in_set(commit, connection, &works, &last);
        let attempt = watchdog.while_answering(SILENCE_LIMIT, WHAT, &last, attempt).await?;
        match attempt {
            Attempt::Ended(Ok(ended)) => return Ok(set.ended(&ended)),
            Attempt::Ended(Err(members)) => set.leave_out(&members),
            Attempt::Again => tokio::time::sleep(FIRST_WAIT * (1 << run)).await,
            Attempt::Failed(error) => return Err(store_error(error)),
        }
    }
    set.leave_out(&[]);
    Ok(set.ended(&[]))
}

/// The result of the attempt is how each ended, or who spoilt the set.
async fn attempt_in_set(
    commit: &Commit,
    connection: &DatabaseConnection,
    works: &[Traced<'_>],
    last: &LastAnswer,
) -> Attempt<Result<Vec<Ended>, Vec<usize>>> {
    let database = Database::postgres(connection);
    let all = || works.iter().map(|(_, scope)| *scope);
    let spans = |sql| Spans::in_each(all(), &database, sql);
    let transaction = match spans("BEGIN").around(connection.begin()).await {
        Ok(transaction) => transaction,
        Err(error) => return failed(error),
    };
    last.note();
    let ground = Ground { connection: &transaction, database: &database, last };
    let ran = ground.run_together(works).await;
    match ran {
        Ok(ended) if ended.contains(&Ended::As(Settled::Commit)) => {
            let commits = all().zip(&ended).filter(|(_, it)| **it == Ended::As(Settled::Commit));
            let spans = Spans::in_each(commits.map(|(scope, _)| scope), &database, "COMMIT");
            after(spans.around(commit(transaction)).await, Ok(ended))
        }
        ran => {
            let undone = spans("ROLLBACK").around(transaction.rollback()).await;
            match ran {
                Ok(ended) => after(undone, Ok(ended)),
                Err(Spoilt::By(_)) => Attempt::Again,
                Err(Spoilt::ByMembers(members)) => after(undone, Err(members)),
            }
        }
    }
}

/// What is to be done after a transaction ended so.
fn after<T>(ended: Result<(), DbErr>, result: T) -> Attempt<T> {
    match ended {
        Ok(()) => Attempt::Ended(result),
        // Whether a commit whose connection broke took place can't be told: it isn't run again.
        Err(error) if fault(&error) == Some(Fault::Lost) => Attempt::Failed(error),
        Err(error) => failed(error),
    }
}

fn failed<T>(error: DbErr) -> Attempt<T> {
    match fault(&error) {
        Some(_) => Attempt::Again,
        None => Attempt::Failed(error),
    }
}

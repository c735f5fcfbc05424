//! Neighbours share a commit. SQLite has one writer, and what a write costs is the commit that
//! makes it durable; so units of work that wait for the same commit go into it together, each in
//! a savepoint of its own.

use std::sync::Arc;

use passlink_application::ports::{Settled, StoreError, Work};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    error::store_error,
    file_watch::FileWatch,
    repositories::Sql,
    sqlite::begin_to_write,
    statement_spans::{Database, TracedConnection, record_failure},
    watchdog::LastAnswer,
};
use crate::telemetry::trace_scope::TraceScope;

/// Units of work that share a commit at the most.
const GROUP: usize = 128;
/// Units of work that may wait before a caller waits as well.
const WAITING: usize = 4096;
/// What part of the time others have the file: a command that waits for it asks only now and then.
const BREATH: u32 = 32;

struct Job {
    work: Work,
    scope: TraceScope,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The one writer of a SQLite file within this process.
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the writer; it ends when the last handle is dropped.
    pub fn start(connection: DatabaseConnection, watch: Arc<FileWatch>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(commit_groups(connection, watch, receiver));
        Self(sender)
    }

    /// Runs a unit of work; returns when it is durable, or undone.
    pub async fn run(&self, work: Work) -> Result<(), StoreError> {
        let (done, ended) = oneshot::channel();
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        self.0.send(Job { work, scope: TraceScope::here(), done }).await.map_err(|_| gone())?;
        ended.await.map_err(|_| gone())?
    }
}

async fn commit_groups(
    connection: DatabaseConnection,
    watch: Arc<FileWatch>,
    mut jobs: mpsc::Receiver<Job>,
) {
    loop {
        let mut group = Vec::with_capacity(GROUP);
        if jobs.recv_many(&mut group, GROUP).await == 0 {
            return;
        }
        let started = Instant::now();
        // A unit of work that panics takes its group with it, and not the writer.
        let answering = commit_and_answer(connection.clone(), watch.clone(), group);
        if let Err(error) = tokio::spawn(answering).await {
            tracing::error!(%error, "a unit of work panicked");
            renew(&connection).await;
        }
        tokio::time::sleep(started.elapsed() / BREATH).await;
    }
}

async fn commit_and_answer(connection: DatabaseConnection, watch: Arc<FileWatch>, group: Vec<Job>) {
    let there = watch.check();
    let result = if there.is_ok() { commit_group(&connection, &group).await } else { Ok(()) };
    if result.is_err() {
        renew(&connection).await;
    }
    // What was committed to a file that has gone meanwhile is not kept.
    let there = there.and_then(|()| watch.check());
    for job in group {
        let answer = result.clone().map_err(store_error);
        // A caller who no longer waits doesn't need the answer.
        let _ = job.done.send(answer.and_then(|()| Ok(there?)));
    }
}

/// Gives up the connection after an error, so that the next group gets a new one. SQLite undoes some
/// transactions by itself (no room, a fault of the disk); the driver still counts them as open, and
/// takes for a commit what is none.
async fn renew(connection: &DatabaseConnection) {
    let given_up = match connection.get_sqlite_connection_pool().acquire().await {
        Ok(held) => held.close().await,
        Err(error) => Err(error),
    };
    if let Err(error) = given_up {
        tracing::debug!(%error, "a connection ended with an error");
    }
}

async fn commit_group(connection: &DatabaseConnection, jobs: &[Job]) -> Result<(), DbErr> {
    let transaction = begin_to_write(connection).await?;
    let mut committing = Vec::with_capacity(jobs.len());
    for job in jobs {
        let work = run_in_savepoint(&transaction, &job.work);
        if job.scope.clone().run(work).await? == Settled::Commit {
            committing.push(&job.scope);
        }
    }
    // One commit, in the trace of each that waits for it.
    let span = |scope: &TraceScope| scope.in_scope(|| Database::Sqlite.span("COMMIT"));
    let commits: Vec<_> = committing.into_iter().map(span).collect();
    let committed = transaction.commit().await;
    if let Err(error) = &committed {
        commits.iter().for_each(|commit| record_failure(commit, error));
    }
    committed
}

async fn run_in_savepoint(
    transaction: &DatabaseTransaction,
    work: &Work,
) -> Result<Settled, DbErr> {
    let savepoint = transaction.begin().await?;
    let (database, last) = (Database::Sqlite, LastAnswer::now());
    let statements = TracedConnection { connection: &savepoint, database: &database, last: &last };
    let settled = work(&mut Sql::new(&statements)).await;
    match settled {
        Settled::Commit => savepoint.commit().await?,
        Settled::RollBack => savepoint.rollback().await?,
    }
    Ok(settled)
}

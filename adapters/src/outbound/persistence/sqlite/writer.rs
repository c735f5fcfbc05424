//! Neighbours share a commit. SQLite has one writer, and what a write costs is the commit that makes it
//! durable; so units of work that wait for the same commit go into it together, each in a savepoint of its
//! own. One thread does that, and waits for nothing between two groups: callers who come alone are served
//! at once, and other processes get the file while the callers of a group are answered.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use passlink_application::ports::{Settled, StoreError, Work};
use sea_orm::DbErr;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::connection::SqliteConnection;
use crate::{
    outbound::persistence::{
        error::store_error,
        file_watch::FileWatch,
        repositories::Sql,
        statement_spans::{Database, TracedConnection, record_failure},
        watchdog::LastAnswer,
    },
    telemetry::trace_scope::TraceScope,
};

/// Units of work that share a commit at the most.
const GROUP: usize = 128;
/// Units of work that may wait before a caller waits as well.
const WAITING: usize = 4096;

struct Job {
    work: Work,
    scope: TraceScope,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The one writer of a SQLite file within this process.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    is_busy: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the writer's thread, which ends when this is dropped.
    ///
    /// Errors: the system allows no more threads.
    pub fn start(connection: SqliteConnection, watch: Arc<FileWatch>) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let is_busy = Arc::new(AtomicBool::new(false));
        let (runtime, busy) = (Handle::current(), is_busy.clone());
        let groups = Groups { connection, watch, runtime };
        let thread = thread::Builder::new().name("passlink-write".to_owned());
        thread.spawn(move || groups.commit_all(waiting, &busy))?;
        Ok(Self { jobs, is_busy })
    }

    /// Runs a unit of work; returns when it is durable, or undone.
    pub async fn run(&self, work: Work) -> Result<(), StoreError> {
        let (done, ended) = oneshot::channel();
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        self.jobs.send(Job { work, scope: TraceScope::here(), done }).await.map_err(|_| gone())?;
        ended.await.map_err(|_| gone())?
    }

    /// Whether it commits something.
    pub fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }
}

struct Groups {
    connection: SqliteConnection,
    watch: Arc<FileWatch>,
    runtime: Handle,
}

impl Groups {
    fn commit_all(&self, mut jobs: mpsc::Receiver<Job>, is_busy: &AtomicBool) {
        while let Some(first) = jobs.blocking_recv() {
            is_busy.store(true, Ordering::Relaxed);
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            self.commit_and_answer(group);
            is_busy.store(false, Ordering::Relaxed);
        }
    }

    fn commit_and_answer(&self, group: Vec<Job>) {
        let there = self.watch.check();
        let committed = there.map_err(StoreError::from).map(|()| self.commit(&group));
        // What was committed to a file that has gone meanwhile is not kept.
        let there = self.watch.check();
        match committed {
            Ok(Ok(settled)) => {
                for (job, settled) in group.into_iter().zip(settled) {
                    job.answer(settled.and_then(|()| Ok(there?)));
                }
            }
            Ok(Err(error)) => {
                group.into_iter().for_each(|job| job.answer(Err(store_error(error.clone()))));
            }
            Err(_) => group.into_iter().for_each(|job| job.answer(there.map_err(Into::into))),
        }
    }

    /// Runs the units of work and commits. Returns whether each could be run.
    ///
    /// Errors: none of them is kept.
    fn commit(&self, jobs: &[Job]) -> Result<Vec<Result<(), StoreError>>, DbErr> {
        self.connection.begin()?;
        let mut committing = Vec::with_capacity(jobs.len());
        let mut settled = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.run_in_savepoint(job).inspect_err(|_| self.connection.roll_back())? {
                Some(Settled::Commit) => committing.push(&job.scope),
                Some(Settled::RollBack) => {}
                None => {
                    settled.push(Err(StoreError::Broken("a unit of work panicked".into())));
                    continue;
                }
            }
            settled.push(Ok(()));
        }
        // One commit, in the trace of each that waits for it.
        let span = |scope: &TraceScope| scope.in_scope(|| Database::Sqlite.span("COMMIT"));
        let commits: Vec<_> = committing.into_iter().map(span).collect();
        let committed = self.connection.commit();
        if let Err(error) = &committed {
            commits.iter().for_each(|commit| record_failure(commit, error));
        }
        committed.map(|()| settled)
    }

    /// How a unit of work wants to end; `None` if it panicked, which undoes it alone.
    fn run_in_savepoint(&self, job: &Job) -> Result<Option<Settled>, DbErr> {
        self.connection.control("SAVEPOINT work")?;
        let settled = catch_unwind(AssertUnwindSafe(|| {
            self.runtime.block_on(job.scope.clone().run(async {
                let (database, last) = (Database::Sqlite, LastAnswer::now());
                let statements = TracedConnection {
                    connection: &self.connection,
                    database: &database,
                    last: &last,
                };
                (job.work)(&mut Sql::new(&statements)).await
            }))
        }));
        if !matches!(settled, Ok(Settled::Commit)) {
            self.connection.control("ROLLBACK TO work")?;
        }
        self.connection.control("RELEASE work")?;
        Ok(settled.ok())
    }
}

impl Job {
    fn answer(self, answer: Result<(), StoreError>) {
        // A caller who no longer waits doesn't need it.
        let _ = self.done.send(answer);
    }
}

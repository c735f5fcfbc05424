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
        sets::together::{Ended, Ground},
        statement_spans::{Database, TracedConnection, record_failure},
        watchdog::LastAnswer,
    },
    telemetry::trace_scope::TraceScope,
};

/// Units of work that share a commit at the most.
const GROUP: usize = 128;
/// Units of work that may wait before a caller waits as well.
const WAITING: usize = 4096;

/// Whether a unit of work may share its statements with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alone,
    InSet,
}

struct Job {
    work: Work,
    kind: Kind,
    scope: TraceScope,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// What came of a unit of work whose group was committed.
enum Outcome {
    Settled(Settled),
    Panicked,
    /// It is to run in the next group.
    Postponed,
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
    pub async fn run(&self, work: Work, kind: Kind) -> Result<(), StoreError> {
        let (done, ended) = oneshot::channel();
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        let job = Job { work, kind, scope: TraceScope::here(), done };
        self.jobs.send(job).await.map_err(|_| gone())?;
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
        let mut group = Vec::new();
        loop {
            // Those that were postponed wait for nobody.
            if group.is_empty() {
                let Some(first) = jobs.blocking_recv() else { return };
                group.push(first);
            }
            is_busy.store(true, Ordering::Relaxed);
            while group.len() < GROUP
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            group = self.commit_and_answer(group);
            is_busy.store(false, Ordering::Relaxed);
        }
    }

    /// Returns those that are to run in the next group.
    fn commit_and_answer(&self, group: Vec<Job>) -> Vec<Job> {
        if let Err(gone) = self.watch.check() {
            group.into_iter().for_each(|job| job.answer(Err(gone.into())));
            return Vec::new();
        }
        let outcomes = match self.commit(&group) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                group.into_iter().for_each(|job| job.answer(Err(store_error(error.clone()))));
                return Vec::new();
            }
        };
        // What was committed to a file that has gone meanwhile is not kept.
        let there = self.watch.check();
        let mut postponed = Vec::new();
        for (job, outcome) in group.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Settled(_) => job.answer(there.map_err(Into::into)),
                Outcome::Panicked => {
                    job.answer(Err(StoreError::Broken("a unit of work panicked".into())));
                }
                Outcome::Postponed => postponed.push(job),
            }
        }
        postponed
    }

    /// Runs the units of work and commits. What came of each is in their order.
    ///
    /// Errors: none of them is kept.
    fn commit(&self, jobs: &[Job]) -> Result<Vec<Outcome>, DbErr> {
        self.connection.begin()?;
        let outcomes = self.run(jobs).inspect_err(|_| self.connection.roll_back())?;
        // One commit, in the trace of each that waits for it.
        let commits: Vec<_> = jobs
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| matches!(outcome, Outcome::Settled(Settled::Commit)))
            .map(|(job, _)| job.scope.in_scope(|| Database::Sqlite.span("COMMIT")))
            .collect();
        let committed = self.connection.commit();
        if let Err(error) = &committed {
            commits.iter().for_each(|commit| record_failure(commit, error));
        }
        committed.map(|()| outcomes)
    }

    /// The set comes first: undoing it undoes nobody else's work, and it needs no savepoint, which copies
    /// each page that is changed.
    fn run(&self, jobs: &[Job]) -> Result<Vec<Outcome>, DbErr> {
        let in_set = jobs.iter().filter(|job| job.kind == Kind::InSet);
        let mut of_set = self.run_in_set(&in_set.collect::<Vec<_>>())?.into_iter();
        let outcomes = jobs.iter().map(|job| match job.kind {
            Kind::InSet if let Some(outcome) = of_set.next() => Ok(outcome),
            _ => self.run_in_savepoint(job),
        });
        outcomes.collect()
    }

    /// Runs the units of work of a set side by side. Where they can't be, there is nothing left of them,
    /// and nothing returned.
    fn run_in_set(&self, jobs: &[&Job]) -> Result<Vec<Outcome>, DbErr> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let works: Vec<_> = jobs.iter().map(|job| (&job.work, &job.scope)).collect();
        let (database, last) = (Database::Sqlite, LastAnswer::now());
        let ground = Ground { connection: &self.connection, database: &database, last: &last };
        let ran =
            catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(ground.run_together(&works))));
        let Ok(Ok(ended)) = ran else {
            self.connection.roll_back();
            self.connection.begin()?;
            return Ok(Vec::new());
        };
        let outcome = |ended| match ended {
            Ended::As(settled) => Outcome::Settled(settled),
            Ended::Postponed => Outcome::Postponed,
        };
        Ok(ended.into_iter().map(outcome).collect())
    }

    /// Runs one by itself. If it panics, that undoes it alone.
    fn run_in_savepoint(&self, job: &Job) -> Result<Outcome, DbErr> {
        self.connection.control("SAVEPOINT work")?;
        let settled = catch_unwind(AssertUnwindSafe(|| {
            self.runtime.block_on(job.scope.clone().run(async {
                let (database, last) = (Database::Sqlite, LastAnswer::now());
                let statements = TracedConnection::new(&self.connection, &database, &last);
                (job.work)(&mut Sql::new(&statements)).await
            }))
        }));
        if !matches!(settled, Ok(Settled::Commit)) {
            self.connection.control("ROLLBACK TO work")?;
        }
        self.connection.control("RELEASE work")?;
        Ok(settled.map_or(Outcome::Panicked, Outcome::Settled))
    }
}

impl Job {
    fn answer(self, answer: Result<(), StoreError>) {
        // A caller who no longer waits doesn't need it.
        let _ = self.done.send(answer);
    }
}

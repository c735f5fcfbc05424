//! Neighbours share a commit. SQLite has one writer, and what a write costs is the commit that makes it
//! durable; so units of work that wait for the same commit go into it together: as a set, or each in a
//! savepoint of its own. One thread does that, and waits for nothing between two groups: callers who come
//! alone are served at once, without a savepoint, and other processes get the file while the callers of a
//! group are answered.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread, vec,
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
        sets::together::{Ended, Ground, Set, Spoilt, Traced},
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

    /// Whether it has nothing to do, and nothing waits for it. Whoever asks may find others there all the same.
    pub fn is_idle(&self) -> bool {
        !self.is_busy.load(Ordering::Relaxed) && self.jobs.capacity() == self.jobs.max_capacity()
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
            // Nobody waits for these any more.
            group.retain(|job| !job.done.is_closed());
            let answers = self.answers(&group);
            // Before they are answered: they may write again at once, and find it idle then.
            is_busy.store(false, Ordering::Relaxed);
            group.into_iter().zip(answers).for_each(|(job, answer)| job.answer(answer));
        }
    }

    /// What to answer to each of the group, once it is durable or undone.
    fn answers(&self, group: &[Job]) -> Vec<Result<(), StoreError>> {
        if let Err(gone) = self.watch.check() {
            return group.iter().map(|_| Err(gone.into())).collect();
        }
        let settled = match self.commit(group) {
            Ok(settled) => settled,
            Err(error) => return group.iter().map(|_| Err(store_error(error.clone()))).collect(),
        };
        // What was committed to a file that has gone meanwhile is not kept.
        let there = self.watch.check();
        let answer = |settled: Option<Settled>| match settled {
            Some(_) => there.map_err(Into::into),
            None => Err(StoreError::Broken("a unit of work panicked".into())),
        };
        settled.into_iter().map(answer).collect()
    }

    /// Runs the units of work and commits, if one of them is to be kept. Returns in their order how each ended, if
    /// it did not panic.
    ///
    /// Errors: none of them is kept.
    fn commit(&self, jobs: &[Job]) -> Result<Vec<Option<Settled>>, DbErr> {
        self.connection.begin()?;
        let settled = self.run(jobs).inspect_err(|_| self.connection.roll_back())?;
        if !settled.contains(&Some(Settled::Commit)) {
            self.connection.roll_back();
            return Ok(settled);
        }
        // One commit, in the trace of each that waits for it.
        let committing = jobs.iter().zip(&settled).filter(|(_, it)| **it == Some(Settled::Commit));
        let commit = |(job, _): (&Job, _)| job.scope.in_scope(|| Database::Sqlite.span("COMMIT"));
        let commits: Vec<_> = committing.map(commit).collect();
        let committed = self.connection.commit();
        if let Err(error) = &committed {
            commits.iter().for_each(|commit| record_failure(commit, error));
        }
        committed.map(|()| settled)
    }

    /// The set comes first: undoing it undoes nobody else's work, and it needs no savepoint, which copies
    /// each page that is changed.
    fn run(&self, jobs: &[Job]) -> Result<Vec<Option<Settled>>, DbErr> {
        let in_set = jobs.iter().filter(|job| job.kind == Kind::InSet);
        let mut of_set = self.run_in_set(in_set.map(|job| (&job.work, &job.scope)).collect())?;
        let settled = jobs.iter().map(|job| {
            match if job.kind == Kind::InSet { of_set.next() } else { None } {
                Some(Ended::As(settled)) => Ok(Some(settled)),
                // Whatever it does, nobody else is undone.
                _ if jobs.len() == 1 => Ok(self.run_by_itself(job)),
                _ => self.run_in_savepoint(job),
            }
        });
        settled.collect()
    }

    /// Runs the units of work of a set side by side. How each ended is in their order.
    fn run_in_set(&self, works: Vec<Traced<'_>>) -> Result<vec::IntoIter<Ended>, DbErr> {
        let mut set = Set::new(works);
        loop {
            let works = set.works();
            if works.is_empty() {
                return Ok(set.ended(&[]).into_iter());
            }
            let (database, last) = (Database::Sqlite, LastAnswer::now());
            let ground = Ground { connection: &self.connection, database: &database, last: &last };
            let ran = catch_unwind(AssertUnwindSafe(|| {
                self.runtime.block_on(ground.run_together(&works))
            }));
            match ran {
                Ok(Ok(ended)) => return Ok(set.ended(&ended).into_iter()),
                Ok(Err(Spoilt::ByMembers(members))) => set.leave_out(&members),
                Ok(Err(Spoilt::By(_))) | Err(_) => set.leave_out(&[]),
            }
            self.connection.roll_back();
            self.connection.begin()?;
        }
    }

    /// Runs one beside others. If it panics, that undoes it alone.
    fn run_in_savepoint(&self, job: &Job) -> Result<Option<Settled>, DbErr> {
        self.connection.control("SAVEPOINT work")?;
        let settled = self.run_by_itself(job);
        if settled != Some(Settled::Commit) {
            self.connection.control("ROLLBACK TO work")?;
        }
        self.connection.control("RELEASE work")?;
        Ok(settled)
    }

    /// How it ended, if it did not panic.
    fn run_by_itself(&self, job: &Job) -> Option<Settled> {
        let settled = catch_unwind(AssertUnwindSafe(|| {
            self.runtime.block_on(job.scope.clone().run(async {
                let (database, last) = (Database::Sqlite, LastAnswer::now());
                let statements = TracedConnection::new(&self.connection, &database, &last);
                (job.work)(&mut Sql::new(&statements)).await
            }))
        }));
        settled.ok()
    }
}

impl Job {
    fn answer(self, answer: Result<(), StoreError>) {
        // A caller who no longer waits doesn't need it.
        let _ = self.done.send(answer);
    }
}

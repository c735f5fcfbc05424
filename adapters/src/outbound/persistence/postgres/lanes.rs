//! Sets on a database with many writers. Who comes while others run waits, and those who wait make up the
//! next set. Who comes alone waits for nobody.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use passlink_application::ports::{StoreError, Work};
use tokio::sync::oneshot;

use super::connected::Connected;
use crate::{
    outbound::persistence::sets::{neighbours::Apart, together::Ended},
    telemetry::trace_scope::TraceScope,
};

/// Sets that run at the same time at the most.
const LANES: usize = 4;
/// Units of work in a set at the most.
const SET: usize = 64;

struct Job {
    work: Work,
    scope: TraceScope,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// What the units of work of a set do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Mode {
    Write,
    Look,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// How many lanes are in use.
    lanes: usize,
}

#[derive(Clone)]
pub(in crate::outbound::persistence) struct Lanes {
    mode: Mode,
    waiting: Arc<Mutex<Waiting>>,
}

impl Lanes {
    pub fn new(mode: Mode) -> Self {
        Self { mode, waiting: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, job: Job, database: &Connected) {
        let mut waiting = self.lock();
        waiting.jobs.push_back(job);
        if waiting.lanes < LANES {
            waiting.lanes += 1;
            let lane = Lane { lanes: self.clone(), database: database.clone() };
            // It goes on when its first caller has gone.
            tokio::spawn(lane.run());
        }
    }

    /// Runs a unit of work in a set with those that come at the same time.
    pub async fn run(&self, database: &Connected, work: Work) -> Result<(), StoreError> {
        let (done, ended) = oneshot::channel();
        self.add(Job { work, scope: TraceScope::here(), done }, database);
        ended.await.map_err(|_| StoreError::Broken("a unit of work was given up".into()))?
    }
}

struct Lane {
    lanes: Lanes,
    database: Connected,
}

impl Lane {
    async fn run(self) {
        // Callers who were woken at the same moment join the first one's set.
        tokio::task::yield_now().await;
        while let Some(set) = self.next_set() {
            self.run_set(set).await;
        }
    }

    /// Those who wait; where nobody does, the lane is free from now on.
    fn next_set(&self) -> Option<Vec<Job>> {
        let mut waiting = self.lanes.lock();
        // Nobody waits for these any more.
        waiting.jobs.retain(|job| !job.done.is_closed());
        if waiting.jobs.is_empty() {
            waiting.lanes -= 1;
            return None;
        }
        let count = waiting.jobs.len().min(SET);
        Some(waiting.jobs.drain(..count).collect())
    }

    async fn run_set(&self, set: Vec<Job>) {
        let works: Vec<_> = set.iter().map(|job| (&job.work, &job.scope)).collect();
        let mode = self.lanes.mode;
        let run = async {
            match mode {
                Mode::Write => self.database.run_in_set(works).await,
                Mode::Look => self.database.look_in_set(&works).await,
            }
        };
        let ran = AssertUnwindSafe(run).catch_unwind().await;
        match ran {
            Ok(Ok(ended)) => {
                for (job, ended) in set.into_iter().zip(ended) {
                    match ended {
                        Ended::As(_) => job.answer(Ok(())),
                        // Behind the others: many of one user must not keep them waiting.
                        Ended::Apart(Apart::Postponed) => self.lanes.lock().jobs.push_back(job),
                        Ended::Apart(Apart::Alone) => job.run_alone(mode, &self.database),
                    }
                }
            }
            Ok(Err(error)) => set.into_iter().for_each(|job| job.answer(Err(copy(&error)))),
            // Each by itself, so that one which panics ends alone.
            Err(_) => set.into_iter().for_each(|job| job.run_alone(mode, &self.database)),
        }
    }
}

impl Job {
    fn run_alone(self, mode: Mode, database: &Connected) {
        let database = database.clone();
        tokio::spawn(self.scope.clone().run(async move {
            if self.done.is_closed() {
                return;
            }
            let ended = match mode {
                Mode::Write => database.run(&self.work).await,
                Mode::Look => database.look(&self.work).await,
            };
            self.answer(ended);
        }));
    }

    fn answer(self, answer: Result<(), StoreError>) {
        // A caller who no longer waits doesn't need it.
        let _ = self.done.send(answer);
    }
}

/// The same error for another caller.
fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(cause) => StoreError::Unavailable(cause.to_string().into()),
        StoreError::KeyRetired(key) => StoreError::KeyRetired(key.clone()),
        StoreError::NotRun => StoreError::NotRun,
        StoreError::Broken(cause) => StoreError::Broken(cause.to_string().into()),
    }
}

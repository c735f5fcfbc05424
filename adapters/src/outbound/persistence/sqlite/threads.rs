//! Threads with a connection each, which take whole jobs: what a job does waits for nothing but the disk,
//! and changes its thread for no statement.

use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use passlink_application::ports::StoreError;
use tokio::{sync::oneshot, time::timeout};

use super::connection::SqliteConnection;

/// A job that is not done by then may wait behind one that waits for the disk.
const HURRY: Duration = Duration::from_millis(2);

type Job = Box<dyn FnOnce(&SqliteConnection) + Send>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that wait for a job. The last one is woken first: what it read last is at hand.
    idle: Vec<Thread>,
    is_closed: bool,
}

#[derive(Default)]
struct Shared(Mutex<Queue>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs jobs until there are no more.
    fn work(&self, connection: &SqliteConnection) {
        let mut queue = self.lock();
        loop {
            match queue.jobs.pop_front() {
                Some(job) => {
                    drop(queue);
                    // One that panics ends alone: whoever waits for it is told.
                    if catch_unwind(AssertUnwindSafe(|| job(connection))).is_err() {
                        connection.roll_back();
                    }
                    queue = self.lock();
                }
                None if queue.is_closed => return,
                None => {
                    let this = thread::current();
                    queue.idle.push(this.clone());
                    drop(queue);
                    thread::park();
                    queue = self.lock();
                    // It may have woken by itself.
                    queue.idle.retain(|idle| idle.id() != this.id());
                }
            }
        }
    }
}

/// The threads end when this is dropped.
pub(super) struct Threads {
    shared: Arc<Shared>,
    count: usize,
    /// How many are woken as long as no job waits for the disk.
    at_once: usize,
}

impl Threads {
    /// Starts a thread for each connection.
    ///
    /// Errors: the system allows no more threads.
    pub fn start(name: &str, connections: Vec<SqliteConnection>) -> io::Result<Self> {
        let at_once = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = Self { shared: Arc::default(), count: connections.len(), at_once };
        for connection in connections {
            let shared = threads.shared.clone();
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn(move || shared.work(&connection))?;
        }
        Ok(threads)
    }

    /// The result of a job on one of the threads.
    ///
    /// Errors: it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&SqliteConnection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, mut ended) = oneshot::channel();
        self.add(Box::new(move |connection| {
            // Whoever no longer waits needs no answer.
            if !done.is_closed() {
                let _ = done.send(job(connection));
            }
        }));
        let done = match timeout(HURRY, &mut ended).await {
            Ok(done) => done,
            Err(_) => {
                self.hurry();
                ended.await
            }
        };
        done.map_err(|_| StoreError::Broken("a unit of work was given up".into()))
    }

    fn add(&self, job: Job) {
        let mut queue = self.shared.lock();
        queue.jobs.push_back(job);
        // A thread that is awake takes the job when it has done its own.
        let awake = self.count.saturating_sub(queue.idle.len());
        let idle = if awake < self.at_once { queue.idle.pop() } else { None };
        drop(queue);
        if let Some(thread) = idle {
            thread.unpark();
        }
    }

    /// Wakes a thread if a job still waits: those who are busy may wait for the disk.
    fn hurry(&self) {
        let mut queue = self.shared.lock();
        let idle = if queue.jobs.is_empty() { None } else { queue.idle.pop() };
        drop(queue);
        if let Some(thread) = idle {
            thread.unpark();
        }
    }

    /// How many threads wait for a job, and how many there are.
    pub fn usage(&self) -> (usize, usize) {
        (self.shared.lock().idle.len(), self.count)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.is_closed = true;
        queue.idle.drain(..).for_each(|thread| thread.unpark());
    }
}

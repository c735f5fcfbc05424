//! The load generator: callers on one thread, each of whom calls again as soon as it was answered. It
//! shares the machine with the server, so it is as cheap as can be.

use std::{
    cell::Cell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Builder,
    task::{JoinSet, LocalSet, spawn_blocking},
};

use super::people::People;

/// Somebody with a connection to the server of a port.
pub trait Caller: Sized + 'static {
    /// Connects.
    fn connect(port: u16) -> impl Future<Output = Self>;

    /// Calls for the user of a number, and checks the answer.
    fn call(&mut self, user: usize) -> impl Future<Output = ()>;
}

/// How long who calls.
#[derive(Debug, Clone)]
pub struct Plan {
    pub port: u16,
    pub callers: usize,
    pub time: Duration,
    /// How many calls there are at the most.
    pub most: usize,
    /// For whom, each at a turn.
    pub people: Arc<People>,
}

/// Calls that were answered.
#[derive(Debug)]
pub struct Calls {
    /// How long all took.
    pub taken: Duration,
    /// How long each took, the shortest first.
    times: Vec<Duration>,
}

impl Calls {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// These and others.
    pub fn and(mut self, others: Self) -> Self {
        self.times.extend(others.times);
        self.times.sort();
        Self { taken: self.taken + others.taken, times: self.times }
    }

    /// Calls a second.
    pub fn per_second(&self) -> f64 {
        self.count() as f64 / self.taken.as_secs_f64()
    }

    /// How long all but the slowest took, in milliseconds; `share` is from 0 to 1.
    pub fn within_ms(&self, share: f64) -> f64 {
        let at = ((self.times.len() - 1) as f64 * share) as usize;
        self.times[at].as_secs_f64() * 1000.0
    }
}

/// Has callers call.
pub async fn call<C: Caller>(plan: Plan) -> Calls {
    let work = move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, call_all::<C>(plan))
    };
    spawn_blocking(work).await.unwrap()
}

async fn call_all<C: Caller>(plan: Plan) -> Calls {
    let mut callers = Vec::new();
    for _ in 0..plan.callers {
        callers.push(C::connect(plan.port).await);
    }
    let left = Rc::new(Cell::new(plan.most));
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for mut caller in callers {
        let (people, left) = (plan.people.clone(), left.clone());
        tasks.spawn_local(async move {
            let mut times = Vec::new();
            let mut now = started;
            while left.get() > 0 && now - started < plan.time {
                left.set(left.get() - 1);
                caller.call(people.next()).await;
                let answered = Instant::now();
                times.push(answered - now);
                now = answered;
            }
            times
        });
    }
    let times = tasks.join_all().await;
    let taken = started.elapsed();
    let mut times: Vec<_> = times.into_iter().flatten().collect();
    times.sort();
    Calls { taken, times }
}

//! What happens again and again is logged now and then.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The shortest time between two log lines.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Counts what happens, and says when to log it: at once, and then every five minutes at the most.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    logged: Option<Instant>,
    count: u64,
}

impl Throttle {
    /// Counts `more`. Returns how many there were since the last log line, when it is time for one.
    pub fn count(&self, more: u64, now: Instant) -> Option<u64> {
        let mut state = self.state();
        state.count += more;
        let is_soon = state.logged.is_some_and(|logged| now.duration_since(logged) < INTERVAL);
        if state.count == 0 || is_soon {
            return None;
        }
        state.logged = Some(now);
        Some(mem::take(&mut state.count))
    }

    /// How many there were since the last log line, if any, for the last one.
    pub fn rest(&self) -> Option<u64> {
        Some(mem::take(&mut self.state().count)).filter(|rest| *rest > 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

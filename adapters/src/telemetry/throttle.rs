//! What happens again and again is told now and then.

use std::time::{Duration, Instant};

/// How often it is told at the most.
pub(super) const OFTEN: Duration = Duration::from_secs(5 * 60);

/// Counts, and knows when to tell.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    told: Option<Instant>,
    untold: u64,
}

impl Throttle {
    /// So many more, now; how many there were since they were told last, when it is time to.
    pub fn count(&mut self, more: u64, now: Instant) -> Option<u64> {
        self.untold += more;
        if self.untold == 0 || self.told.is_some_and(|told| now.duration_since(told) < OFTEN) {
            return None;
        }
        self.told = Some(now);
        self.rest()
    }

    /// How many there were since they were told last, if any.
    pub fn rest(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.untold)).filter(|rest| *rest > 0)
    }
}

#[cfg(test)]
mod tests;

//! How long a mail that a worker took is nobody else's.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::ports::Clock;

/// A worker's hold on a mail: its lease, which renewals extend while the mail is in hand.
#[derive(Debug)]
pub struct Hold {
    /// The end of the lease, and the same by the clock that nobody sets.
    ends: Mutex<(Timestamp, Duration)>,
    margin: Duration,
}

impl Hold {
    /// A hold for as long as a lease that ends at `lease_end`. The mail must have left `margin` before
    /// that.
    pub(crate) fn new(lease_end: Timestamp, margin: Duration, clock: &dyn Clock) -> Self {
        Self { ends: Mutex::new(ends(lease_end, clock)), margin }
    }

    /// A hold on a mail that nobody else can take, for that long.
    pub(crate) fn alone(patience: Duration, clock: &dyn Clock) -> Self {
        let end = clock.now().saturating_add(patience).unwrap_or(Timestamp::MAX);
        Self::new(end, Duration::ZERO, clock)
    }

    pub(crate) fn extend(&self, lease_end: Timestamp, clock: &dyn Clock) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends(lease_end, clock);
    }

    /// Whether the mail may leave now. Look right before it does: a process that was paused can wake up
    /// anywhere. A clock that is set back makes it no later.
    pub fn lets_go(&self, clock: &dyn Clock) -> bool {
        let (wall, steady) = *self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        wall.saturating_sub(self.margin).is_ok_and(|until| clock.now() < until)
            && clock.steady() < steady.saturating_sub(self.margin)
    }
}

fn ends(lease_end: Timestamp, clock: &dyn Clock) -> (Timestamp, Duration) {
    let left = Duration::try_from(lease_end.duration_since(clock.now())).unwrap_or_default();
    (lease_end, clock.steady().saturating_add(left))
}

#[cfg(test)]
mod tests;

//! How long a worker may let a claimed mail leave.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use passlink_domain::later;

use crate::ports::Clock;

/// A worker's hold on a mail: its lease, which renewals extend while the mail is in hand.
#[derive(Debug)]
pub struct Hold {
    /// The end of the lease, by the clock and by the steady clock.
    ends: Mutex<(Timestamp, Duration)>,
    margin: Duration,
}

impl Hold {
    /// A hold under a lease that ends at `lease_end`. The mail must leave at least `margin` before that.
    pub(crate) fn new(lease_end: Timestamp, margin: Duration, clock: &dyn Clock) -> Self {
        Self { ends: Mutex::new(ends(lease_end, clock)), margin }
    }

    /// A hold on a mail that is in no outbox, for `patience`.
    pub(crate) fn outside_the_outbox(patience: Duration, clock: &dyn Clock) -> Self {
        Self::new(later(clock.now(), patience), Duration::ZERO, clock)
    }

    pub(crate) fn extend(&self, lease_end: Timestamp, clock: &dyn Clock) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends(lease_end, clock);
    }

    /// Whether the mail may leave now. To be asked right before it does, since a process that was paused
    /// can wake up anywhere. A clock that is set back makes the end no later.
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

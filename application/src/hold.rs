//! How long a mail that a worker took is nobody else's.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// A worker's hold on a mail: its lease, which renewals extend while the mail is in hand.
#[derive(Debug)]
pub struct Hold {
    lease_end: Mutex<Timestamp>,
    margin: Duration,
}

impl Hold {
    /// A hold until `lease_end`. The mail must have left `margin` before that.
    pub(crate) fn new(lease_end: Timestamp, margin: Duration) -> Self {
        Self { lease_end: Mutex::new(lease_end), margin }
    }

    /// A hold on a mail that nobody else can take, for that long.
    pub(crate) fn alone(now: Timestamp, patience: Duration) -> Self {
        Self::new(now.saturating_add(patience).unwrap_or(Timestamp::MAX), Duration::ZERO)
    }

    pub(crate) fn extend(&self, lease_end: Timestamp) {
        *self.lease_end.lock().unwrap_or_else(PoisonError::into_inner) = lease_end;
    }

    /// Whether the mail may leave at `now`. Look right before it does: a process that was paused can
    /// wake up anywhere.
    pub fn lets_go(&self, now: Timestamp) -> bool {
        let lease_end = *self.lease_end.lock().unwrap_or_else(PoisonError::into_inner);
        lease_end.saturating_sub(self.margin).is_ok_and(|until| now < until)
    }
}

//! Until when a mail may be handed over.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_application::Clock;

/// A claimed mail is another's after `until`. It may leave here in the first half of the time, which is
/// looked at right before, since a process that was paused can wake up anywhere; the second half is the
/// other side's, which may look into the mail before it accepts it.
///
/// What remains possible: a pause between that look and the last octet, and one between the other
/// side's acceptance and its record here. Such a mail may go out twice, as the same mail.
pub(super) struct Deadline {
    clock: Arc<dyn Clock>,
    until: Timestamp,
    /// What must be left when the mail leaves.
    for_acceptance: Duration,
}

impl Deadline {
    /// The time from now until `until`.
    pub fn new(clock: Arc<dyn Clock>, until: Timestamp) -> Self {
        let mut deadline = Self { clock, until, for_acceptance: Duration::ZERO };
        deadline.for_acceptance = deadline.left() / 2;
        deadline
    }

    /// How long it still is.
    pub fn left(&self) -> Duration {
        self.until.duration_since(self.clock.now()).try_into().unwrap_or_default()
    }

    /// Errors: it is too late for the mail to leave; for an operator.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.left() > self.for_acceptance {
            true => Ok(()),
            false => Err("no time was left to hand it over"),
        }
    }
}

//! Until when a mail may be handed over.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_application::Clock;

/// A claimed mail may be handed over until this; then others may do it. Looked at right before the
/// mail leaves, since a process that was paused can wake up anywhere.
///
/// What remains possible: a pause between that look and the last octet, and one between the other
/// side's acceptance and its record here. Such a mail may go out twice, as the same mail.
pub(super) struct Deadline {
    pub clock: Arc<dyn Clock>,
    pub until: Timestamp,
}

impl Deadline {
    /// How long it still is.
    pub fn left(&self) -> Duration {
        self.until.duration_since(self.clock.now()).try_into().unwrap_or_default()
    }

    /// Errors: it has passed; for an operator.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.left().is_zero() {
            true => Err("no time was left to hand it over"),
            false => Ok(()),
        }
    }
}

//! Until when a mail may leave.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_application::{Clock, MailError, MailReason};
use tokio::time::timeout;

/// A mail may leave before `until`. That is looked at right before it does, since a process that was
/// paused can wake up anywhere.
pub(super) struct Deadline {
    clock: Arc<dyn Clock>,
    until: Timestamp,
}

impl Deadline {
    /// The time until `until`.
    pub fn new(clock: Arc<dyn Clock>, until: Timestamp) -> Self {
        Self { clock, until }
    }

    /// How long it still is.
    fn left(&self) -> Duration {
        self.until.duration_since(self.clock.now()).try_into().unwrap_or_default()
    }

    /// Does what comes before the mail leaves, as long as there is time.
    pub async fn within<T>(
        &self,
        doing: impl Future<Output = Result<T, MailError>>,
    ) -> Result<T, MailError> {
        timeout(self.left(), doing).await.unwrap_or_else(|_| {
            let late = "no answer in time".to_owned();
            Err(MailError::Unavailable(MailReason::Timeout, late))
        })
    }

    /// Errors: it is too late for the mail to leave; for an operator.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.left().is_zero() {
            true => Err("no time was left to hand it over"),
            false => Ok(()),
        }
    }
}

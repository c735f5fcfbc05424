//! Until when a mail may leave.

use std::time::Duration;

use passlink_application::{
    mails::Hold,
    ports::{Clock, MailError, MailReason},
};
use tokio::time::{Instant, timeout_at};

/// How long may pass before a mail leaves.
const PATIENCE: Duration = Duration::from_secs(90);

/// A mail may leave as long as its hold lets it go. That is looked at right before it does, since a
/// process that was paused can wake up anywhere.
pub(super) struct Deadline<'h> {
    clock: &'h dyn Clock,
    hold: &'h Hold,
    /// Until when what comes before the mail leaves may take.
    pub latest: Instant,
}

impl<'h> Deadline<'h> {
    pub fn new(clock: &'h dyn Clock, hold: &'h Hold) -> Self {
        Self { clock, hold, latest: Instant::now() + PATIENCE }
    }

    /// Does what comes before the mail leaves, as long as that may take.
    pub async fn within<T>(
        &self,
        doing: impl Future<Output = Result<T, MailError>>,
    ) -> Result<T, MailError> {
        let late = |_| MailError::Down(MailReason::Timeout, "no answer in time".to_owned());
        timeout_at(self.latest, doing).await.map_err(late)?
    }

    /// Errors: it is too late for the mail to leave; for an operator.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.hold.lets_go(self.clock) { Ok(()) } else { Err("no time was left to hand it over") }
    }
}

//! What was looked up about a claimed mail, and for how long that counts.

use std::time::Duration;

use passlink_domain::User;

use crate::mails::compose::Subject;

/// For how long it counts what was looked up about a mail that waits for a connection.
pub(crate) const FRESH: Duration = Duration::from_millis(250);

/// What a claimed mail is about and whom it is for, and when that was looked up, by the steady clock.
pub(crate) struct Looked {
    pub found: (Subject, User),
    pub at: Duration,
}

impl Looked {
    /// Whether it can be relied on still, at this time of the steady clock.
    pub fn is_fresh(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) < FRESH
    }
}

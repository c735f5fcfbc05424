//! How long a mail server may take.

use std::time::Duration;

use tokio::time::Instant;

/// For what a server does at once.
pub(super) const SHORT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a connection to one of its addresses.
    pub address: Duration,
    /// For a connection, or the answer to a command.
    pub answer: Duration,
    /// For the rest of an answer that began with a line that makes no sense.
    pub sense: Duration,
    /// Until it has taken in a message: RFC 5321, 4.5.3.2.5.
    pub message: Duration,
    /// For its word that it took a mail: RFC 5321, 4.5.3.2.6. Servers may look into the mail before
    /// they answer, and a client that leaves before that sends it twice.
    pub acceptance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            address: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            sense: Duration::from_secs(10),
            message: Duration::from_secs(3 * 60),
            acceptance: Duration::from_secs(10 * 60),
        }
    }
}

/// The ends of the steps that begin now.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub patience: Patience,
    /// When the message must be on its way, whatever the patience.
    pub latest: Instant,
}

impl Limits {
    /// A step before the message.
    pub fn answer(&self) -> Instant {
        (Instant::now() + self.patience.answer).min(self.latest)
    }

    pub fn message(&self) -> Instant {
        Instant::now() + self.patience.message
    }

    /// The server's word that it took the message.
    pub fn acceptance(&self) -> Instant {
        Instant::now() + self.patience.acceptance
    }
}

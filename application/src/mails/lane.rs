//! Which mails wait behind each other, and which come before others.

use passlink_domain::User;
use sha2::{Digest, Sha256};

/// Where a mail waits: behind those of the same organisation to the same domain. Lanes are served in
/// turn, so that no organisation and no domain holds up another's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane {
    /// Stands for the organisation of the user.
    pub organisation: i64,
    /// Stands for the domain of the user's address.
    pub domain: i64,
}

impl Lane {
    /// Before all lanes.
    pub const START: Self = Self { organisation: i64::MIN, domain: i64::MIN };

    pub fn for_user(user: &User) -> Self {
        let address = user.email.as_ref().map(|email| email.address.as_str());
        let domain = address.and_then(|it| it.rsplit_once('@')).map_or("", |(_, domain)| domain);
        Self { organisation: number(user.organisation.as_str()), domain: number(domain) }
    }

    /// Behind all lanes of the same organisation.
    pub(crate) fn end_of_organisation(self) -> Self {
        Self { domain: i64::MAX, ..self }
    }
}

/// A number for a name, so that the queue holds neither organisations nor domains. Where two names have
/// the same number, they share a lane, and nothing else happens.
fn number(name: &str) -> i64 {
    let digest = Sha256::digest(name);
    let first = digest.first_chunk().copied().unwrap_or_default();
    // Not negative, so that the ends of the range are free.
    i64::from_be_bytes(first) & i64::MAX
}

/// How soon a mail must go out: the lower ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Somebody waits for it.
    Awaited,
    /// It informs about a change.
    Notice,
    /// It was tried before.
    Retry,
}

impl Urgency {
    /// All of them, the most urgent one first.
    pub const ALL: [Self; 3] = [Self::Awaited, Self::Notice, Self::Retry];
}

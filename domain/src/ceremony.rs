//! Registration ceremonies (WebAuthn, section 7.1): from the challenge to the answer.

use std::time::Duration;

use jiff::Timestamp;

use crate::{Attachment, LinkId, PasskeyId, UserId};

/// How long a challenge can be answered.
pub const CEREMONY_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How many ceremonies of a user are open at a time; the oldest makes room.
pub const MAX_CEREMONIES: u64 = 10;

/// What a ceremony was begun with, and so what its end needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenedBy {
    /// A link's code. The link must still hold at the end, and is used up by it.
    Link(LinkId),
    /// The user's own bearer token, which the end needs as well.
    Bearer,
}

/// A ceremony that was begun and is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// The id that the passkey will have.
    pub id: PasskeyId,
    /// Whose passkey it will be.
    pub user: UserId,
    /// What it was begun with.
    pub opened_by: OpenedBy,
    /// What the authenticator is to sign.
    pub challenge: Vec<u8>,
    /// What the one who began it needs to verify the answer.
    pub state: String,
    /// The relying party that the passkey is made for.
    pub rp_id: String,
    /// The attachment that was asked for.
    pub asked: Option<Attachment>,
    /// When it was begun.
    pub begun: Timestamp,
    /// When it can no longer be finished.
    pub expires: Timestamp,
}

impl Ceremony {
    /// When a ceremony begun now can no longer be finished.
    pub fn expiry(now: Timestamp) -> Timestamp {
        now.saturating_add(CEREMONY_LIFETIME).unwrap_or(Timestamp::MAX)
    }

    /// Whether somebody may finish it for whom a bearer token of `caller` speaks, or none does.
    pub fn can_be_finished_by(&self, caller: Option<&UserId>) -> bool {
        match self.opened_by {
            OpenedBy::Link(_) => true,
            OpenedBy::Bearer => caller == Some(&self.user),
        }
    }

    /// Whether the challenge can still be answered.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires
    }
}

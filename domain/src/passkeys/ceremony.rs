//! Registration ceremonies (WebAuthn, section 7.1): from the challenge to the answer.

use std::time::Duration;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::{
    Attachment, CodeKey, CodeKeys, KeyId, LinkId, PasskeyId, UserId, links::code_key::Mac256,
    newtypes::redacted, time::later,
};

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

/// The purpose of challenges, which sets them apart from codes.
const PURPOSE: &str = "challenge";

/// What an authenticator is to sign: 256 bits, which are derived whenever they are needed and stored
/// nowhere. Prints as `[redacted]`.
pub struct Challenge(Mac256);

redacted!(Challenge);

impl Challenge {
    pub(crate) fn of(mac: Mac256) -> Self {
        Self(mac)
    }

    /// The octets, for the options of a browser and for the verifier.
    pub fn expose(&self) -> &[u8] {
        &*self.0
    }

    /// Compares with what somebody presented, in constant time.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.expose().ct_eq(presented).into()
    }
}

impl From<[u8; 32]> for Challenge {
    fn from(octets: [u8; 32]) -> Self {
        Self(octets.into())
    }
}

/// A ceremony that was begun and is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    pub id: PasskeyId,
    pub user: UserId,
    pub opened_by: OpenedBy,
    /// The key that its challenge is derived from.
    pub key: KeyId,
    /// The relying party that the passkey is made for.
    pub rp_id: String,
    /// The attachment that was asked for.
    pub asked: Option<Attachment>,
    pub begun: Timestamp,
    pub expires: Timestamp,
}

impl Ceremony {
    /// When a ceremony begun now can no longer be finished.
    pub fn expiry(now: Timestamp) -> Timestamp {
        later(now, CEREMONY_LIFETIME)
    }

    /// What its authenticator is to sign; `None` if its key is not held.
    pub fn challenge(&self, keys: &CodeKeys) -> Option<Challenge> {
        keys.get(&self.key).map(|key| self.challenge_by(key))
    }

    /// The same with its key at hand.
    pub fn challenge_by(&self, key: &CodeKey) -> Challenge {
        let link = match &self.opened_by {
            OpenedBy::Link(link) => link.as_str(),
            // No link's id.
            OpenedBy::Bearer => "",
        };
        let fields = [&*self.rp_id, self.id.as_str(), self.user.as_str(), link];
        Challenge::of(key.mac(PURPOSE, &fields, self.expires))
    }

    /// Whether a call may finish it. `caller` is the user of the call's bearer token; `None` if it has none.
    pub fn can_be_finished_by(&self, caller: Option<&UserId>) -> bool {
        match self.opened_by {
            OpenedBy::Link(_) => true,
            OpenedBy::Bearer => caller == Some(&self.user),
        }
    }

    /// Whether the challenge can still be answered: it has not expired, and was not begun too far in the
    /// future. A ceremony is begun in the future when another node's clock is ahead.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires && self.begun <= Self::latest_begin(now)
    }

    /// The latest time that a ceremony may have begun at. It lies as far ahead as a ceremony lasts, since
    /// the clocks of nodes differ.
    pub fn latest_begin(now: Timestamp) -> Timestamp {
        Self::expiry(now)
    }
}

#[cfg(test)]
mod tests;

//! What a session asks a passkey to sign (WebAuthn, section 7.2).

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    CEREMONY_LIFETIME, Challenge, CodeKeys, KeyId, SessionId, earlier, later, names::named,
};

named! {
    /// Whether the authenticator has to recognise its user (WebAuthn, section 5.8.6).
    pub enum UserVerification {
        Required = "required",
        Preferred = "preferred",
        Discouraged = "discouraged",
    }
}

/// The number of the session's change that asked for a challenge.
pub type ChallengeNumber = u64;

/// A challenge that was not answered yet. What it asks to sign is derived whenever it is needed, and stored
/// nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChallenge {
    /// The key that it is derived from.
    pub key: KeyId,
    /// No two challenges of a session have the same.
    pub number: ChallengeNumber,
    pub user_verification: UserVerification,
    /// The host of the page that it is for; any page of the relying party's where nobody says.
    pub host: Option<String>,
    pub expires: Timestamp,
}

/// The purpose of a session's challenges, which sets them apart from those of registrations and from codes.
const PURPOSE: &str = "sign-in";

impl SessionChallenge {
    /// What the passkey is to sign, in the session with this id, for this relying party; `None` if the key is
    /// not held.
    pub(super) fn derive(
        &self,
        session: &SessionId,
        rp_id: &str,
        keys: &CodeKeys,
    ) -> Option<Challenge> {
        let number = self.number.to_string();
        let fields = [rp_id, session.as_str(), &number];
        Some(Challenge::of(keys.get(&self.key)?.mac(PURPOSE, &fields, self.expires)))
    }

    /// When a challenge that is asked for now can no longer be answered.
    pub fn expiry(now: Timestamp) -> Timestamp {
        later(now, CEREMONY_LIFETIME)
    }

    /// For how long people have had the challenge; no time at all if the clock that asked was ahead.
    pub fn age_at(&self, now: Timestamp) -> Duration {
        let asked = earlier(self.expires, CEREMONY_LIFETIME);
        now.duration_since(asked).try_into().unwrap_or_default()
    }

    /// Whether it can still be answered. One that expires too late was asked for by a clock that was ahead.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires && self.expires <= later(Self::expiry(now), CEREMONY_LIFETIME)
    }
}

#[cfg(test)]
mod tests;

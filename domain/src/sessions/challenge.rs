//! What a session asks a passkey to sign (WebAuthn, section 7.2).

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    CEREMONY_LIFETIME, Challenge, CodeKey, CodeKeys, KeyId, Session, earlier, later, names::named,
};

/// The purpose of a session's challenges, which sets them apart from those of registrations and from codes.
const PURPOSE: &str = "sign-in";

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
    pub expires: Timestamp,
}

impl SessionChallenge {
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

impl Session {
    /// What the passkey is to sign; `None` if nothing was asked for, or its key is not held.
    pub fn challenge_by(&self, keys: &CodeKeys) -> Option<Challenge> {
        let challenge = self.challenge.as_ref()?;
        Some(self.derive(challenge, keys.get(&challenge.key)?))
    }

    fn derive(&self, challenge: &SessionChallenge, key: &CodeKey) -> Challenge {
        let number = challenge.number.to_string();
        let fields = [&*self.rp_id, self.id.as_str(), &number];
        Challenge::of(key.mac(PURPOSE, &fields, challenge.expires))
    }
}

#[cfg(test)]
mod tests;

//! Sessions, and the factors that were verified in them.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Challenge, CodeKeys, Metadata, PasskeyId, Reach, SessionChallenge, SessionId, UserAgent, UserId,
};

/// The longest that a session can last.
pub const MAX_SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Who is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whoever has a passkey that the browser finds (WebAuthn, section 4, "discoverable credential").
    Anybody,
    /// This user, whom the caller named by id.
    User { id: UserId, checked: Timestamp },
    /// The user who has the login name that was given; `None` if nobody has it, or several do. The session
    /// looks the same then.
    LoginName(Option<UserId>),
}

/// A passkey that signed a challenge of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyFactor {
    pub user: UserId,
    pub passkey: PasskeyId,
    pub verified: Timestamp,
    /// Whether the authenticator recognised its user.
    pub user_verified: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    /// Whose sessions it is among: of its user's organisation once the user is known, and before that, of
    /// whomever its maker reaches.
    pub reach: Reach,
    /// The relying party whose passkeys sign in.
    pub rp_id: String,
    pub expected: Expected,
    pub factor: Option<PasskeyFactor>,
    /// What waits for an answer.
    pub challenge: Option<SessionChallenge>,
    pub metadata: Metadata,
    pub user_agent: Option<UserAgent>,
    pub created: Timestamp,
    pub changed: Timestamp,
    pub expires: Timestamp,
    pub ended: Option<Timestamp>,
    /// How often it was changed, its creation included.
    pub sequence: u64,
}

impl Session {
    /// What the passkey is to sign; `None` if nothing was asked for, or its key is not held.
    pub fn challenge_by(&self, keys: &CodeKeys) -> Option<Challenge> {
        self.challenge.as_ref()?.derive(&self.id, &self.rp_id, keys)
    }

    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }

    /// Whether this user may sign in: the one who did, where one has, or who is expected.
    pub fn admits(&self, user: &UserId) -> bool {
        match (&self.factor, &self.expected) {
            (Some(factor), _) => factor.user == *user,
            (None, Expected::Anybody) => true,
            (None, Expected::User { id, .. }) => id == user,
            (None, Expected::LoginName(named)) => named.as_ref() == Some(user),
        }
    }

    /// The user whom its token speaks for: the one who signed in and was recognised by the authenticator.
    pub fn speaks_for(&self) -> Option<&UserId> {
        self.factor.as_ref().filter(|factor| factor.user_verified).map(|factor| &factor.user)
    }

    /// Whose session it is and since when, as far as a caller may know: the user of a login name shows only
    /// when they have signed in.
    pub fn user(&self) -> Option<(&UserId, Timestamp)> {
        match (&self.expected, &self.factor) {
            (Expected::User { id, checked }, _) => Some((id, *checked)),
            (_, Some(factor)) => Some((&factor.user, factor.verified)),
            (Expected::Anybody | Expected::LoginName(_), None) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

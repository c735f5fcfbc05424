//! Bearer tokens (RFC 6750): the secret that a caller holds, and what is kept of it.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    Permissions, Reach, SessionId, Text, TokenId, UserId, links::code::base64url,
    newtypes::redacted,
};

/// What a token of ours starts with, so that people and secret scanners recognise it.
const PREFIX: &str = "passlink_";
/// What the token of a session starts with.
const SESSION_PREFIX: &str = "passlink_session_";

/// Longest token, in octets: JWTs can name many groups and roles.
const MAX_OCTETS: usize = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a bearer token")]
pub struct BearerTokenError;

/// A bearer token in clear. It is shown once, when it is made, and prints as `[redacted]`.
pub struct BearerToken(Zeroizing<String>);

redacted!(BearerToken);

impl BearerToken {
    /// Makes a token of 256 random bits.
    pub fn generate(random: &[u8; 32]) -> Self {
        Self(Zeroizing::new(format!("{PREFIX}{}", base64url(random))))
    }

    /// Makes the token of a session, of its id, by which the session is looked up, and 256 random bits.
    pub fn generate_for_session(session: &SessionId, random: &[u8; 32]) -> Self {
        Self(Zeroizing::new(format!("{SESSION_PREFIX}{session}.{}", base64url(random))))
    }

    /// Takes what a caller presented: `b64token` of RFC 6750, section 2.1, up to 16,384 octets.
    pub fn presented(text: &str) -> Result<Self, BearerTokenError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.is_empty() || text.len() > MAX_OCTETS || !text.bytes().all(allowed) {
            return Err(BearerTokenError);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Whether it has the form of a token that was made here, and not by another issuer.
    pub fn is_ours(&self) -> bool {
        self.0.starts_with(PREFIX)
    }

    /// The session that it names, if it has the form of a session's token. No other one of ours has a dot.
    fn session(&self) -> Option<SessionId> {
        let (session, _) = self.0.strip_prefix(SESSION_PREFIX)?.split_once('.')?;
        session.parse().ok()
    }

    /// What is stored of the token, and looked up.
    pub fn hash(&self) -> TokenHash {
        TokenHash { octets: Sha256::digest(self.0.as_bytes()).into(), session: self.session() }
    }

    /// The token in clear, for the one who may have it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of a bearer token. With 256 random bits behind it, it needs neither salt nor stretching.
/// For the token of a session, it has the session's id as well.
#[derive(Clone)]
pub struct TokenHash {
    octets: [u8; 32],
    session: Option<SessionId>,
}

redacted!(TokenHash);

impl TokenHash {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.octets
    }

    /// The session that the token names, if it has the form of a session's token.
    pub fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// Compares in constant time with what is stored of a token.
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.octets.ct_eq(stored).into()
    }
}

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Person(UserId),
    Service {
        /// What the service is called, in lists and in the history of users.
        name: Text,
        /// Whose users it acts for.
        reach: Reach,
    },
}

impl Holder {
    /// The user, if it is a person.
    pub fn person(&self) -> Option<&UserId> {
        match self {
            Self::Person(user) => Some(user),
            Self::Service { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Identifies the token; safe to show.
    pub id: TokenId,
    pub holder: Holder,
    /// What it permits for other users than its holder.
    pub permissions: Permissions,
    pub name: Option<Text>,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
    /// When it was last presented, to within a minute; known of services alone.
    pub last_used: Option<Timestamp>,
}

impl Token {
    /// Whether the token speaks for its holder at that time.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

#[cfg(test)]
mod tests;

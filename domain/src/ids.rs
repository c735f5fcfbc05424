//! Identifiers: opaque strings, a type for each kind of thing.
//!
//! Why: `docs/decisions/opaque-ids.md`.

use uuid::Uuid;

use crate::newtypes::text_type;

/// Longest identifier, in characters.
const MAX_CHARACTERS: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("must not contain white space or control characters")]
    Character,
}

fn parse(text: &str) -> Result<String, IdError> {
    if text.is_empty() {
        Err(IdError::Empty)
    } else if text.chars().count() > MAX_CHARACTERS {
        Err(IdError::TooLong)
    } else if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Err(IdError::Character)
    } else {
        Ok(text.to_owned())
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes an identifier of 1 to 200 characters without white space or control characters.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        text_type!($name, IdError);

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid.to_string())
            }
        }
    )+};
}

/// A session stands for its token where a token is named, as for the links that it made.
impl From<&SessionId> for TokenId {
    fn from(session: &SessionId) -> Self {
        Self(session.0.clone())
    }
}

/// The session that a token may be that of.
impl From<&TokenId> for SessionId {
    fn from(token: &TokenId) -> Self {
        Self(token.0.clone())
    }
}

ids! {
    UserId,
    /// Identifies an organisation: the owner of users.
    OrganisationId,
    /// Identifies a passkey registration link (the `codeID` of its URL).
    LinkId,
    /// Identifies a passkey, and before it is registered its ceremony.
    PasskeyId,
    /// Identifies a session; not its token.
    SessionId,
    /// Identifies a stored bearer token; not the token itself.
    TokenId,
    OutboxId,
}

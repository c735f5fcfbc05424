//! What a token of another issuer says, once it is verified.

use jiff::Timestamp;
use passlink_domain::{
    EmailAddress, Identity, LanguageTag, OrganisationId, Permissions, Text, UserChanges, UserId,
};

/// A verified access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub identity: Identity,
    pub speaks_for: SpeaksFor,
    /// Whose users it can be about.
    pub organisation: OrganisationId,
    /// When it was issued, if it says so.
    pub issued: Option<Timestamp>,
    /// When its person signed in, if it says so (`auth_time`).
    pub authenticated: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeaksFor {
    Person {
        /// The user's id here, where a claim holds it.
        user: Option<UserId>,
        /// What the token says of the person. None where the issuer's users are added here by hand.
        profile: Option<Profile>,
    },
    Service {
        /// The client's id.
        name: Text,
        permissions: Permissions,
    },
}

/// What an issuer says of a person. What it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub email: Option<EmailAddress>,
    pub email_verified: Option<bool>,
    pub username: Option<Text>,
    pub display_name: Option<Text>,
    pub language: Option<LanguageTag>,
    /// Whether an address counts as verified although the issuer does not say so.
    pub trust_email: bool,
}

impl Profile {
    /// Whether the address is known to be the person's.
    pub(crate) fn is_verified(&self) -> bool {
        self.email_verified.unwrap_or(self.trust_email)
    }

    /// What is to be different about a user who is known.
    pub(crate) fn changes(&self) -> UserChanges {
        let verified = match &self.email {
            Some(_) => Some(self.is_verified()),
            None => self.email_verified.filter(|verified| !verified),
        };
        UserChanges {
            email: self.email.clone(),
            verified,
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            language: self.language.clone().map(Some),
        }
    }
}

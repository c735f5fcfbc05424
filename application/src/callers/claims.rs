//! What a token of another issuer says, once it is verified.

use jiff::Timestamp;
use passlink_domain::{
    EmailAddress, Identity, LanguageTag, OrganisationId, Permissions, Text, User, UserChanges,
    UserId,
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

    /// Whether the issuer may know more that matters: an address, or whether it is the person's.
    pub(crate) fn lacks_address(&self) -> bool {
        self.email.is_none() || self.email_verified.is_none() && !self.trust_email
    }

    /// With what another source says where this says nothing. Whether an address is verified is taken over
    /// for the same address alone.
    pub(crate) fn filled_from(self, other: Self) -> Self {
        let (email, email_verified) = match (&self.email, self.email_verified) {
            (None, _) => (other.email, other.email_verified),
            (Some(_), None) if self.email == other.email => (self.email, other.email_verified),
            (Some(_), verified) => (self.email, verified),
        };
        Self {
            email,
            email_verified,
            username: self.username.or(other.username),
            display_name: self.display_name.or(other.display_name),
            language: self.language.or(other.language),
            trust_email: self.trust_email,
        }
    }

    /// What is to be different about a user who is known. A new address is taken over if it is verified:
    /// anybody could give one that is not, and keep its owner out. The old one then counts as not verified.
    pub(crate) fn changes(&self, user: &User) -> UserChanges {
        let email = self.email.clone().filter(|_| self.is_verified());
        let says_otherwise = match &self.email {
            Some(_) => email.is_none(),
            None => self.email_verified == Some(false),
        };
        let verified = match (&email, &user.email) {
            (Some(_), _) => Some(true),
            (None, Some(_)) if says_otherwise => Some(false),
            _ => None,
        };
        UserChanges {
            email,
            verified,
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            language: self.language.clone().map(Some),
        }
    }
}

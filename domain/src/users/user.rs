//! Users: who a passkey is for.

use uuid::Uuid;

use crate::{
    EmailAddress, LanguageTag, LoginName, OrganisationId, Sequence, Text, UserId, names::named,
    octets::Octets,
};

named! {
    /// Whether a user may act.
    pub enum UserState {
        Active = "active",
        /// Switched off by an operator.
        Deactivated = "deactivated",
        /// Shut out, for example after an attack.
        Locked = "locked",
        /// Gone; only the history is left.
        Removed = "removed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEmail {
    pub address: EmailAddress,
    /// Whether the user has shown that the address is theirs. Only then is a link mailed to it.
    pub verified: bool,
}

/// A user, as last recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub organisation: OrganisationId,
    /// What the user signs in as, if not by the address.
    pub username: Text,
    pub display_name: Text,
    pub language: Option<LanguageTag>,
    pub email: Option<UserEmail>,
    pub state: UserState,
    /// The number of the last change in the user's history.
    pub sequence: Sequence,
}

/// Why a user can't have a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReachable {
    #[error("the user was removed")]
    Removed,
    /// The user is deactivated or locked.
    #[error("the user is not active")]
    NotActive,
    /// There is no address, or it isn't verified.
    #[error("the user has no verified e-mail address")]
    EmailNotVerified,
}

impl User {
    pub fn active(&self) -> Result<(), NotReachable> {
        match self.state {
            UserState::Removed => Err(NotReachable::Removed),
            UserState::Deactivated | UserState::Locked => Err(NotReachable::NotActive),
            UserState::Active => Ok(()),
        }
    }

    /// The address that is known to be the user's.
    pub fn verified_address(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|email| email.verified).map(|email| &email.address)
    }

    /// The username as no other user of the organisation has it. Who was removed has none.
    pub fn username_key(&self) -> Option<LoginName> {
        (self.state != UserState::Removed).then(|| LoginName::from(&self.username))
    }

    /// Whether the user can sign in by this name: it is the username, or the address that is known to be
    /// the user's.
    pub fn is_named(&self, name: &LoginName) -> bool {
        let address = self.verified_address().map(LoginName::from);
        let names = [self.username_key(), address.filter(|_| self.state != UserState::Removed)];
        names.iter().flatten().any(|it| it == name)
    }

    /// The address that a link may be mailed to.
    pub fn reachable_at(&self) -> Result<&EmailAddress, NotReachable> {
        self.active()?;
        self.verified_address().ok_or(NotReachable::EmailNotVerified)
    }
}

/// The name that authenticators know a user by (WebAuthn, section 4). It is random, so that it says
/// nothing about the user. All passkeys of a user have the same one.
pub type UserHandle = Octets<64>;

impl From<Uuid> for UserHandle {
    fn from(uuid: Uuid) -> Self {
        Self::from_array(uuid.into_bytes())
    }
}

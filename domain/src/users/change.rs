//! What an operator changes about a user, and when that can be.

use crate::{EmailAddress, EventKind, LanguageTag, Text, User, UserEmail, UserState};

/// What is to be different about a user. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// Where mail goes. A new address counts as verified unless `verified` says otherwise.
    pub email: Option<EmailAddress>,
    pub verified: Option<bool>,
    pub username: Option<Text>,
    pub display_name: Option<Text>,
    /// The language for mails and pages; or that it is not known.
    pub language: Option<Option<LanguageTag>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChange {
    Lock,
    Unlock,
    Deactivate,
    Reactivate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    #[error("the user was removed")]
    Removed,
    #[error("the user is locked; unlock the user first")]
    Locked,
    #[error("the user is deactivated; reactivate the user first")]
    Deactivated,
    #[error("the user has no e-mail address that could be verified; give one")]
    NoEmail,
    /// The username is the old address, and the new one is longer than a username may be.
    #[error("the new address is too long to be the username as well; give one")]
    Username,
}

/// A user as changed, and what the change is recorded as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The user as changed; the sequence is still the one before.
    pub user: User,
    pub kind: EventKind,
    /// Whether the user's open links end: they were made for an address that no longer holds, or
    /// for a user who may no longer act.
    pub ends_links: bool,
}

impl User {
    /// The user with these changes; `None` when they change nothing.
    pub fn changed(&self, changes: UserChanges) -> Result<Option<Changed>, ChangeRefused> {
        if self.state == UserState::Removed {
            return Err(ChangeRefused::Removed);
        }
        let email = self.changed_email(changes.email, changes.verified)?;
        let named = |given: Option<Text>, known: &Text| match given {
            Some(name) => Ok(name),
            None => self.following(known, email.as_ref()),
        };
        let user = Self {
            username: named(changes.username, &self.username)?,
            display_name: named(changes.display_name, &self.display_name)?,
            language: changes.language.unwrap_or_else(|| self.language.clone()),
            email: email.clone(),
            ..self.clone()
        };
        let ends_links = match (&self.email, &user.email) {
            (Some(old), Some(new)) => old.address != new.address || old.verified && !new.verified,
            _ => false,
        };
        let kind = if user.email == self.email {
            EventKind::ProfileChanged
        } else {
            EventKind::EmailChanged
        };
        Ok((user != *self).then_some(Changed { user, kind, ends_links }))
    }

    /// A name with a new address: one that is the old address, for want of another, becomes the new.
    fn following(&self, name: &Text, new: Option<&UserEmail>) -> Result<Text, ChangeRefused> {
        match (&self.email, new) {
            (Some(old), Some(new)) if name.as_str() == old.address.as_str() => {
                Text::parse(new.address.as_str()).map_err(|_| ChangeRefused::Username)
            }
            _ => Ok(name.clone()),
        }
    }

    fn changed_email(
        &self,
        address: Option<EmailAddress>,
        verified: Option<bool>,
    ) -> Result<Option<UserEmail>, ChangeRefused> {
        match (&self.email, address) {
            (None, None) if verified.is_some() => Err(ChangeRefused::NoEmail),
            (None, None) => Ok(None),
            (Some(email), None) => Ok(Some(UserEmail {
                verified: verified.unwrap_or(email.verified),
                ..email.clone()
            })),
            (email, Some(address)) => {
                let same = email.as_ref().filter(|email| email.address == address);
                let verified = verified.unwrap_or(same.is_none_or(|email| email.verified));
                Ok(Some(UserEmail { address, verified }))
            }
        }
    }

    /// The user after a change of state; `None` when the user is in that state already.
    pub fn moved(&self, change: StateChange) -> Result<Option<Changed>, ChangeRefused> {
        use StateChange::{Deactivate, Lock, Reactivate, Unlock};
        let (state, kind) = match (self.state, change) {
            (UserState::Removed, _) => return Err(ChangeRefused::Removed),
            (UserState::Active, Lock) => (UserState::Locked, EventKind::UserLocked),
            (UserState::Active, Deactivate) => (UserState::Deactivated, EventKind::UserDeactivated),
            (UserState::Locked, Unlock) => (UserState::Active, EventKind::UserUnlocked),
            (UserState::Deactivated, Reactivate) => (UserState::Active, EventKind::UserReactivated),
            (UserState::Active, Unlock | Reactivate)
            | (UserState::Locked, Lock)
            | (UserState::Deactivated, Deactivate) => return Ok(None),
            (UserState::Locked, Deactivate | Reactivate) => return Err(ChangeRefused::Locked),
            (UserState::Deactivated, Lock | Unlock) => return Err(ChangeRefused::Deactivated),
        };
        let user = Self { state, ..self.clone() };
        Ok(Some(Changed { user, kind, ends_links: state != UserState::Active }))
    }

    /// What is left of the user: id, organisation and the number of the last change. Nothing
    /// personal is among it, unless the id is.
    pub fn removed(&self) -> Result<Changed, ChangeRefused> {
        if self.state == UserState::Removed {
            return Err(ChangeRefused::Removed);
        }
        let user = Self {
            id: self.id.clone(),
            organisation: self.organisation.clone(),
            username: Text::erased(),
            display_name: Text::erased(),
            language: None,
            email: None,
            state: UserState::Removed,
            sequence: self.sequence,
        };
        Ok(Changed { user, kind: EventKind::UserRemoved, ends_links: true })
    }
}

#[cfg(test)]
mod tests;

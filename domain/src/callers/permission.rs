//! What a caller may do for other users. The names are ZITADEL's.

use std::{fmt, str::FromStr};

use crate::{OrganisationId, UnknownName, names::named};

named! {
    pub enum Permission {
        /// Make links, register, rename and remove passkeys.
        PasskeyWrite = "user.passkey.write",
        PasskeyRead = "user.passkey.read",
        UserRead = "user.read",
        UserWrite = "user.write",
        UserDelete = "user.delete",
        SessionRead = "session.read",
        SessionWrite = "session.write",
        SessionDelete = "session.delete",
    }
}

/// A set of permissions. As text: their names, with a space between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions(Vec<Permission>);

impl Permissions {
    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|permission| permission.name())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::default();
        for permission in permissions {
            if !set.has(permission) {
                set.0.push(permission);
            }
        }
        set
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Permissions {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        text.split_whitespace().map(str::parse).collect()
    }
}

/// Whose users a caller reaches. As text: the organisation's id, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Organisation(OrganisationId),
    All,
}

/// Stands for all organisations, and so is the id of none.
pub const ALL_ORGANISATIONS: &str = "*";

impl Reach {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organisation(organisation) => organisation.as_str(),
            Self::All => ALL_ORGANISATIONS,
        }
    }
}

impl FromStr for Reach {
    type Err = crate::IdError;

    fn from_str(text: &str) -> Result<Self, crate::IdError> {
        match text {
            ALL_ORGANISATIONS => Ok(Self::All),
            id => id.parse().map(Self::Organisation),
        }
    }
}

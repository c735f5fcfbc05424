//! The history of a user: what was changed, in an order without gaps.

use jiff::Timestamp;

use crate::{LinkId, OrganisationId, PasskeyId, Text, UserId};

/// The number of a change in a user's own history: 1, 2, 3 … without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u64);

impl Sequence {
    /// Before the first change.
    pub const NONE: Self = Self(0);

    pub fn recorded(number: u64) -> Self {
        Self(number)
    }

    /// The number of the change that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub fn get(self) -> u64 {
        self.0
    }
}

/// What a change was, with the thing that it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    UserAdded,
    /// Names or language of the user changed.
    ProfileChanged,
    /// The user's address changed, or whether it is verified; names may have as well.
    EmailChanged,
    UserLocked,
    UserUnlocked,
    UserDeactivated,
    UserReactivated,
    UserRemoved,
    LinkRequested(LinkId),
    LinkRevoked(LinkId),
    PasskeyAdded(PasskeyId),
    PasskeyRemoved(PasskeyId),
    PasskeyRenamed(PasskeyId),
    /// The passkey's signature counter went back: it may have been cloned. It did not sign in.
    PasskeyCounterWentBack(PasskeyId),
}

impl EventKind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::UserAdded => "user.added",
            Self::ProfileChanged => "user.profile_changed",
            Self::EmailChanged => "user.email_changed",
            Self::UserLocked => "user.locked",
            Self::UserUnlocked => "user.unlocked",
            Self::UserDeactivated => "user.deactivated",
            Self::UserReactivated => "user.reactivated",
            Self::UserRemoved => "user.removed",
            Self::LinkRequested(_) => "link.requested",
            Self::LinkRevoked(_) => "link.revoked",
            Self::PasskeyAdded(_) => "passkey.added",
            Self::PasskeyRemoved(_) => "passkey.removed",
            Self::PasskeyRenamed(_) => "passkey.renamed",
            Self::PasskeyCounterWentBack(_) => "passkey.counter_went_back",
        }
    }

    /// The id of the thing that the change was about, unless that is the user.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::LinkRequested(id) | Self::LinkRevoked(id) => Some(id.as_str()),
            Self::PasskeyAdded(id)
            | Self::PasskeyRemoved(id)
            | Self::PasskeyRenamed(id)
            | Self::PasskeyCounterWentBack(id) => Some(id.as_str()),
            Self::UserAdded
            | Self::ProfileChanged
            | Self::EmailChanged
            | Self::UserLocked
            | Self::UserUnlocked
            | Self::UserDeactivated
            | Self::UserReactivated
            | Self::UserRemoved => None,
        }
    }
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// By a bearer token: the user, or another one who may.
    Person(UserId),
    /// By a bearer token: a service, by its name.
    Service(Text),
    /// Whoever has the code in a link or a mail.
    CodeHolder,
    /// An operator, by a command.
    Operator,
    /// The issuer of tokens that knows of the change, by its identifier.
    Issuer(String),
}

impl Actor {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Service(_) => "service",
            Self::CodeHolder => "code_holder",
            Self::Operator => "operator",
            Self::Issuer(_) => "issuer",
        }
    }

    /// Which one of its kind it is.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Person(user) => Some(user.as_str()),
            Self::Service(name) => Some(name.as_str()),
            Self::Issuer(issuer) => Some(issuer),
            Self::CodeHolder | Self::Operator => None,
        }
    }
}

/// One change in a user's history. It holds no personal data, so that it can outlive the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEvent {
    pub user: UserId,
    pub sequence: Sequence,
    pub kind: EventKind,
    pub actor: Actor,
    pub at: Timestamp,
}

/// What a caller learns of the change that a call made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDetails {
    pub sequence: Sequence,
    /// When the object was created, if this change created it.
    pub created: Option<Timestamp>,
    pub changed: Timestamp,
    /// The user's organisation.
    pub resource_owner: OrganisationId,
}

//! Leave to act on sessions, which belong to organisations and to those who signed in.

use std::sync::Arc;

use passlink_domain::{
    Actor, Holder, OrganisationId, Organisations, Permission, Reach, Session, UserId,
};

use super::{Caller, CallerError, Callers};
use crate::domains::Domain;

/// Which sessions a caller may read or change.
#[derive(Debug, Clone)]
pub struct SessionAccess {
    /// Whose sessions the caller's permission reaches; none without the permission.
    permitted: Option<Organisations>,
    /// The person who calls, who has sessions of their own; only in this organisation, if one is named.
    person: Option<(UserId, Option<OrganisationId>)>,
    pub(crate) actor: Actor,
    domain: Arc<Domain>,
}

impl Callers {
    /// What the caller may do with sessions, as far as this permission reaches.
    pub fn session_access(&self, caller: Caller, permission: Permission) -> SessionAccess {
        let is_permitted = caller.permissions.has(permission);
        let (permitted, person, actor) = match caller.holder {
            Holder::Person(user) => {
                let own = caller.organisation.clone().map(Organisations::One);
                (own, Some((user.clone(), caller.organisation)), Actor::Person(user))
            }
            Holder::Service { name, reach } => {
                let reached = match reach {
                    Reach::Organisation(organisation) => Organisations::One(organisation),
                    Reach::All => self.domain.organisations.clone(),
                };
                (Some(reached), None, Actor::Service(name))
            }
        };
        let permitted = permitted.filter(|_| is_permitted);
        SessionAccess { permitted, person, actor, domain: self.domain.clone() }
    }
}

impl SessionAccess {
    /// The organisations whose users may sign in, and whose sessions may be seen or changed.
    ///
    /// Errors: [`CallerError::Denied`], when the caller lacks the permission.
    pub(crate) fn organisations(&self) -> Result<&Organisations, CallerError> {
        self.permitted.as_ref().ok_or(CallerError::Denied)
    }

    /// What a new session belongs to before its user is known.
    ///
    /// Errors: as [`Self::organisations`].
    pub(crate) fn reach(&self) -> Result<Reach, CallerError> {
        Ok(match self.organisations()? {
            Organisations::One(one) => Reach::Organisation(one.clone()),
            Organisations::AllBut(_) => Reach::All,
        })
    }

    /// Whether users of this organisation may sign in.
    pub(crate) fn serves(&self, organisation: &OrganisationId) -> bool {
        self.permitted.as_ref().is_some_and(|it| it.include(organisation))
            && self.domain.serves(organisation)
    }

    /// Whether the permission reaches a session.
    pub(crate) fn reaches(&self, session: &Session) -> bool {
        self.is_here(session)
            && match &session.reach {
                Reach::All => matches!(self.permitted, Some(Organisations::AllBut(_))),
                Reach::Organisation(organisation) => self.serves(organisation),
            }
    }

    /// Whether the session is of this domain.
    pub(crate) fn is_here(&self, session: &Session) -> bool {
        let is_served = match &session.reach {
            Reach::All => matches!(self.domain.organisations, Organisations::AllBut(_)),
            Reach::Organisation(organisation) => self.domain.serves(organisation),
        };
        is_served && self.domain.knows_relying_party(&session.rp_id)
    }

    /// Whether it is the caller who signed in.
    pub(crate) fn owns(&self, session: &Session) -> bool {
        let (Some((person, within)), Some(factor)) = (&self.person, &session.factor) else {
            return false;
        };
        let is_within = within.as_ref().is_none_or(|within| match &session.reach {
            Reach::Organisation(organisation) => organisation == within,
            Reach::All => false,
        });
        factor.user == *person && is_within && self.is_here(session)
    }

    /// The person who calls, if it is one, and the organisation in which their sessions are, if one is named.
    pub(crate) fn person(&self) -> Option<&(UserId, Option<OrganisationId>)> {
        self.person.as_ref()
    }
}

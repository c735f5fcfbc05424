//! What is asked for, and whether a caller may have it.

use passlink_domain::{Permission, UserId};

use super::{Acting, Caller, CallerError, Callers, SessionAccess};

/// What is asked for. `Grant` is what a caller then may do.
pub struct Asked<Grant = Acting> {
    /// The user whom it is about, if one is named.
    pub about: Option<UserId>,
    grant: Box<GrantTo<Grant>>,
}

type GrantTo<Grant> = dyn Fn(&Callers, Caller) -> Result<Grant, CallerError> + Send + Sync;

impl Asked {
    /// To act for this user, or for oneself, as for [`Callers::acting`].
    pub fn to_act(user: Option<&UserId>, permission: Permission) -> Self {
        let about = user.cloned();
        let named = about.clone();
        let grant =
            move |callers: &Callers, caller| callers.acting(caller, named.as_ref(), permission);
        Self { about, grant: Box::new(grant) }
    }
}

impl Asked<SessionAccess> {
    /// To see or end a session. Whether the caller may depends on the session.
    pub fn to_touch_session(permission: Permission) -> Self {
        let grant = move |callers: &Callers, caller| Ok(callers.session_access(caller, permission));
        Self { about: None, grant: Box::new(grant) }
    }

    /// To list sessions. Persons list their own without the permission.
    pub fn to_list_sessions() -> Self {
        let grant = |callers: &Callers, caller| {
            let access = callers.session_access(caller, Permission::SessionRead);
            let may = access.person().is_some() || access.organisations().is_ok();
            may.then_some(access).ok_or(CallerError::Denied)
        };
        Self { about: None, grant: Box::new(grant) }
    }

    /// To create or change sessions.
    pub fn to_change_sessions() -> Self {
        let grant = |callers: &Callers, caller| {
            let access = callers.session_access(caller, Permission::SessionWrite);
            access.organisations()?;
            Ok(access)
        };
        Self { about: None, grant: Box::new(grant) }
    }
}

impl<Grant> Asked<Grant> {
    /// What the caller may do.
    ///
    /// Errors: not what is asked for, as those of [`Callers::acting`].
    pub fn grant(&self, callers: &Callers, caller: Caller) -> Result<Grant, CallerError> {
        (self.grant)(callers, caller)
    }
}

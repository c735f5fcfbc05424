//! Sessions: created, signed in to with a passkey, shown, listed and ended.
//!
//! Why: `docs/decisions/sessions.md`.

mod change;
mod create;
mod end;
pub(crate) mod ended;
mod error;
mod expect;
mod list;
mod set;
mod show;
mod sign_in;

use std::{sync::Arc, time::Duration};

use passlink_domain::CodeKeys;

use crate::{
    domains::Domain,
    ports::{Ports, WebAuthn},
};

pub use change::{ChallengeRequest, ChangedSession, UserCheck};
pub use create::NewSession;
pub use error::SessionError;
pub use list::{ListedSessions, SessionFilter};
pub use set::SessionChange;
pub use show::ShownSession;

/// Creates, changes, shows, lists and ends sessions.
#[derive(Clone)]
pub struct ManageSessions {
    pub ports: Ports,
    pub webauthn: Arc<dyn WebAuthn>,
    /// The keys that challenges are derived from.
    pub keys: Arc<CodeKeys>,
    pub domain: Arc<Domain>,
    /// How long a session lasts where its caller does not say.
    pub lifetime: Duration,
}

#[cfg(test)]
mod tests;

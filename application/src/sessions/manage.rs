//! What all that is done with sessions needs.

use std::{sync::Arc, time::Duration};

use passlink_domain::CodeKeys;

use crate::{
    domains::Domain,
    ports::{Ports, WebAuthn},
};

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

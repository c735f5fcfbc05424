//! Who calls: the issuers of tokens that the configuration names.

use std::sync::Arc;

use passlink_adapters::outbound::{
    identity::{Introspection, IssuerSettings, Issuers},
    system::{SystemClock, SystemRandom},
};
use passlink_application::{
    callers::Callers,
    domains::Domain,
    ports::{Clock, Random},
};

use super::app::App;
use crate::{
    cli::ORGANISATION,
    config::{Config, Issuer},
};

impl App {
    pub fn issuers(&self) -> Result<Arc<Issuers>, String> {
        let ports = self.ports();
        issuers(&self.config, ports.clock, ports.random).map(Arc::new)
    }

    pub fn callers(&self, issuers: Arc<Issuers>, domain: Arc<Domain>) -> Callers {
        let max_auth_age = self.config.links.max_auth_age;
        Callers { ports: self.ports(), identities: issuers, domain, max_auth_age }
    }
}

/// The issuers without an installation, to see whether they answer.
///
/// Errors: what is wrong with what the configuration says of one.
pub(crate) fn configured_issuers(config: &Config) -> Result<Issuers, String> {
    issuers(config, Arc::new(SystemClock), Arc::new(SystemRandom))
}

fn issuers(
    config: &Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Issuers, String> {
    let settings = config.identity.issuers.iter().cloned().map(settings).collect();
    Issuers::new(settings, clock, random).map_err(|(place, why)| {
        config.fault(&format!("identity.issuers[{place}].introspection_secret"), &why)
    })
}

fn settings(issuer: Issuer) -> IssuerSettings {
    let default = ORGANISATION.parse().ok().filter(|_| issuer.organisation_claim.is_none());
    let introspection = issuer.introspection_client_id.zip(issuer.introspection_secret);
    IssuerSettings {
        issuer: issuer.issuer,
        audience: issuer.audience,
        clients: issuer.clients,
        services: issuer.services,
        scope: issuer.scope,
        types: issuer.types,
        organisation: issuer.organisation.or(default),
        organisation_claim: issuer.organisation_claim,
        user_id_claim: issuer.user_id_claim,
        permissions: issuer
            .permissions
            .into_iter()
            .map(|(name, permissions)| (name, permissions.into_iter().collect()))
            .collect(),
        provision: issuer.provision,
        trust_email: issuer.trust_email,
        introspection: introspection.map(|(client_id, secret)| Introspection { client_id, secret }),
    }
}

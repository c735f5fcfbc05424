//! What an operator says of an issuer.

use std::collections::BTreeMap;

use passlink_domain::{OrganisationId, Organisations, Permissions};
use secrecy::SecretString;

#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Its identifier, as its tokens have it in `iss`.
    pub issuer: String,
    /// What must stand in `aud`, if anything.
    pub audience: Option<String>,
    /// The clients that may call, beside the services; all where neither is named.
    pub clients: Vec<String>,
    /// The clients whose tokens speak for a service.
    pub services: Vec<String>,
    /// A scope that a token must have.
    pub scope: Option<String>,
    /// The accepted values of the header `typ`.
    pub types: Vec<String>,
    /// The organisation of its users; where a claim names it, that of tokens without the claim, if any.
    pub organisation: Option<OrganisationId>,
    pub organisation_claim: Option<String>,
    pub user_id_claim: Option<String>,
    /// What a scope or a role of a service permits.
    pub permissions: BTreeMap<String, Permissions>,
    /// Whether unknown persons become users.
    pub provision: bool,
    /// Whether an address counts as verified where a token doesn't say.
    pub trust_email: bool,
    pub introspection: Option<Introspection>,
}

impl IssuerSettings {
    /// Whether its users can be of one of these organisations.
    pub(super) fn may_speak_for(&self, organisations: &Organisations) -> bool {
        let is_among = |organisation| organisations.include(organisation);
        self.organisation_claim.is_some() || self.organisation.as_ref().is_some_and(is_among)
    }
}

/// How Passlink signs in to ask about opaque tokens.
#[derive(Debug, Clone)]
pub struct Introspection {
    pub client_id: String,
    /// The client's password; or a private key that signs its assertions, as PEM or as a key file of ZITADEL.
    pub secret: SecretString,
}

//! All settings, and where they are from.

use std::{collections::BTreeMap, fmt::Display, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    brand::Brand,
    database::Database,
    domains::Domain,
    identity::Identity,
    limits::Limits,
    links::Links,
    mail::Mail,
    problems::Origin,
    secrets::Secrets,
    server::Server,
    sessions::Sessions,
    telemetry::Telemetry,
    webauthn::{Passkeys, Webauthn},
};

/// Everything that an operator can set. Paths are relative to the working directory.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "passlink.toml")]
pub(crate) struct Config {
    /// Where the server listens, and how the world reaches it.
    pub server: Server,
    /// Where everything is stored.
    pub database: Database,
    /// How mails get out. The server needs one of `smtp_url` and `directory`.
    pub mail: Mail,
    /// How long links live, and how many a user may have.
    pub links: Links,
    /// How many passkeys there may be.
    pub passkeys: Passkeys,
    /// The relying party that passkeys are made for.
    pub webauthn: Webauthn,
    /// How Passlink looks to people, where a domain has no brand of its own.
    pub brand: Brand,
    /// How long people stay signed in.
    pub sessions: Sessions,
    /// Who says who callers are.
    pub identity: Identity,
    /// What codes are derived from.
    pub secrets: Secrets,
    /// What the server does at the most.
    pub limits: Limits,
    /// What the server reports about itself.
    pub telemetry: Telemetry,
    /// Where people reach Passlink if not at `server.public_url` alone: domains that serve organisations
    /// under names, brands and relying parties of their own. Must be a list of tables, and in a variable a
    /// JSON list of objects.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// Where the keys that are not at their default came from.
    #[serde(skip)]
    pub(super) origins: BTreeMap<String, Origin>,
    /// The files that secrets were read from, by key.
    #[serde(skip)]
    pub(super) secret_files: BTreeMap<String, PathBuf>,
    /// Environment variables that were passed over because they describe services.
    #[serde(skip)]
    pub(super) service_links: Vec<String>,
}

impl Config {
    /// Where the value of a key came from.
    pub(super) fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.origins.contains_key(key)
    }

    /// What is wrong with what a key names, with where the key was set.
    pub fn fault(&self, key: &str, why: &dyn Display) -> String {
        match self.origin(key) {
            Origin::Default => format!("{key}: {why}"),
            origin => format!("{origin}: {key}: {why}"),
        }
    }

    /// A notice of the environment variables that begin as ours do, but describe services.
    pub fn passed_over(&self) -> Option<String> {
        let first = self.service_links.first()?;
        let count = self.service_links.len();
        Some(format!(
            "passed over {count} environment variables that tell of services of Kubernetes or Docker and \
             not of the configuration, {first} among them; in Kubernetes, `enableServiceLinks: false` in \
             the pod's spec leaves them out"
        ))
    }
}

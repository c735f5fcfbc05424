//! The configuration: defaults, then `passlink.toml` (or the file of `--config`), then
//! environment variables `PASSLINK_<SECTION>__<KEY>`; the later wins.
//!
//! A file a section. A new key is a field there, with its entry in `KEYS` and its line in
//! `print.rs`; sources, provenance, error messages, example and schema come by themselves, and
//! `UPDATE_REFERENCE=1 cargo test -p passlink-server` writes `passlink.example.toml` and the
//! table in `docs/configuration.md` anew. Nothing is taken on trust: an unknown key, a wrong type and a value out of
//! range are all refused, together, and no message holds the value of a secret.

mod database;
mod duration;
mod error;
mod example;
mod key;
mod limits;
mod links;
mod mail;
mod mask;
mod passkeys;
mod print;
mod rules;
mod schema;
mod secrets;
mod server;
mod sources;
mod telemetry;
mod webauthn;

use std::{
    collections::BTreeMap,
    fmt::Display,
    path::{Path, PathBuf},
};

pub use database::Database;
pub use error::ConfigErrors;
pub use example::example;
pub use limits::Limits;
pub use links::Links;
pub use mail::Mail;
pub use passkeys::Passkeys;
pub use schema::schema;
pub use secrets::Secrets;
pub use server::Server;
pub use sources::environment;
pub use telemetry::{LogFormat, Telemetry};
pub use webauthn::Webauthn;

use sources::{Origin, Sources};

/// Everything an operator can set. Paths are relative to the working directory.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where the server listens, and how the world reaches it.
    pub server: Server,
    /// Where everything is stored.
    pub database: Database,
    /// How mails get out.
    pub mail: Mail,
    /// How long links live, and how many a user may have.
    pub links: Links,
    /// How many passkeys there may be.
    pub passkeys: Passkeys,
    /// The relying party that passkeys are made for.
    pub webauthn: Webauthn,
    /// What codes are derived from.
    pub secrets: Secrets,
    /// What the server does at the most.
    pub limits: Limits,
    /// What the server tells about itself.
    pub telemetry: Telemetry,
    /// Where the keys that are not at their default came from.
    origins: BTreeMap<String, Origin>,
    /// The files that secrets were read from, by key.
    secret_files: BTreeMap<String, PathBuf>,
    /// Variables that were passed over as they tell of services.
    service_links: Vec<String>,
}

impl Config {
    /// Reads and checks the configuration. Without `file`, `passlink.toml` is read where it
    /// exists. Of `env`, only the variables whose names begin with `PASSLINK_` are looked at.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut sources = Sources::read(file, env);
        let mut config = Self {
            server: sources.section(),
            database: sources.section(),
            mail: sources.section(),
            links: sources.section(),
            passkeys: sources.section(),
            webauthn: sources.section(),
            secrets: sources.section(),
            limits: sources.section(),
            telemetry: sources.section(),
            origins: BTreeMap::new(),
            secret_files: sources.secret_files(),
            service_links: sources.service_links(),
        };
        let (origins, mut problems, complete) = sources.finish();
        config.origins = origins;
        if !config.origins.contains_key("secrets.key_file") {
            let beside = config.database.default_key_file();
            config.secrets.key_file = beside.unwrap_or(config.secrets.key_file);
        }
        // Half of a file says nothing about what is missing.
        if complete {
            rules::check(&config, &mut problems);
        }
        problems.into_result(config)
    }

    /// What is wrong with what a key names, with where the key was set.
    pub(crate) fn fault(&self, key: &str, why: &dyn Display) -> String {
        match self.origin(key) {
            Origin::Default => format!("{key}: {why}"),
            origin => format!("{origin}: {key}: {why}"),
        }
    }

    /// What to tell of variables that begin as ours do but tell of services.
    pub(crate) fn passed_over(&self) -> Option<String> {
        let first = self.service_links.first()?;
        let count = self.service_links.len();
        Some(format!(
            "passed over {count} environment variables that tell of services of Kubernetes or Docker and \
             not of the configuration, {first} among them; in Kubernetes, `enableServiceLinks: false` in \
             the pod's spec leaves them out"
        ))
    }

    fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }
}

#[cfg(test)]
mod tests;

//! What `serve` refuses although every key of the configuration is written as it must be: files that
//! are not what a key says, variables of OpenTelemetry's, and a server without a way for mail.

use std::collections::BTreeSet;

use passlink_adapters::{
    files,
    outbound::{
        mail::{Directory, Smtp},
        persistence::check_sqlite_file,
    },
    telemetry::Telemetry,
};
use secrecy::ExposeSecret;

use crate::{
    Error,
    config::Config,
    tls::Tls,
    wiring::{self, KnownTemplates},
};

/// Looks into what the configuration names, and changes nothing. Returns the templates that it read.
///
/// Errors: all that is wrong, a line each, with the key and where that was set.
pub(crate) fn check(config: &Config) -> Result<KnownTemplates, Error> {
    let first =
        [Tls::check(&config.server).map_err(|(key, why)| config.fault(key, &why)), mail(config)];
    let found = [
        config.secrets.keys().check().map_err(|error| config.fault("secrets.key_file", &error)),
        wiring::configured_issuers(config).map(drop),
        database(config).map_err(|why| config.fault("database.url", &why)),
        Telemetry::check(config.telemetry.endpoint()),
    ];
    let mut templates = KnownTemplates::new();
    let found = first.into_iter().chain(looks(config, &mut templates)).chain(found);
    // Domains can share what is wrong.
    let mut told = BTreeSet::new();
    let is_new = |problem: &String| told.insert(problem.clone());
    let problems: Vec<_> = found.filter_map(Result::err).filter(is_new).collect();
    if problems.is_empty() { Ok(templates) } else { Err(problems.join("\n").into()) }
}

/// Asks each issuer of tokens for its keys, and whether it answers to introspection.
///
/// Errors: a line for each that does not answer as it should.
pub(crate) async fn ask_issuers(config: &Config) -> Result<(), Error> {
    let issuers = wiring::configured_issuers(config)?;
    let mut problems = Vec::new();
    for (place, (issuer, found)) in issuers.check().await.into_iter().enumerate() {
        match found {
            Ok(()) => eprintln!("{issuer} answers"),
            Err((key, why)) => {
                problems.push(config.fault(&format!("identity.issuers[{place}].{key}"), &why));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Reads the templates and logos of all domains.
fn looks(config: &Config, known: &mut KnownTemplates) -> Vec<Result<(), String>> {
    let mut looks = Vec::new();
    for domain in config.all_domains() {
        looks.push(wiring::templates(config, &domain, known).map(drop));
        looks.push(wiring::brand(config, &domain).map(drop));
    }
    looks
}

fn mail(config: &Config) -> Result<(), String> {
    let mail = &config.mail;
    match (mail.smtp_server(), &mail.directory) {
        (Some(server), _) => Smtp::new(server, mail.ca_file.as_deref(), 1)
            .map(drop)
            .map_err(|why| config.fault("mail.ca_file", &why)),
        (None, Some(directory)) => {
            Directory::check(directory).map_err(|why| config.fault("mail.directory", &why))
        }
        (None, None) => Err(wiring::NO_MAIL.to_owned()),
    }
}

/// Looks at the SQLite file, or at the files that the URL of a server names.
fn database(config: &Config) -> Result<(), String> {
    if config.database.is_sqlite() {
        let checked = check_sqlite_file(config.database.url.expose_secret());
        return checked.map_err(|error| error.to_string());
    }
    for (parameter, file) in config.database.postgres().into_iter().flat_map(|url| url.files()) {
        files::read(&file).map_err(|error| format!("{parameter} can't be read: {error}"))?;
    }
    Ok(())
}

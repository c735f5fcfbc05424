//! What no key can be checked for alone.

mod domains;
mod issuers;

use super::{problems::Problems, settings::Config};

pub(super) use domains::url_key;

pub(super) fn check(config: &Config, problems: &mut Problems) {
    let Config { database, mail, .. } = config;
    let smtp_url = config.origin("mail.smtp_url");
    // Where one of the others was refused already, nothing is known.
    let mut refuse = |key: &str, others: &[&str], what: String| {
        if !problems.concern(&[&[key], others].concat()) {
            problems.refuse(key, config.origin(key), &what);
        }
    };
    if mail.smtp_url.is_some() && mail.directory.is_some() {
        let what = format!(": must not be set together with mail.smtp_url ({smtp_url})");
        refuse("mail.directory", &[], what);
    }
    if !database.is_sqlite() && !config.is_set("secrets.key_file") {
        let what = ": PostgreSQL needs secrets.key_file, the path of a file";
        refuse("database.url", &[], what.to_owned());
    }
    let (cert, key) = ("server.tls_cert", "server.tls_key");
    for (one, other) in [(cert, key), (key, cert)] {
        if config.is_set(one) && !config.is_set(other) {
            refuse(one, &[other], format!(": needs {other}, the path of a PEM file"));
        }
    }
    domains::check(config, &mut refuse);
    issuers::check(config, &mut refuse);
}

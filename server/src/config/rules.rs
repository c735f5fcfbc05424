//! What no key can be checked for alone.

use std::{fs, os::unix::fs::MetadataExt};

use passlink_application::links::PublicUrl;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Error;

use super::{Config, error::Problems, webauthn::may_bind};

/// Refuses what doesn't go together. Keys that were refused already are left alone.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    let smtp = config.mail.smtp_url.is_some();
    if smtp && config.mail.directory.is_some() && !problems.concern(&["mail.directory"]) {
        let smtp_url = config.origin("mail.smtp_url");
        let what = format!(": must not be set together with mail.smtp_url ({smtp_url})");
        problems.refuse("mail.directory", config.origin("mail.directory"), &what);
    }
    if smtp && config.mail.from.is_none() && !problems.concern(&["mail.from"]) {
        let what = ": needs mail.from, a mailbox such as Passlink <no-reply@example.com>";
        problems.refuse("mail.smtp_url", config.origin("mail.smtp_url"), what);
    }
    if !config.database.is_sqlite()
        && !config.origins.contains_key("secrets.key_file")
        && !problems.concern(&["database.url"])
    {
        let what = ": PostgreSQL needs secrets.key_file, the path of a file";
        problems.refuse("database.url", config.origin("database.url"), what);
    }
    for (one, other) in [("tls_cert", "tls_key"), ("tls_key", "tls_cert")] {
        let (one, other) = (format!("server.{one}"), format!("server.{other}"));
        let set = |key: &String| config.origins.contains_key(key);
        if set(&one) && !set(&other) && !problems.concern(&[&one, &other]) {
            let what = format!(": needs {other}, the path of a PEM file");
            problems.refuse(&one, config.origin(&one), &what);
        }
    }
    let https = config.server.public_url.scheme() == "https";
    if (!https || config.server.is_local())
        && config.mail.smtp_server().is_some_and(|server| !server.is_loopback())
        && !problems.concern(&["server.public_url"])
    {
        let what = format!(
            " = \"{}\": must be https, and not localhost, with an SMTP server that is not on loopback ({})",
            config.server.base_url(),
            config.origin("mail.smtp_url"),
        );
        problems.refuse("server.public_url", config.origin("server.public_url"), &what);
    }
    relying_party(config, problems);
    let urls = ["server.public_url", "links.url_template", "links.allowed_origins"];
    if !problems.concern(&urls)
        && let Err(why) = config.public_links()
    {
        let what = format!(": {why}");
        problems.refuse("links.url_template", config.origin("links.url_template"), &what);
    }
}

/// Refuses a relying party that browsers make no passkeys for.
fn relying_party(config: &Config, problems: &mut Problems) {
    let public_url = &config.server.public_url;
    match config.webauthn.rp_id(public_url) {
        _ if problems.concern(&["server.public_url", "webauthn.rp_id"]) => {}
        None => {
            let what = format!(
                " = \"{}\": must have a domain name, or be localhost: passkeys are not made for IP addresses",
                config.server.base_url(),
            );
            problems.refuse("server.public_url", config.origin("server.public_url"), &what);
        }
        Some(rp_id) if !may_bind(public_url, &rp_id) => {
            let what = format!(
                ": must be the host of server.public_url ({}) or a domain above it",
                config.server.base_url(),
            );
            problems.refuse("webauthn.rp_id", config.origin("webauthn.rp_id"), &what);
        }
        Some(_) => {}
    }
}

impl Config {
    /// Where people reach Passlink, and where links lead.
    ///
    /// Errors: when `links.url_template` leads where links may not lead.
    pub fn public_links(&self) -> Result<PublicUrl, Error> {
        let public_url = PublicUrl::new(&self.server.public_url)?;
        Ok(public_url.with_links(self.links.origins(), self.links.template())?)
    }

    /// What is allowed and yet looks like a mistake, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let public = &self.server.public_url;
        let sends = self.mail.smtp_url.is_some();
        let doubts = [
            (
                public.scheme() == "http" && !self.server.is_local(),
                "server.public_url is not https: browsers offer passkeys on https and on localhost only",
            ),
            (
                public.scheme() == "https"
                    && self.server.tls_cert.is_none()
                    && self.server.trusted_proxies.is_empty(),
                "server.public_url is https, but the server has no TLS of its own: name the proxy in front of \
                 it in server.trusted_proxies, or all people share the limits of one client",
            ),
            (
                self.database.is_read_only(),
                "database.url has mode=ro: what is there can be looked at, and a server can't work",
            ),
            (
                self.database.postgres().is_some_and(|url| url.is_open_to_others()),
                "database.url does not ask for sslmode=verify-full: who stands between here and PostgreSQL can \
                 read and change everything",
            ),
            (
                self.mail.ca_file.is_some() && !sends,
                "mail.ca_file is not used without mail.smtp_url",
            ),
            (
                self.sends_in_clear(),
                "mail.smtp_url does not ask for TLS: mails, and the links in them, can be read on the way",
            ),
            (
                self.links.cooldown > self.links.lifetime,
                "links.cooldown is longer than links.lifetime: a user whose link expired has to wait for the next",
            ),
        ];
        let doubts = doubts.into_iter().filter(|(doubtful, _)| *doubtful);
        doubts.map(|(_, doubt)| doubt.to_owned()).chain(self.readable_secrets()).collect()
    }

    /// Passwords and private keys in files that everybody on the machine can read.
    fn readable_secrets(&self) -> impl Iterator<Item = String> {
        let has_password = |url: &SecretString| {
            Url::parse(url.expose_secret()).is_ok_and(|url| url.password().is_some())
        };
        let smtp = self.mail.smtp_url.as_ref();
        let in_database = self.database.postgres().is_some_and(|url| url.has_password());
        let secrets = [
            ("database.url", "a password", in_database),
            ("mail.smtp_url", "a password", smtp.is_some_and(has_password)),
        ];
        let of_key = |(key, what, is_secret)| {
            Some((key, what, self.secret_files.get(key).filter(|_| is_secret)?))
        };
        let tls =
            self.server.tls_key.as_ref().map(|file| ("server.tls_key", "a private key", file));
        secrets.into_iter().filter_map(of_key).chain(tls).filter_map(|(key, what, file)| {
            let everybody = fs::metadata(file).ok()?.mode() & 0o004 != 0;
            let file = file.display();
            everybody.then(|| {
                format!("{key}: {file} holds {what}, and everybody on this machine can read it; run `chmod o= {file}`")
            })
        })
    }

    /// Whether mails leave the machine without TLS being required.
    fn sends_in_clear(&self) -> bool {
        let remote = self.mail.smtp_server().is_some_and(|server| !server.is_loopback());
        let url = self.mail.smtp_url.as_ref().and_then(|url| Url::parse(url.expose_secret()).ok());
        remote
            && url.is_some_and(|url| {
                let required =
                    url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
                url.scheme() == "smtp" && !required
            })
    }
}

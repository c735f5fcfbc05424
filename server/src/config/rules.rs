//! What no key can be checked for alone.

use std::{fs, os::unix::fs::MetadataExt};

use passlink_application::links::PublicUrl;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Error;

use super::{identity::Issuer, problems::Problems, settings::Config, webauthn::may_bind};

pub(super) fn check(config: &Config, problems: &mut Problems) {
    let Config { server, database, mail, webauthn, .. } = config;
    let (base_url, smtp_url) = (server.base_url(), config.origin("mail.smtp_url"));
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
    if mail.smtp_url.is_some() && mail.from.is_none() {
        let what = ": needs mail.from, a mailbox such as Passlink <no-reply@example.com>";
        refuse("mail.smtp_url", &["mail.from"], what.to_owned());
    }
    let is_set = |key: &str| config.origins.contains_key(key);
    if !database.is_sqlite() && !is_set("secrets.key_file") {
        let what = ": PostgreSQL needs secrets.key_file, the path of a file";
        refuse("database.url", &[], what.to_owned());
    }
    let (cert, key) = ("server.tls_cert", "server.tls_key");
    for (one, other) in [(cert, key), (key, cert)] {
        if is_set(one) && !is_set(other) {
            refuse(one, &[other], format!(": needs {other}, the path of a PEM file"));
        }
    }
    let is_safe = server.public_url.scheme() == "https" && !server.is_local();
    if !is_safe && mail.smtp_server().is_some_and(|server| !server.is_loopback()) {
        let what = format!(
            " = \"{base_url}\": must be https, and not localhost, with an SMTP server that is not on \
             loopback ({smtp_url})"
        );
        refuse("server.public_url", &[], what);
    }
    match webauthn.rp_id(&server.public_url) {
        None => {
            let what = format!(
                " = \"{base_url}\": must have a domain name, or be localhost: passkeys are not made for \
                 IP addresses"
            );
            refuse("server.public_url", &["webauthn.rp_id"], what);
        }
        Some(rp_id) if !may_bind(&server.public_url, &rp_id) => {
            let what = format!(
                ": must be the host of server.public_url ({base_url}) or a domain above it"
            );
            refuse("webauthn.rp_id", &["server.public_url"], what);
        }
        Some(_) => {}
    }
    if let Err(why) = config.public_links() {
        let others = ["server.public_url", "links.allowed_origins"];
        refuse("links.url_template", &others, format!(": {why}"));
    }
    check_issuers(&config.identity.issuers, &mut refuse);
}

/// `refuse` takes a key, others to look at, and what is wrong.
fn check_issuers(issuers: &[Issuer], refuse: &mut impl FnMut(&str, &[&str], String)) {
    let keys = |index: usize| move |name: &str| format!("identity.issuers[{index}].{name}");
    for (index, issuer) in issuers.iter().enumerate() {
        let key = keys(index);
        let earlier = || issuers.iter().enumerate().take(index);
        let (audience, clients, services) = (key("audience"), key("clients"), key("services"));
        if issuer.audience.is_none() && issuer.clients.is_empty() && issuer.services.is_empty() {
            let what = ": needs audience, clients or services; else tokens are taken that the issuer made for \
                        any other app";
            let place = format!("identity.issuers[{index}]");
            refuse(&place, &[&audience, &clients, &services], what.to_owned());
        }
        if !issuer.permissions.is_empty() && issuer.services.is_empty() {
            let what = ": needs services, a list of client ids: people get no permissions";
            refuse(&key("permissions"), &[&services], what.to_owned());
        }
        if let Some((other, _)) = earlier().find(|(_, it)| it.issuer == issuer.issuer) {
            let what = format!(": must not be the same as {}", keys(other)("issuer"));
            refuse(&key("issuer"), &[&keys(other)("issuer")], what);
        }
        let (id, secret) = (key("introspection_client_id"), key("introspection_secret"));
        let others = [&*id, &*secret, &key("introspection_secret_file")];
        match (&issuer.introspection_client_id, &issuer.introspection_secret) {
            (Some(_), None) => refuse(&id, &others, format!(": needs {secret}")),
            (None, Some(_)) => refuse(&secret, &others, format!(": needs {id}, a client id")),
            _ => {}
        }
        let introspects = |(_, it): &(usize, &Issuer)| it.introspection_client_id.is_some();
        if let Some((other, _)) = earlier().find(introspects)
            && introspects(&(index, issuer))
        {
            let other = keys(other)("introspection_client_id");
            let what = format!(
                ": must not be set together with {other}: a token that can't be read does not say whose it \
                 is"
            );
            refuse(&id, &[], what);
        }
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
        let of_issuers = self.secret_files.iter().filter(|(key, _)| key.starts_with("identity."));
        let of_issuers = of_issuers.map(|(key, file)| (key.as_str(), "a secret", file));
        let secrets = secrets.into_iter().filter_map(of_key).chain(tls).chain(of_issuers);
        secrets.filter_map(|(key, what, file)| {
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

//! What is allowed and yet looks like a mistake.

use std::{fs, os::unix::fs::MetadataExt};

use passlink_adapters::brand::Accent;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cli::ORGANISATION;

use super::{effective::EffectiveDomain, rules::url_key, settings::Config};

impl Config {
    /// What is allowed and yet looks like a mistake, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let sends = self.mail.smtp_url.is_some();
        let doubts = [
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
        let doubts = doubts.map(|(_, doubt)| doubt.to_owned());
        self.of_domains().into_iter().chain(doubts).chain(self.readable_secrets()).collect()
    }

    fn of_domains(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let mut add = |doubt: String| {
            // Domains without a brand of their own share one.
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        };
        for unused in ["server.public_url", "webauthn.rp_id"] {
            if !self.domains.is_empty() && self.is_set(unused) {
                add(format!("{unused} is not used: each of [[domains]] has its own"));
            }
        }
        let domains = self.all_domains();
        let is_for_all_others = |domain: &EffectiveDomain| match &domain.organisation {
            Some(organisation) => organisation.as_str() == ORGANISATION,
            None => true,
        };
        if !domains.iter().any(is_for_all_others) {
            add(format!(
                "no domain serves the organisation {ORGANISATION}: users who were added without --org are refused; \
                 if there are any, set organisation = \"{ORGANISATION}\" in one of [[domains]], or leave it out"
            ));
        }
        for domain in &domains {
            let is_above = |other: &&EffectiveDomain| {
                let is_below = domain.rp_id.strip_suffix(&other.rp_id);
                is_below.is_some_and(|rest| rest.ends_with('.'))
                    && domain.organisation != other.organisation
            };
            if let Some(other) = domains.iter().find(is_above) {
                add(format!(
                    "{}: {} is below {}, the relying party of other users: browsers let pages of the one \
                     ask for passkeys of the other",
                    domain.path(self, "rp_id"),
                    domain.rp_id,
                    other.rp_id
                ));
            }
        }
        for domain in &domains {
            let public_url = &domain.public_url;
            if public_url.scheme() == "http" && !public_url.is_local() {
                let key = url_key(domain);
                add(format!(
                    "{key} is not https: browsers offer passkeys on https and on localhost only"
                ));
            }
        }
        let has_tls = self.server.tls_cert.is_some() || !self.server.trusted_proxies.is_empty();
        let is_https = |domain: &&EffectiveDomain| domain.public_url.scheme() == "https";
        if let Some(domain) = domains.iter().find(is_https).filter(|_| !has_tls) {
            let key = url_key(domain);
            add(format!(
                "{key} is https, but the server has no TLS of its own: name the proxy in front of it in \
                 server.trusted_proxies, or all people share the limits of one client"
            ));
        }
        for domain in &domains {
            if let Some(told) = domain.brand.accent.as_ref().and_then(Accent::told) {
                add(format!("{}: {told}", domain.path(self, "brand.accent")));
            }
        }
        doubts
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

//! Rules about domains. The one that is made of other keys follows them as well.

use passlink_application::links::LinkTemplateError;

use crate::config::{effective::EffectiveDomain, settings::Config, webauthn::may_bind};

/// `refuse` takes a key, others to look at, and what is wrong.
pub(super) fn check(config: &Config, refuse: &mut impl FnMut(&str, &[&str], String)) {
    let mut refuse = |key: &str, others: &[&str], what: String| {
        refuse(key, &[others, &["domains"]].concat(), what);
    };
    let domains = config.all_domains();
    for (count, domain) in domains.iter().enumerate() {
        check_public_url(config, domain, &mut refuse);
        check_sender(config, domain, &mut refuse);
        check_links(config, domain, &mut refuse);
        for other in domains.iter().take(count) {
            check_pair(config, domain, other, &mut refuse);
        }
    }
}

/// The key of a domain's public URL, whether it is set or not.
pub(in crate::config) fn url_key(domain: &EffectiveDomain) -> String {
    domain.key.map_or_else(|| "server.public_url".to_owned(), |it| key(it, "public_url"))
}

fn key(place: usize, name: &str) -> String {
    format!("domains[{place}].{name}")
}

/// Whether people can reach it safely, and passkeys can be made for it.
fn check_public_url(
    config: &Config,
    domain: &EffectiveDomain,
    refuse: &mut impl FnMut(&str, &[&str], String),
) {
    let (url, key) = (&domain.public_url, domain.path(config, "public_url"));
    let (base_url, named) = (url.as_str(), url_key(domain));
    let shown = if key == named { format!(" = \"{base_url}\"") } else { format!(" ({base_url})") };
    let is_safe = url.scheme() == "https" && !url.is_local();
    if !is_safe && config.mail.smtp_server().is_some_and(|server| !server.is_loopback()) {
        let smtp_url = config.origin("mail.smtp_url");
        let what = format!(
            "{shown}: must be https, and not localhost, with an SMTP server that is not on loopback \
             ({smtp_url})"
        );
        refuse(&key, &[], what);
    }
    let rp_id = domain.path(config, "rp_id");
    if domain.rp_id.is_empty() {
        let what = format!(
            "{shown}: must have a domain name, or be localhost: passkeys are not made for IP addresses"
        );
        refuse(&key, &[&rp_id], what);
    } else if !may_bind(url, &domain.rp_id) {
        let what = format!(": must be the host of {named} ({base_url}) or a domain above it");
        refuse(&rp_id, &[&key], what);
    }
}

fn check_sender(
    config: &Config,
    domain: &EffectiveDomain,
    refuse: &mut impl FnMut(&str, &[&str], String),
) {
    if config.mail.smtp_url.is_none() || domain.mail_from.is_some() {
        return;
    }
    match domain.key {
        None => {
            let what = ": needs mail.from, a mailbox such as Passlink <no-reply@example.com>";
            refuse("mail.smtp_url", &["mail.from"], what.to_owned());
        }
        Some(place) => {
            let what = ": needs mail_from, a mailbox such as Acme <no-reply@acme.example>, or mail.from for \
                        all domains";
            let table = format!("domains[{place}]");
            refuse(&table, &["mail.from", &key(place, "mail_from")], what.to_owned());
        }
    }
}

fn check_links(
    config: &Config,
    domain: &EffectiveDomain,
    refuse: &mut impl FnMut(&str, &[&str], String),
) {
    let Err(why) = domain.public_links(config) else {
        return;
    };
    let (url, named) = (domain.path(config, "public_url"), url_key(domain));
    let why = match why.downcast_ref() {
        Some(LinkTemplateError::Origin) if domain.key.is_some() => format!(
            "must lead to the origin of {named} ({}), or to one of links.allowed_origins",
            domain.public_url.as_str()
        ),
        _ => why.to_string(),
    };
    refuse("links.url_template", &[&url, "links.allowed_origins"], format!(": {why}"));
}

/// A domain and one before it.
fn check_pair(
    config: &Config,
    domain: &EffectiveDomain,
    other: &EffectiveDomain,
    refuse: &mut impl FnMut(&str, &[&str], String),
) {
    let (Some(place), Some(other_place)) = (domain.key, other.key) else {
        return;
    };
    for name in domain.names.iter().filter(|name| other.names.contains(*name)) {
        let key_with = |place: usize| match config.domains.get(place) {
            Some(given) if given.host == *name => key(place, "host"),
            Some(given) if given.aliases.contains(name) => key(place, "aliases"),
            _ => key(place, "public_url"),
        };
        let other = key_with(other_place);
        let what =
            format!(": {name} must be a name of one domain only, and stands in {other} as well");
        refuse(&key_with(place), &[], what);
    }
    let (own, others) = (key(place, "organisation"), key(other_place, "organisation"));
    if domain.organisation.is_none() && other.organisation.is_none() {
        let what = format!(
            ": needs organisation, an id: domains[{other_place}] has none, and serves the users of all others"
        );
        refuse(&format!("domains[{place}]"), &[&own, &others], what);
    } else if domain.organisation != other.organisation && domain.rp_id == other.rp_id {
        let at = domain.path(config, "rp_id");
        let its = if at == key(place, "rp_id") { "" } else { " its rp_id" };
        let what = format!(
            ":{its} must not be that of domains[{other_place}] ({}), which serves other users: the passkeys \
             of one would be offered on the other",
            domain.rp_id
        );
        let others = [domain.path(config, "public_url"), other.path(config, "rp_id")];
        refuse(&at, &others.each_ref().map(String::as_str), what);
    }
}

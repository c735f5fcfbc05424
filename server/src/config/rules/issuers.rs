//! Rules about issuers of tokens.

use crate::config::{identity::Issuer, settings::Config};

fn keys(index: usize) -> impl Fn(&str) -> String {
    move |name| format!("identity.issuers[{index}].{name}")
}

/// `refuse` takes a key, others to look at, and what is wrong.
pub(super) fn check(config: &Config, refuse: &mut impl FnMut(&str, &[&str], String)) {
    let issuers = &config.identity.issuers;
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
    }
    check_introspection(config, refuse);
}

/// A token that can't be read does not say who issued it: one issuer is asked about it, which the domain
/// can decide.
fn check_introspection(config: &Config, refuse: &mut impl FnMut(&str, &[&str], String)) {
    let issuers = config.identity.issuers.iter().enumerate();
    let asked = issuers.filter(|(_, issuer)| issuer.introspection_client_id.is_some());
    let asked: Vec<_> = asked.collect();
    let of_domains: Vec<_> =
        (0..config.domains.len()).map(|it| format!("domains[{it}].organisation")).collect();
    for (count, (index, issuer)) in asked.iter().enumerate() {
        let mut earlier = asked.iter().take(count);
        let Some((other, _)) = earlier.find(|(_, other)| !are_apart(config, issuer, other)) else {
            continue;
        };
        let organisations = [keys(*index)("organisation"), keys(*other)("organisation")];
        let others: Vec<_> = organisations
            .iter()
            .chain(&of_domains)
            .map(String::as_str)
            .chain(["domains"])
            .collect();
        let other = keys(*other)("introspection_client_id");
        let what = format!(
            ": must not be set together with {other}: a token that can't be read does not say whose it is; \
             the domain says so only where each of the two has an organisation of its own, without \
             organisation_claim, that one of [[domains]] names"
        );
        refuse(&keys(*index)("introspection_client_id"), &others, what);
    }
}

/// Whether no domain could ask both.
fn are_apart(config: &Config, one: &Issuer, other: &Issuer) -> bool {
    let organisation_of = |issuer: &Issuer| {
        let organisation = issuer.organisation.clone();
        organisation.filter(|organisation| {
            let mut named = config.domains.iter().filter_map(|it| it.organisation.as_ref());
            issuer.organisation_claim.is_none() && named.any(|it| it == organisation)
        })
    };
    organisation_of(one).zip(organisation_of(other)).is_some_and(|(one, other)| one != other)
}

//! The environment: `PASSLINK_<SECTION>__<KEY>`. Other variables that begin so tell of services: Kubernetes
//! sets them in every pod for each service of its namespace (`passlink`, `passlink-db`), Docker for each
//! container that is linked.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;
use url::{Host, Url};

use crate::config::{
    keys::{Key, PREFIX, closest, keys, sections},
    problems::{Found, Origin, Problems},
    sources::found::put,
};

/// The protocols of ports of services.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// The process's environment, for [`Config::load`](crate::config::Config::load). What is not
/// Unicode gets U+FFFD in its place and is refused there, where [`std::env::vars`] would panic.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    })
}

/// Reads the variables that are ours and reports those that nobody knows. Also returns the names of
/// those that were passed over because they only look like ours.
pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
    problems: &mut Problems,
) -> (Found, Vec<String>) {
    let ours = variables.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX));
    let ours: Vec<_> = ours.collect();
    let containers = linked_containers(&ours);
    let (mut found, mut service_links) = (Found::new(), Vec::new());
    for (variable, value) in ours {
        match keys().find(|key| !key.is_in_list() && key.variable() == variable) {
            Some(_) if value.contains('\u{FFFD}') => {
                problems.add(format!("{variable}: must be valid Unicode"));
            }
            Some(key) => {
                let origin = Origin::Environment(variable);
                let everywhere = |_, _: &[&str]| origin.clone();
                put(key, parse(key, value), &origin, everywhere, &mut found, problems);
            }
            None if is_service_link(&variable, &value, &containers) => service_links.push(variable),
            None => problems.add(unknown(&variable)),
        }
    }
    service_links.sort();
    (found, service_links)
}

/// The key decides the type: `007` stays text for a key that holds text.
fn parse(key: &Key, text: String) -> Value {
    let json = key.value.is_json().then(|| serde_json::from_str(&text).ok()).flatten();
    json.unwrap_or(Value::String(text))
}

fn unknown(variable: &str) -> String {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    match closest(&rest.to_lowercase().replace("__", ".")) {
        Some(key) => format!("{variable}: unknown variable; did you mean {}?", key.variable()),
        None => format!(
            "{variable}: unknown variable; must be {PREFIX}<SECTION>__<KEY>, such as {PREFIX}SERVER__LISTEN"
        ),
    }
}

/// What the variables of containers that Docker linked begin with: those also tell of all variables
/// that the container has.
fn linked_containers(variables: &[(String, String)]) -> BTreeSet<String> {
    let containers = variables.iter().filter_map(|(variable, value)| {
        let path = value.strip_prefix('/').is_some_and(|path| path.contains('/'));
        variable.strip_suffix("_NAME").filter(|_| path)
    });
    containers.map(str::to_owned).collect()
}

/// Whether a variable tells of a service by name and value, and names no section of the configuration.
fn is_service_link(variable: &str, value: &str, containers: &BTreeSet<String>) -> bool {
    let Some(rest) = variable.strip_prefix(PREFIX) else {
        return false;
    };
    let section = rest.split_once("__").map_or("", |(section, _)| section);
    let is_of = |container: &String| {
        let rest = variable.strip_prefix(container.as_str());
        rest.is_some_and(|rest| rest == "_NAME" || rest.starts_with("_ENV_"))
    };
    !sections().any(|name| name.eq_ignore_ascii_case(section))
        && (containers.iter().any(is_of) || is_of_service(rest, value))
}

/// Whether a name without its prefix is `[<SERVICE>_]<ENDING>`, and the value as it is with that
/// ending. A service's name may hold any words, so an ending can begin at each of them.
fn is_of_service(rest: &str, value: &str) -> bool {
    let words: Vec<_> = rest.split('_').collect();
    (0..words.len()).filter_map(|start| words.get(start..)).any(|ending| match ending {
        ["SERVICE", "HOST"] => is_host(value),
        ["SERVICE", "PORT", ..] => is_port(value),
        ["PORT"] => is_address(value),
        ["PORT", number, protocol, what @ ..] => {
            let is_protocol = PROTOCOLS.iter().any(|it| it.eq_ignore_ascii_case(protocol));
            is_protocol
                && is_port(number)
                && match what {
                    [] | ["START" | "END"] => is_address(value),
                    ["ADDR"] => is_host(value),
                    ["PORT"] | ["PORT", "START" | "END"] => is_port(value),
                    ["PROTO"] => PROTOCOLS.contains(&value),
                    _ => false,
                }
        }
        _ => false,
    })
}

fn is_port(value: &str) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit());
    digits && value.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host(value: &str) -> bool {
    value.parse::<IpAddr>().is_ok() || Host::parse(value).is_ok()
}

/// Whether this is as `tcp://10.0.0.1:5432`.
fn is_address(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| {
        PROTOCOLS.contains(&url.scheme()) && url.has_host() && url.port().is_some()
    })
}

//! Variables that tell of services and begin as ours do: Kubernetes sets them in every pod for each
//! service of its namespace (`passlink`, `passlink-db`), Docker for each container that is linked.

use std::{collections::BTreeSet, net::IpAddr};

use url::{Host, Url};

use crate::config::key::{PREFIX, SECTIONS};

/// The protocols of ports there.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// What the variables together tell about links.
pub(super) struct ServiceLinks {
    /// What the variables of containers that Docker linked begin with: those also tell of all
    /// variables that the container has.
    containers: BTreeSet<String>,
}

impl ServiceLinks {
    /// Looks for links among variables.
    pub fn among(variables: &[(String, String)]) -> Self {
        let containers = variables.iter().filter_map(|(variable, value)| {
            let path = value.strip_prefix('/').is_some_and(|path| path.contains('/'));
            variable.strip_suffix("_NAME").filter(|_| path)
        });
        Self { containers: containers.map(str::to_owned).collect() }
    }

    /// Whether this is one by name and value, and names no section of the configuration.
    pub fn has(&self, variable: &str, value: &str) -> bool {
        let Some(rest) = variable.strip_prefix(PREFIX) else {
            return false;
        };
        let section = rest.split_once("__").map_or("", |(section, _)| section);
        if SECTIONS.iter().any(|(name, _)| name.eq_ignore_ascii_case(section)) {
            return false;
        }
        self.is_of_container(variable) || is_of_service(rest, value)
    }

    fn is_of_container(&self, variable: &str) -> bool {
        self.containers.iter().any(|container| {
            variable
                .strip_prefix(container.as_str())
                .is_some_and(|rest| rest == "_NAME" || rest.starts_with("_ENV_"))
        })
    }
}

/// Whether a name without its prefix is `[<SERVICE>_]<ENDING>`, and the value as it is with that ending.
fn is_of_service(rest: &str, value: &str) -> bool {
    rest.match_indices("SERVICE_").map(|(at, it)| (at, at + it.len())).any(|(at, end)| {
        let ending = rest.get(end..).unwrap_or_default();
        begins_a_word(rest, at)
            && match ending {
                "HOST" => is_host(value),
                "PORT" => is_port(value),
                _ => ending.starts_with("PORT_") && is_port(value),
            }
    }) || rest.match_indices("PORT").map(|(at, it)| (at, at + it.len())).any(|(at, end)| {
        let ending = rest.get(end..).unwrap_or_default();
        begins_a_word(rest, at) && is_of_port(ending, value)
    })
}

fn begins_a_word(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('_'))
}

/// What follows `PORT`: nothing, or `_5432_TCP`, or that with what of it is told.
fn is_of_port(ending: &str, value: &str) -> bool {
    let mut words = ending.split('_');
    let (Some(""), number, protocol, what, end, None) =
        (words.next(), words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let (Some(number), Some(protocol)) = (number, protocol) else {
        return ending.is_empty() && is_address(value);
    };
    let known = PROTOCOLS.iter().any(|it| it.eq_ignore_ascii_case(protocol));
    known
        && is_port(number)
        && match (what, end) {
            (None | Some("START" | "END"), None) => is_address(value),
            (Some("ADDR"), None) => is_host(value),
            (Some("PORT"), None | Some("START" | "END")) => is_port(value),
            (Some("PROTO"), None) => PROTOCOLS.contains(&value),
            _ => false,
        }
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

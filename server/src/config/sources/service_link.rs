//! Variables that tell of services and begin as ours do: Kubernetes sets them in every pod for each
//! service of its namespace (`passlink`, `passlink-db`), Docker for each container that is linked.

use std::{collections::BTreeSet, net::IpAddr};

use url::{Host, Url};

use crate::config::keys::{PREFIX, sections};

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
        if sections().any(|name| name.eq_ignore_ascii_case(section)) {
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

//! Names of hosts, and whether they mean this machine.

use serde::{Deserialize, Deserializer, de::Error};
use url::{Host, Url};

/// Longest name of a host, in octets.
const MAX_OCTETS: usize = 253;

/// Reads a name, and keeps it as browsers write it.
pub(super) fn host<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    as_browsers_write(&String::deserialize(from)?).ok_or_else(|| D::Error::custom(""))
}

pub(super) fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let names = names.iter().map(|name| as_browsers_write(name));
    names.collect::<Option<_>>().ok_or_else(|| D::Error::custom(""))
}

/// The name in lower case and Punycode, without a dot at its end. None for an IP address, and for what
/// stands for several hosts or is no host.
pub(crate) fn as_browsers_write(text: &str) -> Option<String> {
    // A parser of hosts decodes what is percent-encoded.
    let Host::Domain(name) = Host::parse(text).ok().filter(|_| !text.contains('%'))? else {
        return None;
    };
    let name = name.strip_suffix('.').unwrap_or(&name);
    let is_label = |label: &str| {
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_plain)
    };
    (name.len() <= MAX_OCTETS && name.split('.').all(is_label)).then(|| name.to_owned())
}

pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a URL leads to the machine itself.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Deserializer, de::Error};
use url::{Host, Url};
use validator::{Validate, ValidationError};

use super::{
    key::{Key, Section},
    mail::is_path,
};
use crate::client_address::TrustedProxies;

/// `[server]`: where the server listens, and how the world reaches it.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Server {
    /// IP address and port to listen on. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// What every link begins with: an `http` or `https` URL, a path allowed, without user name,
    /// query or fragment. Default `http://localhost:8080`. Together with an SMTP server that is
    /// not on loopback it must be `https`, and not localhost.
    #[serde(deserialize_with = "public_url")]
    #[validate(custom(function = is_base))]
    pub public_url: Url,
    /// A PEM file with the server's certificate and those between it and the root. Default none:
    /// no TLS. Together with `tls_key`; both are read again at SIGHUP.
    #[validate(custom(function = is_path))]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the private key of `tls_cert`. Default none.
    #[validate(custom(function = is_path))]
    pub tls_key: Option<PathBuf>,
    /// Origins whose pages may call, such as `https://app.example.com`. Default none.
    #[validate(custom(function = are_origins))]
    pub cors_origins: Vec<String>,
    /// Addresses and networks of proxies whose `X-Forwarded-For` or `Forwarded` is taken. Default
    /// none.
    #[validate(custom(function = are_networks))]
    pub trusted_proxies: Vec<String>,
}

impl Section for Server {
    const NAME: &'static str = "server";
    const KEYS: &'static [Key] = &[
        Key::text(
            "listen",
            "Where the server listens",
            "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080",
        ),
        Key::text(
            "public_url",
            "Where people reach Passlink, and what every link begins with; `https` and not \
             localhost when mail leaves the machine",
            "an http or https URL without user name, query or fragment, such as https://login.example.com",
        ),
        Key::text(
            "tls_cert",
            "The server's certificate and those between it and the root: TLS on the listener, \
             together with `tls_key`; both are read again at SIGHUP",
            "the path of a PEM file",
        )
        .such_as("/etc/passlink/tls.crt"),
        Key::text("tls_key", "The private key of `tls_cert`", "the path of a PEM file")
            .such_as("/etc/passlink/tls.key"),
        Key::texts(
            "cors_origins",
            "Origins whose pages may call",
            "a list of origins such as [\"https://app.example.com\"]",
        ),
        Key::texts(
            "trusted_proxies",
            "Proxies in front of the server, whose `X-Forwarded-For` (else `Forwarded`) says where \
             a request comes from; they must not pass on what a client wrote there. Without them, all \
             people behind a proxy are one client",
            "a list of IP addresses and networks such as [\"10.0.0.0/8\"]",
        ),
    ];
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            public_url: localhost(),
            tls_cert: None,
            tls_key: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Server {
    /// The public URL as text, to put a path behind: without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }

    /// Whether the public URL leads to the machine itself.
    pub fn is_local(&self) -> bool {
        match self.public_url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
            None => false,
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
fn localhost() -> Url {
    Url::parse("http://localhost:8080").expect("a URL")
}

/// Reads the public URL and trims the slash at its end.
fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let mut url = Url::parse(&String::deserialize(deserializer)?).map_err(Error::custom)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether this is the origin of a page as browsers write it: scheme, host and port, nothing around.
pub(super) fn is_web_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// Origins of pages.
pub(super) fn are_origins(origins: &[String]) -> Result<(), ValidationError> {
    match origins.iter().all(|text| is_web_origin(text)) {
        true => Ok(()),
        false => Err(ValidationError::new("origin")),
    }
}

fn are_networks(texts: &[String]) -> Result<(), ValidationError> {
    match TrustedProxies::parse(texts) {
        Ok(_) => Ok(()),
        Err(_) => Err(ValidationError::new("network")),
    }
}

fn is_base(url: &Url) -> Result<(), ValidationError> {
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if bare && matches!(url.scheme(), "http" | "https") {
        Ok(())
    } else {
        Err(ValidationError::new("public_url"))
    }
}

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use smart_default::SmartDefault;

use super::values::{BaseUrl, fitting, origins};
use crate::client_address::TrustedProxies;

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// Where the server listens. Must be an IP address and a port, such as 127.0.0.1:8080 or
    /// [::]:8080.
    #[default((Ipv4Addr::LOCALHOST, 8080).into())]
    pub listen: SocketAddr,
    /// Where people reach Passlink, and what every link begins with, if there are no `domains`; `https`
    /// and not localhost when mail leaves the machine. Must be an http or https URL without user name,
    /// query or fragment, such as https://login.example.com.
    #[default(localhost())]
    pub public_url: BaseUrl,
    /// The server's certificate and those between it and the root; turns TLS on, together with
    /// `tls_key`. Both are read again at SIGHUP. Must be the path of a PEM file.
    #[schemars(length(min = 1), example = "/etc/passlink/tls.crt")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of `tls_cert`. Must be the path of a PEM file.
    #[schemars(length(min = 1), example = "/etc/passlink/tls.key")]
    pub tls_key: Option<PathBuf>,
    /// Origins whose pages may call. Must be a list of origins such as ["https://app.example.com"].
    #[serde(deserialize_with = "origins")]
    pub cors_origins: Vec<String>,
    /// Proxies in front of the server, whose `X-Forwarded-For` (else `Forwarded`) says where a
    /// request comes from; they must not pass on what a client wrote there. A proxy that is not listed
    /// makes all people behind it one client. Must be a list of IP addresses and networks such as
    /// ["10.0.0.0/8"].
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<String>,
    /// Whether `/docs` shows the reference of the API, and `/` leads there. The OpenAPI document is served
    /// all the same.
    #[default(true)]
    pub docs: bool,
}

impl Server {
    /// The public URL as text, to put a path behind: without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.public_url.as_str()
    }
}

#[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
fn localhost() -> BaseUrl {
    BaseUrl::try_from("http://localhost:8080".to_owned()).expect("a URL")
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    fitting(from, |texts: &Vec<String>| TrustedProxies::parse(texts).is_ok())
}

//! The server that a reference tells of.

use serde::Serialize;
use url::Url;

/// What the build writes where the URL of a server belongs.
const PLACE: &str = "https://server.invalid";

#[derive(Serialize)]
pub(super) struct Server {
    /// Without a slash at its end, and without what a shell would expand.
    pub url: String,
    /// Host and port.
    authority: String,
    tls: bool,
    /// Whether it has a host to itself: gRPC knows no paths before its own.
    at_root: bool,
}

impl Server {
    pub fn at(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let text = url.as_str().trim_end_matches('/');
        Self {
            url: text.replace('$', "%24").replace('\'', "%27"),
            authority: format!("{host}:{port}"),
            tls: url.scheme() == "https",
            at_root: matches!(url.path(), "" | "/"),
        }
    }

    /// A text of the build, with this server.
    pub fn in_place(&self, text: &str) -> String {
        text.replace(PLACE, &self.url)
    }
}

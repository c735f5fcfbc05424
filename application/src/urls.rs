//! The URLs that Passlink hands out, built in this place and no other.

use passlink_domain::{Code, PasskeyId, PasskeyLink};
use url::Url;

use crate::SecretUrl;

/// Why a URL can't be the public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an http or https URL with a host and without user info, query or fragment")]
pub struct PublicUrlError;

/// Where people reach Passlink.
#[derive(Debug, Clone)]
pub struct PublicUrl {
    base: String,
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    /// Takes the public URL; a slash at its end doesn't matter.
    pub fn new(url: &Url) -> Result<Self, PublicUrlError> {
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        match url.host_str() {
            Some(host) if plain => Ok(Self {
                base: url.as_str().trim_end_matches('/').to_owned(),
                host: host.to_owned(),
                port: url.port(),
            }),
            _ => Err(PublicUrlError),
        }
    }

    /// The host, which codes are bound to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host and port as an address bar shows them: what people know the place by.
    pub fn site(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The URL of the page that registers a passkey. The code is in the fragment, which browsers
    /// send to nobody.
    pub fn register(&self, link: &PasskeyLink, code: &Code) -> SecretUrl {
        let query = [
            ("userID", link.user.as_str()),
            ("orgID", link.organisation.as_str()),
            ("codeID", link.id.as_str()),
        ];
        self.page("passkeys/register", &query, code)
    }

    /// The URL of the page that revokes a link.
    pub fn revoke(&self, link: &PasskeyLink, code: &Code) -> SecretUrl {
        self.page("passkeys/revoke", &[("codeID", link.id.as_str())], code)
    }

    /// The URL of the page that undoes the registration of a passkey.
    pub fn undo(&self, passkey: &PasskeyId, code: &Code) -> SecretUrl {
        self.page("passkeys/undo", &[("passkeyID", passkey.as_str())], code)
    }

    fn page(&self, path: &str, query: &[(&str, &str)], code: &Code) -> SecretUrl {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        SecretUrl::new(format!("{}/{path}?{query}#code={}", self.base, code.expose()))
    }
}

#[cfg(test)]
mod tests;

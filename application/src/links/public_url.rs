//! The URLs that Passlink hands out, built in this place and no other.

use std::sync::Once;

use passlink_domain::{Code, PasskeyId, PasskeyLink, Placeholder, UrlTemplate};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Origin, Url};

use crate::mails::SecretUrl;

/// What is percent-encoded in a value: all but letters, digits and these.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an http or https URL with a host and without user info, query or fragment")]
pub struct PublicUrlError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkTemplateError {
    /// Filled in, it is no URL that a link can have.
    #[error("must make an https URL (http for localhost) without user name and password")]
    Url,
    #[error("must lead to the origin of server.public_url, or to one of links.allowed_origins")]
    Origin,
}

/// Where people reach Passlink, and where the links that register passkeys lead.
#[derive(Debug, Clone)]
pub struct PublicUrl {
    base: String,
    host: String,
    /// Where links may lead: here, and where the operator has another page.
    origins: Vec<Origin>,
    template: Option<UrlTemplate>,
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
                origins: vec![url.origin()],
                template: None,
            }),
            _ => Err(PublicUrlError),
        }
    }

    /// The same where links may lead to these origins as well, and lead to the page of `template`
    /// if they have none of their own.
    ///
    /// Errors: when the template can't be used here.
    pub fn with_links(
        mut self,
        origins: impl IntoIterator<Item = Origin>,
        template: Option<UrlTemplate>,
    ) -> Result<Self, LinkTemplateError> {
        self.origins.extend(origins);
        if let Some(template) = &template {
            self.allows(template)?;
            self.warn_of_code_in_query(template);
        }
        Ok(Self { template, ..self })
    }

    pub fn allows(&self, template: &UrlTemplate) -> Result<(), LinkTemplateError> {
        self.filled(template, sample).map(drop)
    }

    /// Says in the log what it means that a link has its code in the query, once. It is allowed, for
    /// clients that need it there.
    pub(crate) fn warn_of_code_in_query(&self, template: &UrlTemplate) {
        static SAID: Once = Once::new();
        let has_code = |url: Url| url.query().is_some_and(|query| query.contains(SAMPLE_CODE));
        if self.filled(template, sample).is_ok_and(has_code) {
            SAID.call_once(|| {
                tracing::warn!(
                    "links have their code in the query, where servers, proxies and the Referer get \
                     it; the fragment keeps it in the browser"
                );
            });
        }
    }

    /// The host, which codes are bound to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The URL of the page that registers a passkey: by the link's own template, that of all links,
    /// or ours. There, the code is in the fragment, which browsers send to nobody.
    pub fn register(&self, link: &PasskeyLink, code: &Code) -> SecretUrl {
        let value = |place| match place {
            Placeholder::UserId => link.user.as_str(),
            Placeholder::OrgId => link.organisation.as_str(),
            Placeholder::CodeId => link.id.as_str(),
            Placeholder::Code => code.expose(),
        };
        // A link whose origin is allowed no longer leads to our page all the same.
        let templates = link.url_template.iter().chain(&self.template);
        let filled = templates.map(|template| self.filled(template, |place| encoded(value(place))));
        if let Some(url) = filled.flatten().next() {
            return SecretUrl::new(String::from(url));
        }
        let query = [
            ("userID", link.user.as_str()),
            ("orgID", link.organisation.as_str()),
            ("codeID", link.id.as_str()),
        ];
        self.page("passkeys/register", &query, code)
    }

    /// The template filled in, if a link may lead there.
    fn filled(
        &self,
        template: &UrlTemplate,
        value: impl Fn(Placeholder) -> String,
    ) -> Result<Url, LinkTemplateError> {
        let url = Url::parse(&template.filled(value)).map_err(|_| LinkTemplateError::Url)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => url.host() == Some(Host::Domain("localhost")),
            _ => false,
        };
        if !secure || !url.username().is_empty() || url.password().is_some() {
            return Err(LinkTemplateError::Url);
        }
        if self.origins.contains(&url.origin()) { Ok(url) } else { Err(LinkTemplateError::Origin) }
    }

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

/// What a code looks like in a template that is filled in to be checked.
const SAMPLE_CODE: &str = "sample-code";

fn sample(place: Placeholder) -> String {
    if place == Placeholder::Code { SAMPLE_CODE.to_owned() } else { "sample".to_owned() }
}

/// A value as it can stand in query and fragment alike: a space as `%20`, which both understand.
fn encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

#[cfg(test)]
mod tests;

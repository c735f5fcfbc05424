//! Values that are written as text or lists of it and hold more: durations, URLs and origins. An
//! error without text refuses a value for which "must be …" says enough.

use std::{
    ops::{Deref, RangeInclusive},
    str::FromStr,
    time::Duration,
};

use passlink_domain::{OrganisationId, is_invisible};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use url::Url;

use super::hosts::is_local;

pub(super) fn fitting<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    fits: impl FnOnce(&T) -> bool,
) -> Result<T, D::Error> {
    let value = T::deserialize(deserializer)?;
    if fits(&value) { Ok(value) } else { Err(D::Error::custom("")) }
}

/// Reads a text that can be parsed as `T`.
pub(super) fn parsable<'de, D: Deserializer<'de>, T: FromStr, R: From<String>>(
    deserializer: D,
) -> Result<R, D::Error> {
    fitting(deserializer, |text: &String| text.parse::<T>().is_ok()).map(R::from)
}

/// Reads a name that people see.
pub(super) fn name<'de, D: Deserializer<'de>, R: From<String>>(from: D) -> Result<R, D::Error> {
    let is_name = |text: &String| {
        let is_seen = |c: char| !c.is_whitespace() && !is_invisible(c);
        (1..=64).contains(&text.trim().chars().count())
            && text.chars().any(is_seen)
            && !text.chars().any(char::is_control)
    };
    fitting(from, is_name).map(R::from)
}

pub(super) fn organisation<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<OrganisationId>, D::Error> {
    let text = fitting(from, |text: &String| text != "*")?;
    OrganisationId::parse(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn write_organisation<S: Serializer>(
    organisation: &Option<OrganisationId>,
    to: S,
) -> Result<S::Ok, S::Error> {
    organisation.as_ref().map(OrganisationId::as_str).serialize(to)
}

/// Reads a duration within bounds, as people write it: `90s`, `1h 30m`.
pub(super) fn duration<'de, D: Deserializer<'de>>(
    deserializer: D,
    bounds: RangeInclusive<Duration>,
) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let duration = humantime::parse_duration(&text).map_err(D::Error::custom)?;
    if bounds.contains(&duration) { Ok(duration) } else { Err(D::Error::custom("")) }
}

pub(super) fn write_duration<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_duration(*value))
}

pub(super) fn write_duration_if_any<S: Serializer>(
    value: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    value.map(humantime::format_duration).map(|text| text.to_string()).serialize(to)
}

pub(super) fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    fitting(from, |origins: &Vec<String>| origins.iter().all(|text| is_web_origin(text)))
}

/// Whether this is the origin of a page as browsers write it: scheme, host and port, nothing around.
pub(super) fn is_web_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// An `http` or `https` URL without user name, query and fragment: a path can be put behind it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether it leads to the machine itself.
    pub fn is_local(&self) -> bool {
        is_local(&self.0)
    }
}

impl Deref for BaseUrl {
    type Target = Url;

    fn deref(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut url = Url::parse(&text).map_err(|error| error.to_string())?;
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if has_more || !matches!(url.scheme(), "http" | "https") {
            return Err(String::new());
        }
        // A name with a dot at its end is the same one, and passkeys are made for no such name.
        if let Some(name) = url.domain().and_then(|name| name.strip_suffix('.')).map(str::to_owned)
        {
            url.set_host(Some(&name)).map_err(|error| error.to_string())?;
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.as_str().to_owned()
    }
}

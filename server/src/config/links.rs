use std::time::Duration;

use passlink_domain::{MAX_LIFETIME, UrlTemplate};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use smart_default::SmartDefault;
use url::Url;

use super::values::{duration, origins, parsable, write_duration, write_duration_if_any};

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Links {
    /// How long a link works. Must be a duration from 1m to 24h, such as 1h.
    #[default(Duration::from_hours(1))]
    #[serde(deserialize_with = "lifetime", serialize_with = "write_duration")]
    #[schemars(with = "String")]
    pub lifetime: Duration,
    /// How long a user has to wait for the next mailed link. Must be a duration from 0s to 1h, such as
    /// 60s.
    #[default(Duration::from_secs(60))]
    #[serde(deserialize_with = "cooldown", serialize_with = "write_duration")]
    #[schemars(with = "String")]
    pub cooldown: Duration,
    /// Links that a user can have in an hour.
    #[default = 5]
    #[schemars(range(min = 1, max = 100))]
    pub max_per_hour: u32,
    /// Where links lead, in place of Passlink's own page: a URL at one of `allowed_origins` or, without
    /// `domains`, at `server.public_url`. The code belongs in the fragment, which browsers send to nobody.
    /// Must be a URL of at most 200 characters with {{.CodeID}} and {{.Code}} in its query or fragment,
    /// such as https://app.example.com/passkey?id={{.CodeID}}#code={{.Code}}; {{.UserID}} and {{.OrgID}}
    /// can stand there as well.
    #[serde(deserialize_with = "parsable::<_, UrlTemplate, _>")]
    #[schemars(
        example = "https://app.example.com/passkey?user={{.UserID}}&id={{.CodeID}}#code={{.Code}}"
    )]
    pub url_template: Option<String>,
    /// Origins that links may lead to by a `url_template`, besides that of the public URL. Must be a
    /// list of origins such as ["https://app.example.com"].
    #[serde(deserialize_with = "origins")]
    pub allowed_origins: Vec<String>,
    /// Whether callers can have links returned to them instead of mailed.
    #[default = true]
    pub allow_returned_codes: bool,
    /// How long ago a person may have signed in to make links and to add, rename or remove passkeys. Their
    /// access tokens must say when that was, by `auth_time`, so that `passlink token create --user` makes none
    /// that can; a session knows it. Services are exempt. Must be a duration from 1m to 30d, such as 15m.
    #[serde(deserialize_with = "max_auth_age", serialize_with = "write_duration_if_any")]
    #[schemars(with = "Option<String>", example = "15m")]
    pub max_auth_age: Option<Duration>,
}

impl Links {
    /// Where links lead, if not to Passlink's own page.
    pub fn template(&self) -> Option<UrlTemplate> {
        self.url_template.as_deref().and_then(|text| text.parse().ok())
    }

    /// The origins besides Passlink's own that links may lead to.
    pub fn origins(&self) -> impl Iterator<Item = url::Origin> {
        self.allowed_origins.iter().filter_map(|text| Some(Url::parse(text).ok()?.origin()))
    }
}

fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_secs(60)..=MAX_LIFETIME)
}

fn max_auth_age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer, Duration::from_secs(60)..=Duration::from_hours(24 * 30)).map(Some)
}

fn cooldown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::ZERO..=Duration::from_hours(1))
}

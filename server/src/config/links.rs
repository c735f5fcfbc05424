use std::time::Duration;

use passlink_domain::{MAX_LIFETIME, UrlTemplate};
use serde::Deserialize;
use url::Url;
use validator::{Validate, ValidationError};

use super::{
    duration::{self, HOUR, MINUTE},
    key::{Key, Section},
    server::are_origins,
};

/// `[links]`: how long links live, and how many a user may have.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Links {
    /// How long a link works, 1 minute to 24 hours. Default `1h`.
    #[serde(deserialize_with = "duration::read")]
    #[validate(custom(function = is_lifetime))]
    pub lifetime: Duration,
    /// How long after a mailed link a user can have the next one, 0 seconds to 1 hour.
    /// Default `60s`.
    #[serde(deserialize_with = "duration::read")]
    #[validate(custom(function = is_cooldown))]
    pub cooldown: Duration,
    /// Most links a user can have in an hour, 1 to 100. Default 5.
    #[validate(range(min = 1, max = 100))]
    pub max_per_hour: u32,
    /// Where links lead, with `{{.CodeID}}` and `{{.Code}}`, and maybe `{{.UserID}}` and `{{.OrgID}}`,
    /// in query or fragment; 1 to 200 characters. Default none: to Passlink's own page.
    #[validate(custom(function = is_url_template))]
    pub url_template: Option<String>,
    /// Origins besides that of `server.public_url` that links may lead to. Default none.
    #[validate(custom(function = are_origins))]
    pub allowed_origins: Vec<String>,
    /// Whether callers can have links returned to them instead of mailed. Default `true`.
    pub allow_returned_codes: bool,
}

impl Section for Links {
    const NAME: &'static str = "links";
    const KEYS: &'static [Key] = &[
        Key::text("lifetime", "How long a link works", "a duration from 1m to 24h, such as 1h"),
        Key::text(
            "cooldown",
            "How long after a mailed link a user can have the next one",
            "a duration from 0s to 1h, such as 60s",
        ),
        Key::number("max_per_hour", "Links that a user can have in an hour", 1, 100),
        Key::text(
            "url_template",
            "Where links lead, in place of Passlink's own page: a URL at `server.public_url` or at one \
             of `allowed_origins`. The code belongs in the fragment, which browsers send to nobody",
            "a URL of at most 200 characters with {{.CodeID}} and {{.Code}} in its query or fragment, \
             such as https://app.example.com/passkey?id={{.CodeID}}#code={{.Code}}; {{.UserID}} and \
             {{.OrgID}} can stand there as well",
        )
        .such_as("https://app.example.com/passkey?user={{.UserID}}&id={{.CodeID}}#code={{.Code}}"),
        Key::texts(
            "allowed_origins",
            "Origins that links may lead to by a `url_template`, besides that of `server.public_url`",
            "a list of origins such as [\"https://app.example.com\"]",
        ),
        Key::flag(
            "allow_returned_codes",
            "Whether callers can have links returned to them instead of mailed",
        ),
    ];
}

impl Default for Links {
    fn default() -> Self {
        Self {
            lifetime: HOUR,
            cooldown: MINUTE,
            max_per_hour: 5,
            url_template: None,
            allowed_origins: Vec::new(),
            allow_returned_codes: true,
        }
    }
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

fn is_url_template(text: &str) -> Result<(), ValidationError> {
    match UrlTemplate::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(ValidationError::new("url_template")),
    }
}

fn is_lifetime(value: &Duration) -> Result<(), ValidationError> {
    duration::within(*value, MINUTE, MAX_LIFETIME)
}

fn is_cooldown(value: &Duration) -> Result<(), ValidationError> {
    duration::within(*value, Duration::ZERO, HOUR)
}

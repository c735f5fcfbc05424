use serde::{Deserialize, Deserializer};
use url::{Host, Url};
use validator::{Validate, ValidationError};

use super::{
    key::{Key, Section},
    server::is_web_origin,
};

/// Longest name of the relying party, in characters.
const NAME: usize = 64;

/// `[webauthn]`: the relying party that passkeys are made for.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Webauthn {
    /// The domain that passkeys are bound to: the host of `server.public_url` or one above it. It
    /// must not change once there are passkeys. Default none: the host of `server.public_url`.
    #[validate(custom(function = is_domain))]
    pub rp_id: Option<String>,
    /// What people are shown as the place that the passkey is for, 1 to 64 characters. Default
    /// `Passlink`.
    #[validate(custom(function = is_name))]
    pub rp_name: String,
    /// Origins of other pages and apps that register passkeys. Default none.
    #[validate(custom(function = are_origins))]
    #[serde(deserialize_with = "without_slash")]
    pub extra_origins: Vec<String>,
}

impl Section for Webauthn {
    const NAME: &'static str = "webauthn";
    const KEYS: &'static [Key] = &[
        Key::text(
            "rp_id",
            "The domain that passkeys are bound to; by default the host of `server.public_url`. \
             Passkeys stop working when it changes",
            "the host of server.public_url or a domain above it, such as example.com",
        )
        .such_as("example.com"),
        Key::text(
            "rp_name",
            "What people see as the place that a passkey is for",
            "a name of 1 to 64 characters",
        ),
        Key::texts(
            "extra_origins",
            "Origins of other pages and apps that register passkeys",
            "a list of origins such as [\"https://app.example.com\"] or [\"android:apk-key-hash:…\"]",
        ),
    ];
}

impl Default for Webauthn {
    fn default() -> Self {
        Self { rp_id: None, rp_name: "Passlink".to_owned(), extra_origins: Vec::new() }
    }
}

impl Webauthn {
    /// The other origins.
    pub fn origins(&self) -> Vec<Url> {
        self.extra_origins.iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// The domain that passkeys are bound to, if `public_url` has one.
    pub fn rp_id(&self, public_url: &Url) -> Option<String> {
        self.rp_id.clone().or_else(|| public_url.domain().map(str::to_owned))
    }
}

/// Whether passkeys of a page at `url` may be bound to a domain.
pub(super) fn may_bind(url: &Url, rp_id: &str) -> bool {
    url.domain().is_some_and(|host| {
        host == rp_id || host.strip_suffix(rp_id).is_some_and(|prefix| prefix.ends_with('.'))
    })
}

fn is_domain(text: &str) -> Result<(), ValidationError> {
    match Host::parse(text) {
        Ok(Host::Domain(domain)) if domain == text && !domain.ends_with('.') => Ok(()),
        _ => Err(ValidationError::new("domain")),
    }
}

fn is_name(text: &str) -> Result<(), ValidationError> {
    let fits = (1..=NAME).contains(&text.trim().chars().count());
    match fits && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(ValidationError::new("name")),
    }
}

/// Takes origins of pages with a slash behind them, as address bars show them, and leaves that out.
fn without_slash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins = Vec::<String>::deserialize(deserializer)?;
    let bare = |text: String| match text.strip_suffix('/') {
        Some(bare) if is_web_origin(bare) => bare.to_owned(),
        _ => text,
    };
    Ok(origins.into_iter().map(bare).collect())
}

/// Origins of pages, and what apps on Android have in place of one, as browsers write them.
fn are_origins(origins: &[String]) -> Result<(), ValidationError> {
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_origin = |text: &String| match text.strip_prefix("android:apk-key-hash:") {
        Some(hash) => !hash.is_empty() && hash.bytes().all(is_base64url),
        None => is_web_origin(text),
    };
    match origins.iter().all(is_origin) {
        true => Ok(()),
        false => Err(ValidationError::new("origin")),
    }
}

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use smart_default::SmartDefault;
use url::{Host, Url};

use super::values::{fitting, is_web_origin, name};

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Passkeys {
    /// Passkeys that a user can have.
    #[default = 20]
    #[schemars(range(min = 1, max = 100))]
    pub max_per_user: u32,
}

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Webauthn {
    /// The domain that passkeys are bound to, if there are no `domains`; by default the host of
    /// `server.public_url`. Passkeys stop working when it changes. Must be the host of
    /// server.public_url or a domain above it, such as example.com.
    #[serde(deserialize_with = "domain")]
    #[schemars(example = "example.com")]
    pub rp_id: Option<String>,
    /// What people see as the place that a passkey is for; where it is not set and `brand.name` is, that
    /// name. Must be a name of 1 to 64 characters.
    #[default = "Passlink"]
    #[serde(deserialize_with = "name")]
    pub rp_name: String,
    /// Origins of other pages and apps that register passkeys or sign in with them; one under the `rp_id` of
    /// one of `domains` does so for that domain, any other for all. Must be a list of origins such as
    /// ["https://app.example.com"] or ["android:apk-key-hash:…"].
    #[serde(deserialize_with = "extra_origins")]
    pub extra_origins: Vec<String>,
}

impl Webauthn {
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

pub(super) fn domain<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let is_domain = |text: &String| matches!(Host::parse(text), Ok(Host::Domain(it)) if it == *text && !it.ends_with('.'));
    fitting(deserializer, is_domain).map(Some)
}

/// Reads origins of pages, and what apps on Android have in place of one, as browsers write them. A
/// slash behind that of a page, as address bars show it, is left out.
fn extra_origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let origin = |text: String| match text.strip_prefix("android:apk-key-hash:") {
        Some(hash) => (!hash.is_empty() && hash.bytes().all(is_base64url)).then_some(text),
        None => {
            Some(text.strip_suffix('/').unwrap_or(&text).to_owned()).filter(|it| is_web_origin(it))
        }
    };
    let origins = Vec::<String>::deserialize(deserializer)?.into_iter().map(origin);
    origins.collect::<Option<_>>().ok_or_else(|| D::Error::custom(""))
}

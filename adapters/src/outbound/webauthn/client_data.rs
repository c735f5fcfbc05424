//! What a browser says of a ceremony, and an authenticator signs (WebAuthn, section 5.8.1).

use serde::Deserialize;
use serde_json::Value;

use super::json_octets::octets;

/// What the browser says of the ceremony, and an authenticator signs whenever it signs anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientData {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "octets")]
    pub challenge: Vec<u8>,
    pub origin: String,
    #[serde(default)]
    cross_origin: Value,
    /// The page that shows the one of `origin` in a frame, if that is of another origin.
    #[serde(default)]
    top_origin: Value,
}

impl ClientData {
    /// As the standard has it read: UTF-8, with or without a byte order mark.
    pub fn read(octets: &[u8]) -> serde_json::Result<Self> {
        let text = String::from_utf8_lossy(octets);
        serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text))
    }

    /// Whether the page is shown in a frame of another, or may be.
    pub fn is_framed(&self) -> bool {
        !matches!(self.cross_origin, Value::Null | Value::Bool(false)) || !self.top_origin.is_null()
    }
}

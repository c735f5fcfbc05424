//! What a browser says beside what the authenticator signed. None of it is proven.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_domain::{Attachment, MAX_TRANSPORTS, is_transport};
use serde::Deserialize;
use serde_json::Value;

use super::attachment_named;

/// The parts of a `PublicKeyCredential` that are kept as they are told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(default)]
    authenticator_attachment: Option<String>,
    #[serde(default)]
    client_extension_results: Value,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    transports: Option<Vec<String>>,
}

impl Answer {
    /// How the authenticator was attached.
    pub fn attachment(&self) -> Option<Attachment> {
        self.authenticator_attachment.as_deref().and_then(attachment_named)
    }

    /// How the authenticator can be reached: all that is told, known or not, in order and once.
    pub fn transports(&self) -> Vec<String> {
        let mut transports: Vec<String> = self.response.transports.clone().unwrap_or_default();
        transports.retain(|name| is_transport(name));
        transports.sort();
        transports.dedup();
        transports.truncate(MAX_TRANSPORTS);
        transports
    }

    /// Whether nothing says that the credential can't be found without its id (`credProps`).
    pub fn may_be_discoverable(&self) -> bool {
        self.client_extension_results.pointer("/credProps/rk") != Some(&Value::Bool(false))
    }
}

/// The challenge in the client data of an answer.
pub(super) fn challenge(answer: &str) -> Option<Vec<u8>> {
    let decode = |text: &Value| BASE64_URL_SAFE_NO_PAD.decode(text.as_str()?).ok();
    let answer: Value = serde_json::from_str(answer).ok()?;
    let client_data = decode(answer.pointer("/response/clientDataJSON")?)?;
    let client_data: Value = serde_json::from_slice(&client_data).ok()?;
    decode(client_data.get("challenge")?)
}

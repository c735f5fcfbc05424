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

/// The client data of an answer, which the authenticator signed where it signed anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientData {
    challenge: String,
    origin: Option<String>,
    /// The page that shows the one of `origin` in a frame, if that is of another origin.
    top_origin: Option<Value>,
}

impl ClientData {
    /// Reads those of an answer.
    pub fn of(answer: &str) -> Option<Self> {
        let answer: Value = serde_json::from_str(answer).ok()?;
        let client_data = answer.pointer("/response/clientDataJSON")?.as_str()?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(client_data).ok()?).ok()
    }

    /// The challenge.
    pub fn challenge(&self) -> Option<Vec<u8>> {
        BASE64_URL_SAFE_NO_PAD.decode(&self.challenge).ok()
    }

    /// Whether the page or app is one of these, written as browsers write origins, and in the frame of
    /// no other.
    pub fn is_from(&self, origins: &[String]) -> bool {
        self.top_origin.is_none() && self.origin.as_ref().is_some_and(|it| origins.contains(it))
    }
}

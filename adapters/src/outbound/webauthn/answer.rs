//! A browser's answer to creation options.

use passlink_domain::{Attachment, MAX_TRANSPORTS, is_transport};
use serde::Deserialize;
use serde_json::Value;

use super::{
    client_data::ClientData,
    json_octets::{octets, octets_if_any},
};

/// A `PublicKeyCredential`. Fields that are not used may hold anything. Fields that are only kept
/// may be missing, `null` or of another type; they are left out then.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "octets")]
    id: Vec<u8>,
    #[serde(default, deserialize_with = "octets_if_any")]
    raw_id: Option<Vec<u8>>,
    #[serde(default)]
    authenticator_attachment: Value,
    #[serde(default)]
    client_extension_results: Value,
    pub response: Response,
}

#[derive(Deserialize)]
pub(super) struct Response {
    #[serde(rename = "clientDataJSON", deserialize_with = "octets")]
    client_data: Vec<u8>,
    #[serde(rename = "attestationObject", deserialize_with = "octets")]
    pub attestation_object: Vec<u8>,
    #[serde(default)]
    transports: Value,
}

impl Answer {
    pub fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// Whether it is about the credential with this id.
    pub fn names(&self, id: &[u8]) -> bool {
        self.id == id && self.raw_id.as_ref().is_none_or(|raw_id| raw_id == id)
    }

    pub fn client_data(&self) -> serde_json::Result<ClientData> {
        ClientData::read(&self.response.client_data)
    }

    /// How the authenticator was attached. Not proven.
    pub fn attachment(&self) -> Option<Attachment> {
        self.authenticator_attachment.as_str()?.parse().ok()
    }

    /// How to reach the authenticator: all that is told, known or not, in order and once. Not proven.
    pub fn transports(&self) -> Vec<String> {
        let named = self.response.transports.as_array().map(Vec::as_slice).unwrap_or_default();
        let named = named.iter().filter_map(Value::as_str).filter(|name| is_transport(name));
        let mut transports: Vec<String> = named.map(str::to_owned).collect();
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

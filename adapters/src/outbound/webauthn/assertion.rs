//! A browser's answer to request options.

use passlink_application::ports::PresentedAssertion;
use passlink_domain::{CredentialId, UserHandle};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    authenticator_data::SigningData,
    client_data::ClientData,
    json_octets::{octets, octets_if_any},
    signature,
};

/// A `PublicKeyCredential` with an assertion. Fields that are not used may hold anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assertion {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "octets")]
    id: Vec<u8>,
    #[serde(default, deserialize_with = "octets_if_any")]
    raw_id: Option<Vec<u8>>,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON", deserialize_with = "octets")]
    client_data: Vec<u8>,
    #[serde(deserialize_with = "octets")]
    authenticator_data: Vec<u8>,
    #[serde(deserialize_with = "octets")]
    signature: Vec<u8>,
    #[serde(default, deserialize_with = "octets_if_any")]
    user_handle: Option<Vec<u8>>,
}

impl Assertion {
    pub fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// Which credential it says that it is of; `None` if that, or the user's handle, can't be one.
    pub fn presented(self) -> Option<PresentedAssertion> {
        // Some browsers give an empty handle where an authenticator gives none.
        let handle = self.response.user_handle.filter(|handle| !handle.is_empty());
        Some(PresentedAssertion {
            credential: CredentialId::new(self.id).ok()?,
            user_handle: handle.map(UserHandle::new).transpose().ok()?,
        })
    }

    /// Whether it is about the credential with this id.
    pub fn names(&self, id: &[u8]) -> bool {
        self.id == id && self.raw_id.as_ref().is_none_or(|raw_id| raw_id == id)
    }

    pub fn client_data(&self) -> serde_json::Result<ClientData> {
        ClientData::read(&self.response.client_data)
    }

    pub fn authenticator_data(&self) -> Option<SigningData> {
        SigningData::read(&self.response.authenticator_data)
    }

    /// Whether the key, a COSE_Key, has signed it (WebAuthn, section 6.3.3).
    pub fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let Response { client_data, authenticator_data, signature, .. } = &self.response;
        let signed = [&authenticator_data[..], &Sha256::digest(client_data)].concat();
        signature::verifies(public_key, &signed, signature)
    }
}

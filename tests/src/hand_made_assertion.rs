//! Answers to request options, made by hand.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Map, Value, json};

use crate::{
    Key,
    authenticator::{self, USER_PRESENT, USER_VERIFIED},
    hand_made_passkey::sha256,
};

/// An answer to request options, of which a test can have each part as it likes.
#[derive(Debug, Clone)]
pub struct HandMadeAssertion {
    /// The type in the client data.
    pub kind: String,
    /// The challenge in the client data, base64url.
    pub challenge: String,
    /// The origin in the client data.
    pub origin: String,
    /// What else the client data say, such as `crossOrigin`.
    pub more: Map<String, Value>,
    /// SHA-256 of the relying party's id.
    pub rp_id_hash: Vec<u8>,
    /// The flags of the authenticator data.
    pub flags: u8,
    /// The signature counter.
    pub sign_count: u32,
    /// The credential's id.
    pub id: Vec<u8>,
    /// The user's handle, base64url.
    pub user_handle: Option<String>,
}

impl HandMadeAssertion {
    /// An answer that verifies, if the credential is the user's whose handle that is.
    pub fn answer(options: &Value, origin: &str, id: &[u8], user_handle: Option<&str>) -> Self {
        let options = &options["publicKey"];
        Self {
            kind: "webauthn.get".to_owned(),
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: origin.to_owned(),
            more: Map::new(),
            rp_id_hash: sha256(options["rpId"].as_str().unwrap().as_bytes()),
            flags: USER_PRESENT | USER_VERIFIED,
            sign_count: 0,
            id: id.to_vec(),
            user_handle: user_handle.map(str::to_owned),
        }
    }

    /// The client data.
    pub fn client_data(&self) -> Vec<u8> {
        authenticator::client_data(&self.kind, &self.challenge, &self.origin, &self.more)
    }

    /// The authenticator data.
    pub fn authenticator_data(&self) -> Vec<u8> {
        [&self.rp_id_hash[..], &[self.flags], &self.sign_count.to_be_bytes()].concat()
    }

    /// The `PublicKeyCredential`, signed by the key, as JSON.
    pub fn signed_by(&self, key: &Key) -> Value {
        let signed = [self.authenticator_data(), sha256(&self.client_data())].concat();
        self.with_signature(&key.sign(&signed))
    }

    /// The same with another signature.
    pub fn with_signature(&self, signature: &[u8]) -> Value {
        let encode = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&self.client_data()),
                "authenticatorData": encode(&self.authenticator_data()),
                "signature": encode(signature),
                "userHandle": self.user_handle,
            },
        })
    }
}

//! Answers to creation options, made by hand.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Map, Value, json};

use crate::{
    Key,
    authenticator::{self, ATTESTED, USER_PRESENT, USER_VERIFIED},
    cbor::{bytes, text},
};

/// An answer to creation options, of which a test can have each part as it likes. Without
/// attestation there is no signature, and so no private key behind it.
#[derive(Debug, Clone)]
pub struct HandMade {
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
    /// The AAGUID.
    pub aaguid: [u8; 16],
    /// The credential's id.
    pub id: Vec<u8>,
    /// The public key, a COSE_Key.
    pub public_key: Vec<u8>,
    /// The format of the attestation statement, and the statement in CBOR.
    pub statement: (String, Vec<u8>),
}

impl HandMade {
    /// An answer that verifies, with an ES256 key.
    pub fn answer(options: &Value, origin: &str, id: &[u8]) -> Self {
        let options = &options["publicKey"];
        Self {
            kind: "webauthn.create".to_owned(),
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: origin.to_owned(),
            more: Map::new(),
            rp_id_hash: sha256(options["rp"]["id"].as_str().unwrap().as_bytes()),
            flags: USER_PRESENT | USER_VERIFIED | ATTESTED,
            aaguid: [0; 16],
            id: id.to_vec(),
            public_key: es256_key(),
            statement: ("none".to_owned(), vec![0xa0]),
        }
    }

    /// With the public key of `key`, and signed by it: packed self-attestation (WebAuthn, section
    /// 8.2). What is changed afterwards is not signed.
    #[must_use]
    pub fn attested_by(self, key: &Key) -> Self {
        let unsigned = Self { public_key: key.public(), ..self };
        let message = [unsigned.authenticator_data(), sha256(&unsigned.client_data())].concat();
        let statement = self_attestation(&key.algorithm(), &key.sign(&message));
        Self { statement, ..unsigned }
    }

    /// The client data.
    pub fn client_data(&self) -> Vec<u8> {
        authenticator::client_data(&self.kind, &self.challenge, &self.origin, &self.more)
    }

    /// The authenticator data.
    pub fn authenticator_data(&self) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        [
            &self.rp_id_hash[..],
            &[self.flags],
            &[0; 4],
            &self.aaguid,
            &length,
            &self.id,
            &self.public_key,
        ]
        .concat()
    }

    /// The attestation object.
    pub fn attestation_object(&self) -> Vec<u8> {
        let (format, statement) = &self.statement;
        [
            &[0xa3][..],
            &text("fmt"),
            &text(format),
            &text("attStmt"),
            statement,
            &text("authData"),
            &bytes(&self.authenticator_data()),
        ]
        .concat()
    }

    /// The `PublicKeyCredential`, as JSON.
    pub fn credential(&self) -> Value {
        self.credential_with(&self.attestation_object())
    }

    /// The same with another attestation object.
    pub fn credential_with(&self, attestation_object: &[u8]) -> Value {
        let encode = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": encode(&self.client_data()),
                "attestationObject": encode(attestation_object),
                "transports": ["internal", "hybrid"],
            },
        })
    }
}

/// A packed attestation statement without a certificate; `algorithm` is a number in CBOR.
pub fn self_attestation(algorithm: &[u8], signature: &[u8]) -> (String, Vec<u8>) {
    let statement = [&[0xa2][..], &text("alg"), algorithm, &text("sig"), &bytes(signature)];
    ("packed".to_owned(), statement.concat())
}

/// SHA-256.
pub fn sha256(octets: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(octets).to_vec()
}

/// An ES256 key in COSE: the base point of P-256, which is on the curve.
fn es256_key() -> Vec<u8> {
    let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
    [&head[..], &[0x21], &bytes(&hex(x)), &[0x22], &bytes(&hex(y))].concat()
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

//! Answers to creation options, made by hand.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};

/// Bits of the flags in authenticator data.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;

/// An answer to creation options, of which a test can have each part as it likes. There is no
/// private key behind it: an answer without attestation has no signature.
#[derive(Debug, Clone)]
pub struct HandMade {
    /// The type in the client data.
    pub kind: String,
    /// The challenge in the client data, base64url.
    pub challenge: String,
    /// The origin in the client data.
    pub origin: String,
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
            rp_id_hash: sha256(options["rp"]["id"].as_str().unwrap().as_bytes()),
            flags: USER_PRESENT | USER_VERIFIED | ATTESTED,
            aaguid: [0; 16],
            id: id.to_vec(),
            public_key: es256_key(),
            statement: ("none".to_owned(), vec![0xa0]),
        }
    }

    /// The client data.
    pub fn client_data(&self) -> Vec<u8> {
        let Self { kind, challenge, origin, .. } = self;
        json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string().into_bytes()
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

/// A text in CBOR.
pub fn text(text: &str) -> Vec<u8> {
    [head(0x60, text.len()), text.as_bytes().to_vec()].concat()
}

/// A byte string in CBOR.
pub fn bytes(octets: &[u8]) -> Vec<u8> {
    [head(0x40, octets.len()), octets.to_vec()].concat()
}

fn head(major: u8, length: usize) -> Vec<u8> {
    match length {
        0..24 => vec![major | length as u8],
        24..256 => vec![major | 24, length as u8],
        _ => [&[major | 25][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    }
}

//! Answers made by hand.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Where the page is.
pub const ORIGIN: &str = "https://id.example.com";
/// The credential's id.
pub const ID: &[u8] = b"a credential";
/// The user is present and verified, and a credential follows.
pub const VERIFIED: u8 = 1 | 1 << 2 | 1 << 6;

/// An answer, of which a test can have each part as it likes.
#[derive(Clone)]
pub struct Made {
    pub kind: String,
    pub challenge: Vec<u8>,
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
    pub sign_count: u32,
    pub aaguid: [u8; 16],
    pub id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub extensions: Vec<u8>,
}

impl Made {
    /// An answer that verifies.
    pub fn answer(challenge: &[u8]) -> Self {
        Self {
            kind: "webauthn.create".into(),
            challenge: challenge.to_vec(),
            origin: ORIGIN.into(),
            rp_id: "example.com".into(),
            flags: VERIFIED,
            sign_count: 0,
            aaguid: [0; 16],
            id: ID.to_vec(),
            public_key: es256_key(),
            extensions: Vec::new(),
        }
    }

    pub fn client_data(&self) -> Vec<u8> {
        let challenge = encoded(&self.challenge);
        json!({ "type": self.kind, "challenge": challenge, "origin": self.origin })
            .to_string()
            .into_bytes()
    }

    pub fn authenticator_data(&self) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        [
            &Sha256::digest(&self.rp_id)[..],
            &[self.flags],
            &self.sign_count.to_be_bytes(),
            &self.aaguid,
            &length,
            &self.id,
            &self.public_key,
            &self.extensions,
        ]
        .concat()
    }

    /// Without attestation.
    pub fn attestation_object(&self) -> Vec<u8> {
        attestation_object("none", statement([]), &self.authenticator_data())
    }

    /// With an attestation by the credential's own key.
    pub fn self_attested(&self) -> Vec<u8> {
        let data = self.authenticator_data();
        let signed = [&data[..], &Sha256::digest(self.client_data())].concat();
        let signature: Signature = key().sign(&signed);
        let signature = Cbor::Bytes(signature.to_der().as_bytes().to_vec());
        let statement = statement([("alg", Cbor::Integer(-7)), ("sig", signature)]);
        attestation_object("packed", statement, &data)
    }

    /// The `PublicKeyCredential`.
    pub fn credential(&self) -> Value {
        self.credential_with(&self.attestation_object())
    }

    /// The same with another attestation object.
    pub fn credential_with(&self, attestation_object: &[u8]) -> Value {
        credential(&self.id, &self.client_data(), attestation_object)
    }
}

pub fn encoded(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

/// A `PublicKeyCredential` with these parts.
pub fn credential(id: &[u8], client_data: &[u8], attestation_object: &[u8]) -> Value {
    json!({
        "id": encoded(id),
        "rawId": encoded(id),
        "type": "public-key",
        "clientExtensionResults": { "credProps": { "rk": true } },
        "response": {
            "clientDataJSON": encoded(client_data),
            "attestationObject": encoded(attestation_object),
        },
    })
}

/// An attestation object of this format, with this statement.
pub fn attestation_object(format: &str, statement: Cbor, authenticator_data: &[u8]) -> Vec<u8> {
    let text = |text: &str| Cbor::Text(text.into());
    serde_cbor_2::to_vec(&Cbor::Map(
        [
            (text("fmt"), text(format)),
            (text("attStmt"), statement),
            (text("authData"), Cbor::Bytes(authenticator_data.to_vec())),
        ]
        .into(),
    ))
    .unwrap()
}

/// An attestation statement.
pub fn statement<const N: usize>(entries: [(&str, Cbor); N]) -> Cbor {
    Cbor::Map(entries.map(|(name, value)| (Cbor::Text(name.into()), value)).into())
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

/// A COSE_Key.
fn cose<const N: usize>(entries: [(i128, Cbor); N]) -> Vec<u8> {
    let entries = entries.map(|(name, value)| (Cbor::Integer(name), value));
    serde_cbor_2::to_vec(&Cbor::Map(entries.into())).unwrap()
}

/// A signature by the key of [`es256_key`].
pub fn sign(message: &[u8]) -> Vec<u8> {
    let signature: Signature = key().sign(message);
    signature.to_der().as_bytes().to_vec()
}

/// A COSE_Key for ES256 or ES384.
pub fn ec_key(algorithm: &str, x: &[u8], y: &[u8]) -> Vec<u8> {
    let (number, curve) = if algorithm == "ES256" { (-7, 1) } else { (-35, 2) };
    let (integer, bytes) = (Cbor::Integer, |octets: &[u8]| Cbor::Bytes(octets.to_vec()));
    let head = [(1, integer(2)), (3, integer(number)), (-1, integer(curve))];
    let [kind, algorithm, curve] = head;
    cose([kind, algorithm, curve, (-2, bytes(x)), (-3, bytes(y))])
}

pub fn es256_key() -> Vec<u8> {
    let point = key().verifying_key().to_sec1_bytes();
    let coordinate = |at: std::ops::Range<usize>| Cbor::Bytes(point[at].to_vec());
    let integer = Cbor::Integer;
    cose([
        (1, integer(2)),
        (3, integer(-7)),
        (-1, integer(1)),
        (-2, coordinate(1..33)),
        (-3, coordinate(33..65)),
    ])
}

/// An RSA key is as good as its form: nothing here signs with it.
pub fn rs256_key() -> Vec<u8> {
    rsa_key(&modulus(2048), &[1, 0, 1])
}

/// A number of so many bits.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xc5; bits.div_ceil(8)];
    let Some(first) = modulus.first_mut() else { return modulus };
    *first = match bits % 8 {
        0 => 0x80,
        over => 1 << (over - 1),
    };
    modulus
}

/// A COSE_Key for RS256.
pub fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let (integer, bytes) = (Cbor::Integer, |octets: &[u8]| Cbor::Bytes(octets.to_vec()));
    cose([(1, integer(3)), (3, integer(-257)), (-1, bytes(modulus)), (-2, bytes(exponent))])
}

/// RSA keys whose numbers just hold.
pub fn good_rsa_keys() -> Vec<Vec<u8>> {
    let mut keys: Vec<_> =
        [2048, 2049, 3072, 4096].map(|bits| rsa_key(&modulus(bits), &[3])).into();
    keys.push(rsa_key(&modulus(3072), &[1, 0, 1]));
    keys.push(rsa_key(&[&[0], &modulus(2048)[..]].concat(), &[0, 1, 0, 1]));
    keys
}

/// RSA keys whose numbers just don't.
pub fn bad_rsa_keys() -> Vec<Vec<u8>> {
    let sizes = [0, 1024, 2047, 4097, 8192];
    let mut keys: Vec<_> = sizes.map(|bits| rsa_key(&modulus(bits), &[1, 0, 1])).into();
    let mut even = modulus(2048);
    *even.last_mut().unwrap() -= 1;
    keys.push(rsa_key(&even, &[1, 0, 1]));
    for exponent in [&[][..], &[0], &[1], &[2], &[0, 0, 0, 1], &[1, 0, 0], &[1, 0, 0, 1]] {
        keys.push(rsa_key(&modulus(2048), exponent));
    }
    // Hashed otherwise: PS256 and RS1.
    for algorithm in [-37, -65535] {
        let (n, e) = (Cbor::Bytes(modulus(2048)), Cbor::Bytes(vec![1, 0, 1]));
        let integer = Cbor::Integer;
        keys.push(cose([(1, integer(3)), (3, integer(algorithm)), (-1, n), (-2, e)]));
    }
    keys
}

/// Of an algorithm that is not asked for.
pub fn ed25519_key() -> Vec<u8> {
    let integer = Cbor::Integer;
    cose([(1, integer(1)), (3, integer(-8)), (-1, integer(6)), (-2, Cbor::Bytes(vec![9; 32]))])
}

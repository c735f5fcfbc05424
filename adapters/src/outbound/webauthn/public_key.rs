//! Public keys of credentials: COSE_Keys (RFC 9052, 9053 and 8230).

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_cbor_2::Value;
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEKey, COSEKeyType, COSERSAKey, ECDSACurve, WebauthnError,
};

/// Bits of an RSA key: fewer are too weak, and more cost too much to verify.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;

/// Most octets of a key. One of RSA has some 530.
const LONGEST: usize = 2048;

/// Labels and values in a COSE_Key.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const RSA: i64 = 3;
const RS256: i64 = -257;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;
/// What private keys have besides, on curves and for RSA.
const PRIVATE: RangeInclusive<i128> = -4..=-4;
const PRIVATE_RSA: RangeInclusive<i128> = -12..=-3;

#[derive(Debug, thiserror::Error)]
pub(super) enum PublicKeyError {
    #[error("the public key is no COSE_Key: {0}")]
    NoKey(#[from] serde_cbor_2::Error),
    #[error("the public key has {0} octets; it can have up to 2048")]
    TooLong(usize),
    /// It is not in the form that WebAuthn asks for (section 6.5.1.1): others may read it otherwise.
    #[error("the public key is not in CTAP2's canonical CBOR")]
    Form,
    #[error("the public key holds parts of the private one")]
    Private,
    /// It is none of the algorithms that are asked for, or no point on their curves.
    #[error("the public key is none for ES256, ES384 or RS256")]
    Algorithm(#[source] Option<WebauthnError>),
    #[error("the RSA key has {0} bits; it must have 2048 to 4096")]
    Bits(usize),
    #[error("the RSA key's modulus and exponent must be odd, and the exponent from 3 to 2^24")]
    Numbers,
}

/// Reads a key of the algorithms that are asked for.
pub(super) fn read(cose: &[u8]) -> Result<COSEKey, PublicKeyError> {
    if cose.len() > LONGEST {
        return Err(PublicKeyError::TooLong(cose.len()));
    }
    let Entries(entries) = serde_cbor_2::from_slice(cose)?;
    // The order of labels is not looked at: whoever reads a map finds them in any.
    if serde_cbor_2::to_vec(&entries)?.len() != cose.len() {
        return Err(PublicKeyError::Form);
    }
    let is = |label: i64, value: i64| entries.get(&label.into()) == Some(&value.into());
    let private = if is(KEY_TYPE, RSA) { PRIVATE_RSA } else { PRIVATE };
    if entries.keys().any(|it| matches!(it, Value::Integer(label) if private.contains(label))) {
        return Err(PublicKeyError::Private);
    }
    if is(KEY_TYPE, RSA) && is(ALGORITHM, RS256) {
        return rsa(&entries);
    }
    let key = Value::Map(entries);
    let key = COSEKey::try_from(&key).map_err(|error| PublicKeyError::Algorithm(Some(error)))?;
    let is_on = |curve| matches!(&key.key, COSEKeyType::EC_EC2(key) if key.curve == curve);
    match key.type_ {
        COSEAlgorithm::ES256 if is_on(ECDSACurve::SECP256R1) => Ok(key),
        COSEAlgorithm::ES384 if is_on(ECDSACurve::SECP384R1) => Ok(key),
        _ => Err(PublicKeyError::Algorithm(None)),
    }
}

/// The entries of a map whose labels are numbers or texts (RFC 9052, section 1.4), none of them there
/// twice: another library may take the other one of two.
struct Entries(BTreeMap<Value, Value>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(BTreeMap::new()))
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((label, value)) = map.next_entry()? {
            if !matches!(label, Value::Integer(_) | Value::Text(_)) {
                return Err(A::Error::custom("a label is neither a number nor a text"));
            }
            if self.0.insert(label, value).is_some() {
                return Err(A::Error::custom("a label is there twice"));
            }
        }
        Ok(self)
    }
}

/// The library reads RSA keys of 2048 bits alone, but verifies by others as well.
fn rsa(entries: &BTreeMap<Value, Value>) -> Result<COSEKey, PublicKeyError> {
    let (n, e) = (number(entries, MODULUS), number(entries, EXPONENT));
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(PublicKeyError::Bits(bits));
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let [.., a, b, c] = [&[0, 0, 0], e].concat()[..] else { return Err(PublicKeyError::Numbers) };
    if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > 3 {
        return Err(PublicKeyError::Numbers);
    }
    let key = COSEKeyType::RSA(COSERSAKey { n: n.to_vec(), e: [a, b, c] });
    Ok(COSEKey { type_: COSEAlgorithm::RS256, key })
}

/// A number in octets, without zeros before it; empty when there is none.
fn number(entries: &BTreeMap<Value, Value>, label: i64) -> &[u8] {
    let Some(Value::Bytes(octets)) = entries.get(&label.into()) else { return &[] };
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

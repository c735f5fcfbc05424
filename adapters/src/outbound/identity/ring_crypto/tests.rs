use jsonwebtoken::{Header, Validation, decode, encode};
use ring::signature::KeyPair;
use serde_json::{Value, json};

use super::*;

/// A private key of that algorithm, and its public one.
fn pair(algorithm: Algorithm) -> (EncodingKey, DecodingKey) {
    let random = SystemRandom::new();
    match algorithm {
        Algorithm::EdDSA => {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
            let public = DecodingKey::from_ed_der(pair.public_key().as_ref());
            (EncodingKey::from_ed_der(pkcs8.as_ref()), public)
        }
        _ => {
            let how = &ring_signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(how, pkcs8.as_ref(), &random).unwrap();
            let public = DecodingKey::from_ec_der(pair.public_key().as_ref());
            (EncodingKey::from_ec_der(pkcs8.as_ref()), public)
        }
    }
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation
}

#[test]
fn what_a_key_signed_verifies_with_its_public_key_alone() {
    install();
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let (private, public) = pair(algorithm);
        let token = encode(&Header::new(algorithm), &json!({ "a": 1 }), &private).unwrap();
        let verified = decode::<Value>(&token, &public, &validation(algorithm)).unwrap();
        assert_eq!(verified.claims, json!({ "a": 1 }));
        let (_, other) = pair(algorithm);
        assert!(decode::<Value>(&token, &other, &validation(algorithm)).is_err());
        let changed = token.replacen('.', ".A", 1);
        assert!(decode::<Value>(&changed, &public, &validation(algorithm)).is_err());
    }
}

#[test]
fn a_key_serves_no_other_algorithm() {
    install();
    let ((ec, ec_public), (ed, ed_public)) = (pair(Algorithm::ES256), pair(Algorithm::EdDSA));
    for (algorithm, key) in [
        (Algorithm::EdDSA, &ec),
        (Algorithm::RS256, &ec),
        (Algorithm::ES384, &ec),
        (Algorithm::ES256, &ed),
        (Algorithm::HS256, &ed),
    ] {
        assert!(encode(&Header::new(algorithm), &json!({}), key).is_err(), "{algorithm:?}");
    }
    let token = encode(&Header::new(Algorithm::ES256), &json!({}), &ec).unwrap();
    for (algorithm, key) in [
        (Algorithm::ES384, &ec_public),
        (Algorithm::ES256, &ed_public),
        (Algorithm::HS256, &ec_public),
    ] {
        let decoded = decode::<Value>(&token, key, &validation(algorithm));
        assert!(decoded.is_err(), "{algorithm:?}");
    }
}

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Deserialize;

use super::{
    begin,
    made::{self, Made},
    relying_party,
};
use crate::outbound::webauthn::{WebAuthn, public_key};

/// A key, and what it signed: by the `cryptography` package of Python.
#[derive(Deserialize)]
struct Signed {
    bits: usize,
    modulus: String,
    exponent: String,
    signature: String,
}

#[test]
fn rsa_keys_of_2048_to_4096_bits_are_taken_and_what_they_sign_is_verified() {
    let (challenge, _) = begin(&[], None);
    let signed: Vec<Signed> = serde_json::from_str(include_str!("rsa_signatures.json")).unwrap();
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    for Signed { bits, modulus, exponent, signature } in signed {
        let public_key = made::rsa_key(&decoded(&modulus), &decoded(&exponent));
        let made = Made { public_key: public_key.clone(), ..Made::answer(challenge.expose()) };
        let credential = relying_party().verify(&challenge, &made.credential().to_string());
        assert_eq!(credential.unwrap().public_key, public_key, "{bits} bits");
        let key = public_key::read(&public_key).unwrap();
        let verifies = |message| key.verify_signature(&decoded(&signature), message).unwrap();
        assert!(verifies(b"a message") && !verifies(b"another"), "{bits} bits");
    }
}

#[test]
fn the_numbers_of_an_rsa_key_are_looked_at() {
    for key in made::good_rsa_keys() {
        public_key::read(&key).unwrap_or_else(|error| panic!("{key:?}: {error}"));
    }
    for key in made::bad_rsa_keys() {
        assert!(!relying_party().can_verify(&key), "{key:?}");
    }
}

#[test]
fn an_rsa_key_of_another_size_is_told_its_size() {
    let told = |bits: usize| {
        let mut modulus = vec![0xc5; bits / 8];
        modulus[0] |= 0x80;
        public_key::read(&made::rsa_key(&modulus, &[1, 0, 1])).unwrap_err().to_string()
    };
    assert_eq!(told(1024), "the RSA key has 1024 bits; it must have 2048 to 4096");
    assert_eq!(told(8192), "the RSA key has 8192 bits; it must have 2048 to 4096");
}

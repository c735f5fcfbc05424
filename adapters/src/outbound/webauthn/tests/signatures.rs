use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Deserialize;

use super::made;
use crate::outbound::webauthn::signature::verifies;

/// A key, and what it signed: by the `cryptography` package of Python.
#[derive(Deserialize)]
struct Ecdsa {
    algorithm: String,
    x: String,
    y: String,
    signature: String,
}

#[derive(Deserialize)]
struct Rsa {
    modulus: String,
    exponent: String,
    signature: String,
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Each kind of key, and what it signed.
fn signed() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let ecdsa: Vec<Ecdsa> = serde_json::from_str(include_str!("ecdsa_signatures.json")).unwrap();
    let ecdsa = ecdsa.into_iter().map(|it| {
        let key = made::ec_key(&it.algorithm, &decoded(&it.x), &decoded(&it.y));
        (it.algorithm, key, decoded(&it.signature))
    });
    let rsa: Vec<Rsa> = serde_json::from_str(include_str!("rsa_signatures.json")).unwrap();
    let rsa = rsa.into_iter().map(|it| {
        let key = made::rsa_key(&decoded(&it.modulus), &decoded(&it.exponent));
        ("RS256".to_owned(), key, decoded(&it.signature))
    });
    ecdsa.chain(rsa).collect()
}

#[test]
fn what_a_key_signed_verifies_by_it_and_by_no_other_key_and_nothing_else_does() {
    let all = signed();
    assert!(all.len() >= 4);
    for (name, key, signature) in &all {
        assert!(verifies(key, b"a message", signature), "{name}");
        assert!(!verifies(key, b"another", signature), "{name}");
        for (other, other_key, _) in all.iter().filter(|(_, other, _)| other != key) {
            assert!(!verifies(other_key, b"a message", signature), "{name} by {other}");
        }
        for cut in [&signature[1..], &signature[..signature.len() - 1], &[]] {
            assert!(!verifies(key, b"a message", cut), "{name}");
        }
        assert!(!verifies(key, b"a message", &[&signature[..], &[0]].concat()), "{name}");
    }
}

#[test]
fn a_key_that_cannot_be_read_or_is_of_another_algorithm_has_signed_nothing() {
    let (_, _, signature) = signed().remove(0);
    for key in [Vec::new(), vec![0xa0], made::ed25519_key()] {
        assert!(!verifies(&key, b"a message", &signature));
    }
}

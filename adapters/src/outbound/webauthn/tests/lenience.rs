//! What real authenticators, browsers and password managers send, and nobody has to refuse.

use passlink_domain::{Challenge, Credential};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};

use super::{
    begin,
    made::{self, Made},
    relying_party,
};
use crate::outbound::webauthn::WebAuthn;

/// The credential that comes of the answer.
#[track_caller]
fn taken(challenge: &Challenge, answer: &Value) -> Credential {
    match relying_party().verify(challenge, &answer.to_string()) {
        Ok(credential) => credential,
        Err(error) => panic!("{answer}: {error:?}"),
    }
}

/// Attestation statements that nobody asked for: true, wrong, and no statement at all.
fn statements() -> Vec<(&'static str, Cbor)> {
    let (text, bytes) = (|text: &str| Cbor::Text(text.into()), |it: &[u8]| Cbor::Bytes(it.into()));
    let (alg, sig) = (|| ("alg", Cbor::Integer(-7)), || ("sig", bytes(b"no signature")));
    let x5c = || ("x5c", Cbor::Array(vec![bytes(b"no certificate"), bytes(b"")]));
    let tpm = [
        ("ver", text("2.0")),
        ("alg", Cbor::Integer(-65535)),
        sig(),
        x5c(),
        ("certInfo", bytes(&[0xff; 100])),
        ("pubArea", bytes(&[1; 300])),
    ];
    let packed = || made::statement([alg(), sig(), x5c()]);
    let nested = Cbor::Array(vec![Cbor::Map([(text("fmt"), text("tpm"))].into()), packed()]);
    let mut statements = vec![
        ("tpm", made::statement(tpm)),
        ("tpm", made::statement([("ver", text("1.2"))])),
        ("packed", packed()),
        ("packed", made::statement([alg(), sig()])),
        ("packed", made::statement([alg(), sig(), ("ecdaaKeyId", bytes(b"key"))])),
        ("android-key", packed()),
        ("android-safetynet", made::statement([("ver", text("1")), ("response", bytes(b"a.b.c"))])),
        ("fido-u2f", made::statement([sig(), x5c()])),
        ("apple", made::statement([x5c()])),
        ("compound", nested),
        ("none", packed()),
        ("unknown", packed()),
        ("", made::statement([])),
    ];
    for no_statement in [
        Cbor::Null,
        Cbor::Bool(true),
        Cbor::Integer(-1),
        Cbor::Float(0.5),
        text("text"),
        bytes(&[0xff; 20]),
        Cbor::Array(vec![]),
        Cbor::Map([(Cbor::Integer(1), Cbor::Null), (Cbor::Null, Cbor::Array(vec![]))].into()),
        Cbor::Tag(55799, Box::new(packed())),
    ] {
        statements.extend(["none", "packed", "tpm"].map(|format| (format, no_statement.clone())));
    }
    statements
}

#[test]
fn an_attestation_statement_that_nobody_asked_for_is_not_looked_at() {
    let (challenge, _) = begin(&[], None);
    for public_key in [made::es256_key(), made::rs256_key()] {
        let made = Made { aaguid: [9; 16], public_key, ..Made::answer(challenge.expose()) };
        let plain = taken(&challenge, &made.credential());
        assert_eq!(plain.aaguid.0, [9; 16]);
        let attested = taken(&challenge, &made.credential_with(&made.self_attested()));
        assert_eq!(attested, plain);
        for (format, statement) in statements() {
            let data = made.authenticator_data();
            let object = made::attestation_object(format, statement, &data);
            assert_eq!(taken(&challenge, &made.credential_with(&object)), plain);
        }
    }
}

#[test]
fn beside_an_attestation_everything_else_is_checked_all_the_same() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose());
    for bad in [
        Made { kind: "webauthn.get".into(), ..good.clone() },
        Made { challenge: vec![8; 32], ..good.clone() },
        Made { origin: "https://example.org".into(), ..good.clone() },
        Made { rp_id: "example.org".into(), ..good.clone() },
        Made { flags: made::VERIFIED & !1, ..good.clone() },
        Made { flags: made::VERIFIED & !(1 << 2), ..good.clone() },
        Made { flags: made::VERIFIED & !(1 << 6), ..good.clone() },
        Made { flags: made::VERIFIED | 1 << 4, ..good.clone() },
        Made { flags: made::VERIFIED | 1 << 7, ..good.clone() },
        Made { flags: made::VERIFIED | 1 << 7, extensions: vec![0x01], ..good.clone() },
        Made { extensions: vec![0xa0], ..good.clone() },
        Made { public_key: made::ed25519_key(), ..good.clone() },
        Made { public_key: vec![0xa0], ..good.clone() },
        Made { id: vec![1; 1024], ..good.clone() },
        Made { id: Vec::new(), ..good.clone() },
    ] {
        for (format, statement) in statements() {
            let data = bad.authenticator_data();
            let object = made::attestation_object(format, statement, &data);
            let answer = bad.credential_with(&object).to_string();
            relying_party().verify(&challenge, &answer).unwrap_err();
        }
    }
}

#[test]
fn members_that_are_not_looked_at_may_be_missing_null_unknown_or_of_another_type() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose()).credential();
    let plain = taken(&challenge, &good);
    for (parent, name, values) in [
        ("", "clientExtensionResults", vec![json!({}), json!([]), json!("none")]),
        ("", "authenticatorAttachment", vec![json!(""), json!(1), json!("glued")]),
        ("", "rawId", vec![]),
        ("", "extensions", vec![json!({ "appid": "yes" })]),
        ("", "toJSON", vec![json!({})]),
        ("/response", "transports", vec![json!([]), json!("usb"), json!({}), json!([1, null])]),
        ("/response", "publicKey", vec![json!("!"), json!(1)]),
        ("/response", "publicKeyAlgorithm", vec![json!(-8), json!("ES256")]),
        ("/response", "authenticatorData", vec![json!("AAAA")]),
        ("/clientExtensionResults", "credProps", vec![json!({}), json!({ "rk": null }), json!(1)]),
        ("/clientExtensionResults", "prf", vec![json!({ "enabled": true })]),
        ("/clientExtensionResults", "credProtect", vec![json!(7), json!("userVerified")]),
        ("/clientExtensionResults", "hmac-secret", vec![json!({})]),
        ("/clientExtensionResults", "minPinLength", vec![json!(-1)]),
        ("/clientExtensionResults", "appid", vec![json!("https://example.com")]),
        ("/clientExtensionResults", "uvm", vec![json!([[2, 4, 2]])]),
    ] {
        let mut missing = good.clone();
        missing.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert_eq!(taken(&challenge, &missing), plain, "without {name}");
        for value in values.into_iter().chain([Value::Null]) {
            let mut answer = good.clone();
            answer.pointer_mut(parent).unwrap()[name] = value;
            assert_eq!(taken(&challenge, &answer), plain);
        }
    }
}

#[test]
fn client_data_may_say_more_and_begin_with_a_byte_order_mark() {
    let (challenge, _) = begin(&[], None);
    let made = Made::answer(challenge.expose());
    let object = made.attestation_object();
    let answer = |client_data: &[u8]| made::credential(made::ID, client_data, &object);
    let plain = taken(&challenge, &made.credential());
    for (name, value) in [
        ("crossOrigin", json!(false)),
        ("crossOrigin", Value::Null),
        ("topOrigin", Value::Null),
        ("tokenBinding", Value::Null),
        ("tokenBinding", json!("not-supported")),
        ("tokenBinding", json!({ "status": "not-supported" })),
        ("tokenBinding", json!({ "status": "present", "id": 7 })),
        ("androidPackageName", json!("com.android.chrome")),
        ("hashAlgorithm", json!("SHA-256")),
        ("clientExtensions", json!({})),
        ("other_keys_can_be_added_here", json!("do not compare clientDataJSON")),
        ("challenge", json!(format!("{}=", made::encoded(challenge.expose())))),
    ] {
        let mut client_data: Value = serde_json::from_slice(&made.client_data()).unwrap();
        client_data[name] = value;
        assert_eq!(taken(&challenge, &answer(client_data.to_string().as_bytes())), plain);
    }
    let marked = answer(&[b"\xef\xbb\xbf", &made.client_data()[..]].concat());
    assert_eq!(taken(&challenge, &marked), plain);
    let named = relying_party().challenge_of(&marked.to_string());
    assert_eq!(named, Some(challenge.expose().to_vec()));
}

#[test]
fn octets_may_be_in_base64_and_padded() {
    let (challenge, _) = begin(&[], None);
    // An id that the two alphabets write otherwise.
    let made = Made { id: vec![0xfb, 0xef, 0xff, 0xff], ..Made::answer(challenge.expose()) };
    let mut answer = made.credential();
    let plain = taken(&challenge, &answer);
    for pointer in ["/id", "/rawId", "/response/clientDataJSON", "/response/attestationObject"] {
        let value = answer.pointer_mut(pointer).unwrap();
        let text = value.as_str().unwrap().replace('-', "+").replace('_', "/");
        let padding = (4 - text.len() % 4) % 4;
        *value = json!(text + &"=".repeat(padding));
    }
    assert_eq!(answer["id"], "++///w==");
    assert_eq!(taken(&challenge, &answer), plain);
    assert!(relying_party().challenge_of(&answer.to_string()).is_some());
}

#[test]
fn signed_extensions_may_be_any() {
    let (challenge, _) = begin(&[], None);
    let flags = made::VERIFIED | 1 << 7;
    let entry = |name: &str, value| Cbor::Map([(Cbor::Text(name.into()), value)].into());
    for extensions in [
        Cbor::Map([].into()),
        entry("credProtect", Cbor::Integer(3)),
        entry("credProtect", Cbor::Integer(9)),
        entry("hmac-secret", Cbor::Bool(true)),
        entry("hmac-secret", Cbor::Bytes(vec![1; 32])),
        entry("hmac-secret-mc", Cbor::Bytes(vec![1; 32])),
        entry("credBlob", Cbor::Bool(false)),
        Cbor::Map([(Cbor::Integer(1), Cbor::Null)].into()),
    ] {
        let extensions = serde_cbor_2::to_vec(&extensions).unwrap();
        let made = Made { flags, extensions, ..Made::answer(challenge.expose()) };
        assert_eq!(taken(&challenge, &made.credential()).public_key, made::es256_key());
    }
}

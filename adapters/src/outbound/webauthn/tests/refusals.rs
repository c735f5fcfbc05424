use passlink_domain::Challenge;
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};

use super::{
    begin,
    made::{self, Made},
    relying_party,
};
use crate::outbound::webauthn::{WebAuthn, WebAuthnError};

/// The cause for which the answer is refused, and not as a fault of ours.
fn refused(challenge: &Challenge, answer: &Value) -> String {
    match relying_party().verify(challenge, &answer.to_string()) {
        Err(WebAuthnError::NotVerified(cause)) => format!("{cause:?}"),
        other => panic!("{answer}: {other:?}"),
    }
}

#[test]
fn what_belongs_to_another_ceremony_or_place_is_refused() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose());
    let other = vec![8; 32];
    let cases: [(Made, &str); 12] = [
        (Made { challenge: other, ..good.clone() }, "challenge"),
        (Made { challenge: Vec::new(), ..good.clone() }, "challenge"),
        (Made { kind: "webauthn.get".into(), ..good.clone() }, "client data are of another type"),
        (Made { origin: "https://example.org".into(), ..good.clone() }, "origin"),
        (Made { origin: "http://id.example.com".into(), ..good.clone() }, "origin"),
        (Made { origin: "https://example.com".into(), ..good.clone() }, "origin"),
        (Made { origin: "https://id.example.com:8443".into(), ..good.clone() }, "origin"),
        (Made { origin: "https://a.id.example.com".into(), ..good.clone() }, "origin"),
        (Made { origin: "android:apk-key-hash:def".into(), ..good.clone() }, "origin"),
        (Made { rp_id: "example.org".into(), ..good.clone() }, "for another relying party"),
        (Made { rp_id: "id.example.com".into(), ..good.clone() }, "for another relying party"),
        (Made { origin: "null".into(), ..good.clone() }, "origin"),
    ];
    for (answer, expected) in cases {
        let cause = refused(&challenge, &answer.credential());
        assert!(cause.contains(expected), "{expected}: {cause}");
    }
    relying_party().verify(&challenge, &good.credential().to_string()).unwrap();
}

#[test]
fn a_credential_without_verified_user_or_not_discoverable_is_refused() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose());
    for (flags, expected) in [
        (made::VERIFIED & !1, "not present"),
        (made::VERIFIED & !(1 << 2), "not verified"),
        (made::VERIFIED & !(1 << 6), "holds no credential"),
        // Backed up, and may not be.
        (made::VERIFIED | 1 << 4, "backed up"),
        // Extensions are said to be there, and are not.
        (made::VERIFIED | 1 << 7, "holds no credential"),
    ] {
        let cause = refused(&challenge, &Made { flags, ..good.clone() }.credential());
        assert!(cause.contains(expected), "{expected}: {cause}");
    }
    let mut answer = good.credential();
    answer["clientExtensionResults"]["credProps"]["rk"] = json!(false);
    assert!(refused(&challenge, &answer).contains("not discoverable"));
}

#[test]
fn a_key_that_was_not_asked_for_or_is_none_is_refused() {
    let (challenge, _) = begin(&[], None);
    let mut off_the_curve = made::es256_key();
    *off_the_curve.last_mut().unwrap() ^= 1;
    let keys = [off_the_curve, made::ed25519_key(), vec![0xa0], vec![0x01], vec![0xff]];
    for public_key in keys.into_iter().chain(made::bad_rsa_keys()) {
        let made = Made { public_key, ..Made::answer(challenge.expose()) };
        refused(&challenge, &made.credential());
    }
    for id in [Vec::new(), vec![1; 1024]] {
        refused(&challenge, &Made { id, ..Made::answer(challenge.expose()) }.credential());
    }
}

#[test]
fn an_id_that_is_not_the_attested_one_is_refused() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose()).credential();
    for pointer in ["/id", "/rawId"] {
        for id in ["", "YQ", "not base64"] {
            let mut answer = good.clone();
            *answer.pointer_mut(pointer).unwrap() = json!(id);
            refused(&challenge, &answer);
        }
    }
}

#[test]
fn an_attestation_object_that_is_none_is_refused() {
    let (challenge, _) = begin(&[], None);
    let made = Made::answer(challenge.expose());
    let (text, data) = (Cbor::Text, Cbor::Bytes(made.authenticator_data()));
    let entries = |entries: &[(&str, &Cbor)]| {
        let entries = entries.iter().map(|(name, value)| (text((*name).into()), (*value).clone()));
        serde_cbor_2::to_vec(&Cbor::Map(entries.collect())).unwrap()
    };
    let (none, empty) = (text("none".into()), Cbor::Map([].into()));
    let good = entries(&[("fmt", &none), ("attStmt", &empty), ("authData", &data)]);
    relying_party().verify(&challenge, &made.credential_with(&good).to_string()).unwrap();
    for bad in [
        entries(&[("attStmt", &empty), ("authData", &data)]),
        entries(&[("fmt", &none), ("authData", &data)]),
        entries(&[("fmt", &none), ("attStmt", &empty)]),
        entries(&[("fmt", &Cbor::Bytes(b"none".into())), ("attStmt", &empty), ("authData", &data)]),
        entries(&[("fmt", &none), ("attStmt", &empty), ("authData", &none)]),
        made.authenticator_data(),
    ] {
        refused(&challenge, &made.credential_with(&bad));
    }
}

#[test]
fn every_beginning_of_an_answer_is_refused() {
    let (challenge, _) = begin(&[], None);
    let made = Made::answer(challenge.expose());
    for object in [made.attestation_object(), made.self_attested()] {
        for length in 0..object.len() {
            refused(&challenge, &made.credential_with(&object[..length]));
        }
        let followed = [&object[..], &[0]].concat();
        refused(&challenge, &made.credential_with(&followed));
    }
    let data = made.authenticator_data();
    for length in 0..data.len() {
        let object = made::attestation_object("none", made::statement([]), &data[..length]);
        refused(&challenge, &made.credential_with(&object));
    }
    let client_data = made.client_data();
    for length in 0..client_data.len() {
        let object = made.attestation_object();
        let answer = made::credential(made::ID, &client_data[..length], &object);
        refused(&challenge, &answer);
        assert_eq!(relying_party().challenge_of(&answer.to_string()), None);
    }
}

#[test]
fn what_is_no_answer_at_all_is_refused() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose()).credential();
    for pointer in ["/id", "/rawId", "/type", "/response", "/response/clientDataJSON"] {
        for value in [Value::Null, json!(1), json!({}), json!([])] {
            if pointer == "/rawId" && value.is_null() {
                continue;
            }
            let mut answer = good.clone();
            *answer.pointer_mut(pointer).unwrap() = value;
            refused(&challenge, &answer);
        }
    }
    let mut no_json = good.clone();
    no_json["response"]["clientDataJSON"] = json!("AAAA");
    assert_eq!(relying_party().challenge_of(&no_json.to_string()), None);
    for text in ["", "null", "[]", "{}", "{\"response\":{}}", "\u{0}"] {
        let not_verified = relying_party().verify(&challenge, text);
        assert!(matches!(not_verified, Err(WebAuthnError::NotVerified(_))), "{text}");
        assert_eq!(relying_party().challenge_of(text), None);
    }
}

#[test]
fn an_attestation_object_or_authenticator_data_with_something_behind_are_refused() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose());
    // {"credProtect": 3}
    let extensions = [&[0xa1, 0x6b][..], b"credProtect", &[3]].concat();
    let extended = Made { flags: made::VERIFIED | 1 << 7, extensions, ..good.clone() };
    for made in [good, extended] {
        relying_party().verify(&challenge, &made.credential().to_string()).unwrap();
        for behind in [&[0][..], &[0xa0], &[0xff], b"behind"] {
            let object = [&made.attestation_object()[..], behind].concat();
            refused(&challenge, &made.credential_with(&object));
            let extensions = [&made.extensions[..], behind].concat();
            let longer = Made { extensions, ..made.clone() };
            refused(&challenge, &longer.credential());
            refused(&challenge, &longer.credential_with(&longer.self_attested()));
        }
    }
}

#[test]
fn an_origin_is_compared_as_browsers_write_it_with_nothing_around_it() {
    let (challenge, _) = begin(&[], None);
    let good = Made::answer(challenge.expose());
    for origin in [
        "https://id.example.com/",
        "https://id.example.com/path",
        "https://id.example.com?query",
        "https://id.example.com#fragment",
        "https://id.example.com:443",
        "https://somebody@id.example.com",
        "https://ID.example.com",
        "HTTPS://id.example.com",
        "https:id.example.com",
        "https:\\\\id.example.com",
        " https://id.example.com",
        "https://id.example.com ",
        "https://id.exam\tple.com",
        "https://id.example.com\n",
        "https://%69d.example.com",
        "https://app.example.com:08443",
        "android:apk-key-hash:abc ",
        "android:apk-key-hash:ABC",
        "android:apk-key-hash:abc#",
        "ANDROID:apk-key-hash:abc",
    ] {
        let made = Made { origin: origin.into(), ..good.clone() };
        refused(&challenge, &made.credential());
    }
    for (name, around) in [
        ("topOrigin", json!("https://evil.example")),
        ("topOrigin", json!("https://id.example.com")),
        ("topOrigin", json!(1)),
        ("crossOrigin", json!(true)),
        ("crossOrigin", json!("true")),
        ("crossOrigin", json!(1)),
    ] {
        let mut client_data: Value = serde_json::from_slice(&good.client_data()).unwrap();
        client_data[name] = around;
        let client_data = client_data.to_string();
        let object = good.attestation_object();
        refused(&challenge, &made::credential(made::ID, client_data.as_bytes(), &object));
    }
}

//! Attestation statements that nobody asked for: the device has the passkey by then, so it is taken.

use passlink_tests::{
    HandMade, Key, Passlink, Protocol,
    cbor::{bytes, text},
    hand_made_passkey::self_attestation,
};
use serde_json::{Value, json};

use super::{methods as call, *};

const AAGUID: [u8; 16] = [9; 16];

/// Formats and statements, in CBOR: some as authenticators make them, and some that are none.
fn statements() -> Vec<(&'static str, Vec<u8>)> {
    let certificates = [&[0x82][..], &bytes(b"no certificate"), &bytes(&[0x30; 700])].concat();
    let signed = [&[0xa3][..], &text("alg"), &[0x26], &text("sig"), &bytes(b"no signature")];
    let x5c = [&signed.concat()[..], &text("x5c"), &certificates].concat();
    let tpm = [&[0xa6][..], &text("ver"), &text("2.0"), &x5c[1..]].concat();
    let certified = [&text("certInfo")[..], &bytes(&[0xff; 100])].concat();
    let tpm = [&tpm[..], &certified, &text("pubArea"), &bytes(&[1; 300])].concat();
    vec![
        ("tpm", tpm),
        ("packed", x5c.clone()),
        ("fido-u2f", x5c.clone()),
        ("android-key", x5c.clone()),
        ("android-safetynet", vec![0xa0]),
        ("apple", x5c.clone()),
        ("compound", [&[0x81][..], &x5c].concat()),
        ("made-up", x5c.clone()),
        ("none", x5c),
        ("packed", vec![0xa0]),
        ("packed", vec![0xf6]),
        ("tpm", vec![0x80]),
        ("fido-u2f", bytes(b"garbage")),
        ("", text("garbage")),
    ]
}

/// The answer to these options with a statement, whatever it says.
fn attested(options: &Value, (format, statement): (&str, Vec<u8>), id: &str) -> Value {
    let answer = HandMade::answer(options, ORIGIN, id.as_bytes());
    let statement = (format.to_owned(), statement);
    HandMade { statement, aaguid: AAGUID, ..answer }.credential()
}

async fn assert_taken(protocol: Protocol) {
    let passlink = Passlink::with_mail_dir().generous();
    let passlink = passlink.set("passkeys.max_per_user", "50").started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let statements = statements();
    let count = statements.len();
    for (number, statement) in statements.into_iter().enumerate() {
        let name = format!("{number} {}", statement.0);
        let begin = call::register(&ada, json!({}));
        let begun = protocol.answer(&begin, &protocol.call(&passlink, token, &begin).await);
        let options = &begun["publicKeyCredentialCreationOptions"];
        let credential = attested(options, statement, &name);
        let answer = json!({ "publicKeyCredential": credential, "passkeyName": name });
        let finish = call::verify(&ada, begun["passkeyId"].as_str().unwrap(), answer);
        protocol.answer(&finish, &protocol.call(&passlink, token, &finish).await);
    }
    assert_eq!(names(&passlink, &ada).await.len(), count);
    // The model is what the authenticator says of itself, with a statement or without.
    let aaguids = passlink.sql("SELECT DISTINCT aaguid FROM passkeys", &[]);
    assert_eq!(aaguids, [[json!("09".repeat(16))]]);
}

#[tokio::test]
async fn whatever_it_says_a_passkey_is_registered_on_rest() {
    assert_taken(Protocol::Rest).await;
}

#[tokio::test]
async fn whatever_it_says_a_passkey_is_registered_on_grpc() {
    assert_taken(Protocol::Grpc).await;
}

#[tokio::test]
async fn a_signature_that_is_wrong_is_not_looked_at_either() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    for key in [Key::es256(), Key::rs256()] {
        let begun = begin(&passlink, &ada).await;
        let statement = self_attestation(&key.algorithm(), &key.sign(b"something else"));
        let answer = HandMade { public_key: key.public(), statement, ..begun.answer() };
        let id = key.algorithm();
        let credential = HandMade { id, ..answer }.credential();
        begun.finish(&passlink, Some(&ada.token), &credential).await.sequence();
    }
}

#[tokio::test]
async fn extension_results_that_are_null_count_as_missing() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let begun = begin(&passlink, &ada).await;
    let mut credential = begun.answer().credential();
    credential["clientExtensionResults"] = Value::Null;
    credential["authenticatorAttachment"] = Value::Null;
    credential["response"]["transports"] = Value::Null;
    credential.as_object_mut().unwrap().remove("rawId");
    begun.finish(&passlink, Some(&ada.token), &credential).await.sequence();
}

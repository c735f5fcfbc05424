//! Answers to a challenge that are refused. Each leaves the ceremony and its link as they were.

use std::{collections::BTreeMap, time::Duration};

use passlink_tests::{
    Caller, HandMade, Key,
    cbor::{bytes, rsa_public_key, text},
    hand_made_passkey::sha256,
    passkeys::*,
};
use serde_json::{Map, Value, json};

use crate::installation::Installation;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_STATE: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;

/// A ceremony of Ada's, begun with a link's code.
struct Stage {
    passlink: Installation,
    ada: Caller,
    code: Value,
    begun: Begun,
    before: BTreeMap<&'static str, i64>,
}

impl Stage {
    async fn set() -> Self {
        let passlink = Installation::new().await;
        let ada = passlink.ada().await;
        let code = returned_code(&passlink, &ada).await;
        let begun = begin_with(&passlink, &ada, &code).await;
        let before = passlink.rows();
        Self { passlink, ada, code, begun, before }
    }

    async fn refuse(&self, why: &str, credential: &Value) {
        let answer = self.begun.finish(&self.passlink, None, credential).await;
        assert_eq!(answer.status, 400, "{why}: {answer:?}");
        assert_not_verified(&answer);
    }

    /// Nothing was stored, and a right answer to the same challenge is taken.
    async fn end(self) {
        assert_eq!(self.passlink.rows(), self.before);
        assert_eq!(self.passlink.history(&self.ada.id), [1, 2]);
        let inspected = inspect(&self.passlink, &self.code).await.json();
        assert_eq!(inspected["state"], "LINK_STATE_OPEN");
        let credential = self.begun.answer().attested_by(&Key::es256()).credential();
        let finished = self.begun.finish(&self.passlink, None, &credential).await;
        assert_eq!(finished.sequence(), 3);
        let log = self.passlink.log();
        for level in ["ERROR", "WARN"] {
            assert!(!log.contains(level), "a caller's mistake is logged as trouble: {log}");
        }
    }
}

#[tokio::test]
async fn client_data_that_are_not_of_this_ceremony() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    for origin in [
        "https://evil.example",
        "http://login.example.com",
        "https://login.example.com:8443",
        "https://login.example.com.evil.example",
        "https://evil.login.example.com",
        "https://example.com",
        "https://LOGIN.example.com.",
        "https://LOGIN.example.com",
        "https://login.example.com/",
        "https://login.example.com/path?query#fragment",
        "https://login.example.com:443",
        "https://somebody@login.example.com",
        " https://login.example.com",
        "https://login.exam\tple.com",
        "login.example.com",
        "null",
        "",
    ] {
        let credential = HandMade { origin: origin.to_owned(), ..good.clone() }.credential();
        stage.refuse(&format!("origin {origin}"), &credential).await;
    }
    for kind in ["webauthn.get", "webauthn.create2", "payment.get", ""] {
        let credential = HandMade { kind: kind.to_owned(), ..good.clone() }.credential();
        stage.refuse(&format!("type {kind}"), &credential).await;
    }
    let more = Map::from_iter([("crossOrigin".to_owned(), json!(true))]);
    stage.refuse("cross origin", &HandMade { more, ..good.clone() }.credential()).await;
    let more = Map::from_iter([("topOrigin".to_owned(), json!("https://evil.example"))]);
    stage.refuse("in a frame", &HandMade { more, ..good }.credential()).await;
    stage.end().await;
}

#[tokio::test]
async fn a_challenge_that_is_wrong_or_of_another_ceremony() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    let other = begin_with(&stage.passlink, &stage.ada, &stage.code).await;
    let by_bearer = begin(&stage.passlink, &stage.ada).await;
    let bob = stage.passlink.bob().await;
    let bobs = begin(&stage.passlink, &bob).await;
    let before = stage.passlink.rows();
    let challenges = [&other, &by_bearer, &bobs].map(|begun| begun.answer().challenge);
    let made_up = ["AAAA".to_owned(), String::new(), good.challenge[1..].to_owned()];
    for challenge in challenges.into_iter().chain(made_up) {
        let why = format!("challenge {challenge}");
        stage.refuse(&why, &HandMade { challenge, ..good.clone() }.credential()).await;
    }
    Stage { before, ..stage }.end().await;
}

#[tokio::test]
async fn authenticator_data_that_are_not_what_was_asked_for() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    for rp_id in ["evil.example", "example.com", "LOGIN.example.com", ""] {
        let rp_id_hash = sha256(rp_id.as_bytes());
        let credential = HandMade { rp_id_hash, ..good.clone() }.credential();
        stage.refuse(&format!("relying party {rp_id}"), &credential).await;
    }
    for (why, flags) in [
        ("the user was not verified", USER_PRESENT | ATTESTED),
        ("the user was not there", USER_VERIFIED | ATTESTED),
        ("no credential", USER_PRESENT | USER_VERIFIED),
        ("backed up, but can't be", good.flags | BACKUP_STATE),
    ] {
        stage.refuse(why, &HandMade { flags, ..good.clone() }.credential()).await;
    }
    let mut credential = good.credential();
    credential["clientExtensionResults"]["credProps"]["rk"] = json!(false);
    stage.refuse("not discoverable", &credential).await;
    stage.refuse("no id", &HandMade { id: Vec::new(), ..good.clone() }.credential()).await;
    stage.refuse("too long an id", &HandMade { id: vec![1; 1024], ..good }.credential()).await;
    stage.end().await;
}

#[tokio::test]
async fn keys_that_were_not_asked_for_and_keys_that_are_none() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    let es256 = Key::es256().public();
    let rs256 = rsa_public_key(&[0xc5; 256], &[1, 0, 1]);
    let on_no_curve = [&es256[..es256.len() - 1], &[es256[es256.len() - 1] ^ 1]].concat();
    let ed25519 = [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21][..], &bytes(&[9; 32])];
    let mut es256_called_rs256 = es256.clone();
    es256_called_rs256.splice(4..5, [0x39, 0x01, 0x00]);
    for (why, public_key) in [
        ("Ed25519", ed25519.concat()),
        ("a point that is not on the curve", on_no_curve),
        ("one that says it is of another kind", es256_called_rs256),
        ("half of an RSA key", rs256[..rs256.len() / 2].to_vec()),
        ("an RSA key of 1024 bits", rsa_public_key(&[0xc5; 128], &[1, 0, 1])),
        ("an RSA key of 8192 bits", rsa_public_key(&[0xc5; 1024], &[1, 0, 1])),
        ("an empty map", vec![0xa0]),
        ("a number", vec![0x01]),
        ("nothing", Vec::new()),
    ] {
        stage.refuse(why, &HandMade { public_key, ..good.clone() }.credential()).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn an_attestation_object_that_ends_too_early_or_has_a_wrong_octet() {
    let stage = Stage::set().await;
    let good = stage.begun.answer().attested_by(&Key::es256());
    let object = good.attestation_object();
    for end in 0..object.len() {
        let credential = good.credential_with(&object[..end]);
        stage.refuse(&format!("cut after {end} octets"), &credential).await;
    }
    let of = |part: &[u8]| {
        let start = object.windows(part.len()).position(|it| it == part).unwrap();
        start..start + part.len()
    };
    // Each of them is checked, attestation or not: the model and the counter are what they say.
    for part in [&good.rp_id_hash, &good.id, &good.public_key] {
        for place in of(part) {
            let mut wrong = object.clone();
            wrong[place] ^= 1 << (place % 8);
            stage.refuse(&format!("octet {place}"), &good.credential_with(&wrong)).await;
        }
    }
    let longer = [&object[..], b"more"].concat();
    stage.refuse("more than one object", &good.credential_with(&longer)).await;
    stage.end().await;
}

#[tokio::test]
async fn random_octets_in_place_of_cbor() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    let mut random = Octets(0x9e37_79b9_7f4a_7c15);
    for round in 0..200 {
        let octets: Vec<u8> = random.by_ref().take(1 + round * 3).collect();
        stage.refuse(&format!("octets {octets:?}"), &good.credential_with(&octets)).await;
        let data = bytes(&octets);
        let head = [&[0xa3][..], &text("fmt"), &text("none"), &text("attStmt"), &[0xa0]].concat();
        let object = [&head[..], &text("authData"), &data].concat();
        stage.refuse(&format!("authData {octets:?}"), &good.credential_with(&object)).await;
    }
    // As deep as it goes, and as long as it says it is.
    for (why, octets) in [
        ("arrays in arrays", vec![0x81; 20_000]),
        ("maps in maps", [0xa1, 0x00].repeat(10_000)),
        ("tags on tags", vec![0xc1; 20_000]),
        ("an array of 2^64 - 1", [&[0x9b][..], &[0xff; 8]].concat()),
        ("a string of 2^63", [&[0x5b, 0x80][..], &[0; 7]].concat()),
        ("without an end", [&[0x9f][..], &[0x00; 100]].concat()),
    ] {
        stage.refuse(why, &good.credential_with(&octets)).await;
    }
    stage.end().await;
}

/// The same octets on every run (xorshift).
struct Octets(u64);

impl Iterator for Octets {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some((self.0 >> 32) as u8)
    }
}

#[tokio::test]
async fn answers_that_are_no_public_key_credential() {
    let stage = Stage::set().await;
    let good = stage.begun.answer().credential();
    let without = |path: &str, key: &str| {
        let mut answer = good.clone();
        answer.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(key);
        answer
    };
    let with = |path: &str, value: Value| {
        let mut answer = good.clone();
        *answer.pointer_mut(path).unwrap() = value;
        answer
    };
    for (why, answer) in [
        ("an empty object", json!({})),
        ("an error", json!({ "name": "NotAllowedError" })),
        ("no id", without("", "id")),
        ("another id", with("/id", json!("AAAA"))),
        ("another raw id", with("/rawId", json!("AAAA"))),
        ("no answer", without("", "response")),
        ("no client data", without("/response", "clientDataJSON")),
        ("no attestation", without("/response", "attestationObject")),
        ("client data that are no base64url", with("/response/clientDataJSON", json!("a b"))),
        ("client data that are no JSON", with("/response/clientDataJSON", json!("AAAA"))),
        ("an attestation that is a number", with("/response/attestationObject", json!(7))),
        ("another type", with("/type", json!("password"))),
    ] {
        stage.refuse(why, &answer).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn a_challenge_that_is_too_old_and_one_that_was_answered() {
    let stage = Stage::set().await;
    let Stage { passlink, ada, code, begun, .. } = &stage;
    let credential = begun.answer().credential();
    passlink.pass(Duration::from_secs(5 * 60));
    assert_not_verified(&begun.finish(passlink, None, &credential).await);
    let begun = begin_with(passlink, ada, code).await;
    let credential = begun.answer().credential();
    begun.finish(passlink, None, &credential).await.sequence();
    assert_not_verified(&begun.finish(passlink, None, &credential).await);
    assert_eq!(names(passlink, ada).await.len(), 1);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
}

#[tokio::test]
async fn an_attestation_object_or_authenticator_data_with_something_behind() {
    let stage = Stage::set().await;
    let good = stage.begun.answer();
    for behind in [&[0][..], &[0xa0], &[0xff], b"behind"] {
        let object = [&good.attestation_object()[..], behind].concat();
        stage.refuse("behind the object", &good.credential_with(&object)).await;
        let public_key = [&good.public_key[..], behind].concat();
        let longer = HandMade { public_key, ..good.clone() };
        stage.refuse("behind the authenticator data", &longer.credential()).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn an_authenticator_that_is_not_what_was_asked_for() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    let asking = async |authenticator: &str| {
        let body = json!({ "authenticator": authenticator });
        Begun::of(&ada, &post(&passlink, Some(&ada.token), &passkeys_of(&ada), &body).await)
    };
    let platform = asking("PASSKEY_AUTHENTICATOR_PLATFORM").await;
    let roaming = asking("PASSKEY_AUTHENTICATOR_CROSS_PLATFORM").await;
    for (begun, told, transports) in [
        // What the browser says of the attachment is a hint, and the transports say otherwise.
        (&platform, json!("platform"), json!(["usb"])),
        (&platform, Value::Null, json!(["nfc", "usb"])),
        (&platform, json!("cross-platform"), json!([])),
        (&roaming, json!("cross-platform"), json!(["internal"])),
        (&roaming, json!("platform"), json!(["internal"])),
    ] {
        let mut credential = begun.answer().credential();
        credential["authenticatorAttachment"] = told;
        credential["response"]["transports"] = transports;
        assert_not_verified(&begun.finish(&passlink, Some(&ada.token), &credential).await);
    }
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());
    let credential = platform.answer().credential();
    platform.finish(&passlink, Some(&ada.token), &credential).await.sequence();
}

//! The ceremony, from the options to the passkey.

use passlink_tests::{Api, HandMade, Key, Passlink, create_passkey};
use reqwest::Method;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn a_link_registers_a_passkey_without_a_bearer_token_and_is_used_up() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let begun = try_to_begin(&passlink, &ada, &code).await;
    assert_eq!(begun.sequence(), 2, "beginning is no change");
    let begun = Begun::of(&ada, &begun);
    let created = create_passkey(&begun.options, ORIGIN).await;
    let finished = begun.finish_as(&passlink, None, &created, " My phone ").await;
    assert_eq!(finished.sequence(), 3);
    let details = &finished.json()["details"];
    assert_eq!(details["creationDate"], details["changeDate"]);
    assert_eq!(names(&passlink, &ada).await, ["My phone"]);
    assert_not_verified(&begun.finish(&passlink, None, &created).await);
    assert_code_invalid(&try_to_begin(&passlink, &ada, &code).await);
    assert_eq!(names(&passlink, &ada).await, ["My phone"]);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
}

#[tokio::test]
async fn a_caller_registers_lists_and_removes_passkeys() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let begun = post(&passlink, token, OWN, &json!({})).await;
    assert_eq!(begun.sequence(), 1);
    let options = from_base64(&begun.json()["key"]["publicKey"]);
    let created = create_passkey(&options, ORIGIN).await;
    let verification = json!({
        "publicKeyCredential": base64(&created), "tokenName": "Laptop",
    });
    let path = format!("{OWN}/_verify");
    let finished = post(&passlink, token, &path, &json!({ "verification": verification })).await;
    assert_eq!(finished.sequence(), 2);
    let begun = begin(&passlink, &ada).await;
    let excluded = &begun.options["publicKey"]["excludeCredentials"];
    assert_eq!(excluded[0]["id"], created["id"]);
    let created = create_passkey(&without_exclusions(&begun.options), ORIGIN).await;
    assert_eq!(begun.finish(&passlink, token, &created).await.sequence(), 3);
    assert_eq!(names(&passlink, &ada).await, ["Laptop", "Passkey"]);

    let search = post(&passlink, token, &format!("{OWN}/_search"), &json!({})).await.json();
    let ids: Vec<_> = search["result"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    let first = format!("{OWN}/{}", ids[0].as_str().unwrap());
    let second = format!("{}/{}", passkeys_of(&ada), ids[1].as_str().unwrap());
    for (path, sequence) in [(&first, 4), (&second, 5)] {
        let remove = || passlink.request(Method::DELETE, path).bearer_auth(&ada.token);
        assert_eq!(Answer::to(remove()).await.sequence(), sequence);
        assert_not_found(&Answer::to(remove()).await);
    }
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_options_ask_for_a_verified_user_and_a_discoverable_credential_of_the_wanted_kind() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let mut handles = Vec::new();
    for (authenticator, attachment) in [
        ("PASSKEY_AUTHENTICATOR_UNSPECIFIED", Value::Null),
        ("PASSKEY_AUTHENTICATOR_PLATFORM", json!("platform")),
        ("PASSKEY_AUTHENTICATOR_CROSS_PLATFORM", json!("cross-platform")),
    ] {
        let body = json!({ "authenticator": authenticator, "domain": "login.example.com" });
        let begun = Begun::of(&ada, &post(&passlink, token, &passkeys_of(&ada), &body).await);
        let options = &begun.options["publicKey"];
        assert_eq!(options["rp"], json!({ "id": "login.example.com", "name": "Passlink" }));
        assert_eq!(options["user"]["displayName"], "Ada Example");
        let selection = &options["authenticatorSelection"];
        assert_eq!(selection["residentKey"], "required", "{options}");
        assert_eq!(selection["requireResidentKey"], true, "{options}");
        assert_eq!(selection["userVerification"], "required", "{options}");
        assert_eq!(selection["authenticatorAttachment"], attachment, "{options}");
        let algorithms = options["pubKeyCredParams"].as_array().unwrap().iter();
        let algorithms: Vec<_> = algorithms.map(|it| it["alg"].as_i64().unwrap()).collect();
        assert!(algorithms.contains(&-7) && algorithms.contains(&-257), "{algorithms:?}");
        assert_eq!(options["timeout"], 300_000);
        handles.push(options["user"]["id"].clone());
    }
    handles.dedup();
    assert_eq!(handles.len(), 1, "a user has one handle");
    assert!(!handles[0].as_str().unwrap().contains(&ada.id), "which tells nothing of the user");
}

/// Registers a passkey that is made by hand; what the database has of it.
async fn registered(passlink: &Passlink, made: impl FnOnce(HandMade) -> HandMade) -> Vec<Value> {
    let ada = passlink.caller("ada@example.com", &[]);
    let code = returned_code(passlink, &ada).await;
    let body = json!({ "code": code, "authenticator": "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM" });
    let begun = Begun::of(&ada, &post(passlink, None, &passkeys_of(&ada), &body).await);
    let answer = made(begun.answer());
    let mut credential = answer.credential();
    credential["authenticatorAttachment"] = json!("cross-platform");
    credential["response"]["transports"] = json!(["usb", "nfc", "usb", "\u{7}", "internal"]);
    begun.finish(passlink, None, &credential).await.sequence();
    let columns = "credential_id, public_key, sign_count, transports, attachment, asked, \
        backup_eligible, backup_state, aaguid, rp_id, removed_at";
    let row = passlink.sql(&format!("SELECT {columns} FROM passkeys"), &[]).remove(0);
    assert_eq!(row[0], hex(&answer.id));
    assert_eq!(row[1], hex(&answer.public_key));
    row
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A yes or no, as either database has it.
fn is_true(value: &Value) -> bool {
    *value == true || *value == 1
}

#[tokio::test]
async fn an_es256_key_on_a_security_key_is_kept_with_all_that_is_known_of_it() {
    let passlink = Passlink::with_mail_dir().started().await;
    let key = Key::es256();
    let row = registered(&passlink, |answer| HandMade {
        public_key: key.public(),
        aaguid: [7; 16],
        ..answer
    })
    .await;
    assert_eq!(row[2], 0);
    assert_eq!(row[3], json!(["internal", "nfc", "usb"]).to_string());
    assert_eq!((&row[4], &row[5]), (&json!("cross-platform"), &json!("cross-platform")));
    assert!(!is_true(&row[6]) && !is_true(&row[7]), "{row:?}");
    assert_eq!(row[8], "07".repeat(16));
    assert_eq!(row[9], "login.example.com");
    assert_eq!(row[10], Value::Null);
}

#[tokio::test]
async fn an_rs256_key_that_can_be_backed_up_is_kept() {
    const BACKED_UP: u8 = 0b0001_1000;
    let passlink = Passlink::with_mail_dir().started().await;
    let key = Key::rs256();
    let row = registered(&passlink, |answer| HandMade {
        public_key: key.public(),
        flags: answer.flags | BACKED_UP,
        ..answer
    })
    .await;
    assert!(is_true(&row[6]) && is_true(&row[7]), "{row:?}");
}

#[tokio::test]
async fn a_key_that_attests_itself_is_taken_on_either_algorithm() {
    for key in [Key::es256(), Key::rs256()] {
        let passlink = Passlink::with_mail_dir().started().await;
        registered(&passlink, |answer| answer.attested_by(&key)).await;
    }
}

#[tokio::test]
async fn rsa_keys_of_more_bits_are_kept() {
    for bits in [3072, 4096] {
        let passlink = Passlink::with_mail_dir().started().await;
        let public_key = Key::rs256_of(bits).public();
        registered(&passlink, |answer| HandMade { public_key, ..answer }).await;
    }
}

fn without_exclusions(options: &Value) -> Value {
    let mut options = options.clone();
    options["publicKey"].as_object_mut().unwrap().remove("excludeCredentials");
    options
}

#[tokio::test]
async fn a_ceremony_outlives_a_crash() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    passlink.kill();
    passlink.start().await;
    let created = create_passkey(&begun.options, ORIGIN).await;
    assert_eq!(begun.finish(&passlink, None, &created).await.sequence(), 3);
}

#[tokio::test]
async fn a_relying_party_above_the_host_serves_the_origins_that_are_configured() {
    let others = json!(["https://app.example.com"]).to_string();
    let passlink = Passlink::with_mail_dir()
        .set("webauthn.rp_id", "example.com")
        .set("webauthn.rp_name", "Example Sign-in")
        .set("webauthn.extra_origins", &others)
        .started()
        .await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    for (domain, origin) in [
        ("example.com", "https://login.example.com"),
        ("login.example.com", "https://login.example.com"),
        ("app.example.com", "https://app.example.com"),
        ("", "https://app.example.com"),
    ] {
        let body = json!({ "domain": domain });
        let begun = Begun::of(&ada, &post(&passlink, token, &passkeys_of(&ada), &body).await);
        let party = &begun.options["publicKey"]["rp"];
        assert_eq!(*party, json!({ "id": "example.com", "name": "Example Sign-in" }));
        let created = create_passkey(&without_exclusions(&begun.options), origin).await;
        assert_eq!(begun.finish(&passlink, token, &created).await.status, 200, "{origin}");
    }
    let begun = begin(&passlink, &ada).await;
    let elsewhere = HandMade::answer(&begun.options, "https://www.example.com", b"elsewhere");
    assert_not_verified(&begun.finish(&passlink, token, &elsewhere.credential()).await);
}

#[tokio::test]
async fn what_belongs_to_another_relying_party_is_neither_finished_nor_excluded() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let [kept, open] = [begin(&passlink, &ada).await, begin(&passlink, &ada).await];
    kept.finish(&passlink, token, &kept.answer().credential()).await.sequence();
    passlink.stop().await;
    let mut passlink = passlink.set("webauthn.rp_id", "example.com");
    passlink.start().await;
    assert_not_verified(&open.finish(&passlink, token, &open.answer().credential()).await);
    let begun = begin(&passlink, &ada).await;
    assert_eq!(begun.options["publicKey"]["excludeCredentials"], json!([]));
    begun.finish(&passlink, token, &begun.answer().credential()).await.sequence();
    let kept = "SELECT DISTINCT rp_id FROM passkeys ORDER BY rp_id";
    let kept: Vec<_> = passlink.sql(kept, &[]).into_iter().flatten().collect();
    assert_eq!(kept, ["example.com", "login.example.com"]);
}

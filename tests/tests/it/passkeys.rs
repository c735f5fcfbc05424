//! Registering passkeys by the API, with a passkey in software.

use passlink_tests::{Answer, Caller, Passlink, create_passkey};
use reqwest::Method;
use serde_json::{Value, json};

const ORIGIN: &str = "https://login.example.com";

async fn post(passlink: &Passlink, token: Option<&str>, path: &str, body: &Value) -> Answer {
    let request = passlink.request(Method::POST, path).json(body);
    Answer::to(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

/// The path of a user's passkeys.
fn passkeys_of(user: &Caller) -> String {
    format!("/v2/users/{}/passkeys", user.id)
}

/// A link's id and code, returned.
async fn returned_code(passlink: &Passlink, user: &Caller) -> Value {
    let path = format!("{}/registration_link", passkeys_of(user));
    let answer = post(passlink, Some(&user.token), &path, &json!({ "returnCode": {} })).await;
    answer.json()["code"].clone()
}

/// The names of the user's passkeys, by both lists.
async fn names(passlink: &Passlink, user: &Caller) -> Vec<String> {
    let path = format!("{}/_search", passkeys_of(user));
    let second = post(passlink, Some(&user.token), &path, &json!({})).await.json();
    let path = "/auth/v1/users/me/passwordless/_search";
    let first = post(passlink, Some(&user.token), path, &json!({})).await.json();
    assert_eq!(first["result"], second["result"]);
    let result = second["result"].as_array().cloned().unwrap_or_default();
    let total = second["details"]["totalResult"].as_str().unwrap_or("0").to_owned();
    assert_eq!(total, result.len().to_string());
    assert!(result.iter().all(|passkey| passkey["state"] == "AUTH_FACTOR_STATE_READY"));
    result.iter().map(|passkey| passkey["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_link_registers_a_passkey_without_a_bearer_token_and_is_used_up() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let begin = json!({ "code": code });
    let begun = post(&passlink, None, &passkeys_of(&ada), &begin).await;
    assert_eq!(begun.sequence(), 2, "beginning is no change");
    let begun = begun.json();
    let options = &begun["publicKeyCredentialCreationOptions"];
    let created = create_passkey(options, ORIGIN).await;
    let path = format!("{}/{}", passkeys_of(&ada), begun["passkeyId"].as_str().unwrap());
    let finish = json!({ "publicKeyCredential": created, "passkeyName": " My phone " });
    let finished = post(&passlink, None, &path, &finish).await;
    assert_eq!(finished.sequence(), 3);
    let details = &finished.json()["details"];
    assert_eq!(details["creationDate"], details["changeDate"]);
    assert_eq!(names(&passlink, &ada).await, ["My phone"]);
    post(&passlink, None, &path, &finish).await.assert_error(
        400,
        3,
        "Errors.User.WebAuthN.ValidateFailed",
        "PASSKEY-ValidateFailed",
    );
    let again = post(&passlink, None, &passkeys_of(&ada), &begin).await;
    again.assert_error(400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid");
    assert_eq!(names(&passlink, &ada).await, ["My phone"]);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
}

#[tokio::test]
async fn a_caller_registers_lists_and_removes_passkeys() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let own = "/auth/v1/users/me/passwordless";
    let begun = post(&passlink, token, own, &json!({})).await;
    assert_eq!(begun.sequence(), 1);
    let options = decoded(&begun.json()["key"]["publicKey"]);
    let created = create_passkey(&options, ORIGIN).await;
    let verification = json!({
        "publicKeyCredential": encoded(&created.to_string()), "tokenName": "Laptop",
    });
    let path = format!("{own}/_verify");
    let finished = post(&passlink, token, &path, &json!({ "verification": verification })).await;
    assert_eq!(finished.sequence(), 2);
    let begun = post(&passlink, token, &passkeys_of(&ada), &json!({})).await.json();
    let options = &begun["publicKeyCredentialCreationOptions"];
    let excluded = &options["publicKey"]["excludeCredentials"];
    assert_eq!(excluded[0]["id"], created["id"]);
    let created =
        create_passkey(&json!({ "publicKey": without_exclusions(options) }), ORIGIN).await;
    let path = format!("{}/{}", passkeys_of(&ada), begun["passkeyId"].as_str().unwrap());
    let finished = post(&passlink, token, &path, &json!({ "publicKeyCredential": created })).await;
    assert_eq!(finished.sequence(), 3);
    assert_eq!(names(&passlink, &ada).await, ["Laptop", "Passkey"]);

    let search = post(&passlink, token, &format!("{own}/_search"), &json!({})).await.json();
    let ids: Vec<_> = search["result"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    let first = format!("{own}/{}", ids[0].as_str().unwrap());
    let second = format!("{}/{}", passkeys_of(&ada), ids[1].as_str().unwrap());
    for (path, sequence) in [(&first, 4), (&second, 5)] {
        let remove = || passlink.request(Method::DELETE, path).bearer_auth(&ada.token);
        assert_eq!(Answer::to(remove()).await.sequence(), sequence);
        let again = Answer::to(remove()).await;
        again.assert_error(404, 5, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound");
    }
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());
}

fn without_exclusions(options: &Value) -> Value {
    let mut options = options["publicKey"].clone();
    options.as_object_mut().unwrap().remove("excludeCredentials");
    options
}

fn decoded(base64: &Value) -> Value {
    use base64::prelude::{BASE64_STANDARD, Engine};
    serde_json::from_slice(&BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap()).unwrap()
}

fn encoded(text: &str) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(text)
}

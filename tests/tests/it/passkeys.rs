//! Registering passkeys by the API, with passkeys in software and by hand.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use passlink_tests::{Answer, Caller, HandMade, MailServer, Passlink, mime::Link};
use reqwest::Method;
use serde_json::{Value, json};

mod at_rest;
mod attestation;
mod between;
mod ceremony;
mod clients;
mod codes;
mod errors;
mod limits;
mod mails;
mod methods;
mod protocols;
mod races;
mod refusals;
mod rules;
mod secrecy;
mod tokens;

const ORIGIN: &str = "https://login.example.com";
/// The caller's own passkeys.
const OWN: &str = "/auth/v1/users/me/passwordless";

/// A ceremony that was begun.
struct Begun {
    /// The path that finishes it.
    path: String,
    /// The id that the passkey will have.
    id: String,
    options: Value,
}

impl Begun {
    fn of(user: &Caller, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let id = answer["passkeyId"].as_str().unwrap().to_owned();
        let options = answer["publicKeyCredentialCreationOptions"].clone();
        Self { path: format!("{}/{id}", passkeys_of(user)), id, options }
    }

    /// An answer that verifies.
    fn answer(&self) -> HandMade {
        HandMade::answer(&self.options, ORIGIN, self.id.as_bytes())
    }

    /// Hands in an answer.
    async fn finish(&self, passlink: &Passlink, token: Option<&str>, credential: &Value) -> Answer {
        self.finish_as(passlink, token, credential, "").await
    }

    /// Hands in an answer and a name.
    async fn finish_as(
        &self,
        passlink: &Passlink,
        token: Option<&str>,
        credential: &Value,
        name: &str,
    ) -> Answer {
        let body = json!({ "publicKeyCredential": credential, "passkeyName": name });
        post(passlink, token, &self.path, &body).await
    }
}

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
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["code"].clone()
}

/// A link's id and code, from its mail.
fn code_of(link: &Link) -> Value {
    json!({ "id": link.query["codeID"], "code": link.code })
}

/// Sends the user a link; its id and code, from the mail.
async fn mailed(passlink: &Passlink, mails: &MailServer, user: &Caller) -> Value {
    let before = mails.count();
    passlink.send_link(&user.token).await.sequence();
    let received = mails.until_mails(before + 1).await;
    code_of(&received[before].mail.register_link())
}

/// Begins with a link's code.
async fn try_to_begin(passlink: &Passlink, user: &Caller, code: &Value) -> Answer {
    post(passlink, None, &passkeys_of(user), &json!({ "code": code })).await
}

/// Begins with a link's code, which must hold.
async fn begin_with(passlink: &Passlink, user: &Caller, code: &Value) -> Begun {
    Begun::of(user, &try_to_begin(passlink, user, code).await)
}

/// Begins with the user's token.
async fn begin(passlink: &Passlink, user: &Caller) -> Begun {
    let answer = post(passlink, Some(&user.token), &passkeys_of(user), &json!({})).await;
    Begun::of(user, &answer)
}

/// Registers a passkey with a link's code; its id.
async fn register_with(passlink: &Passlink, user: &Caller, code: &Value, name: &str) -> String {
    let begun = begin_with(passlink, user, code).await;
    let credential = begun.answer().credential();
    begun.finish_as(passlink, None, &credential, name).await.sequence();
    begun.id
}

/// Removes a passkey with the user's token.
async fn remove(passlink: &Passlink, user: &Caller, passkey: &str) -> Answer {
    let path = format!("{}/{passkey}", passkeys_of(user));
    Answer::to(passlink.request(Method::DELETE, &path).bearer_auth(&user.token)).await
}

/// What the page of a link knows of it.
async fn inspect(passlink: &Passlink, code: &Value) -> Answer {
    at_link(passlink, code, "_inspect").await
}

/// A call of `LinkService` about a link.
async fn at_link(passlink: &Passlink, code: &Value, verb: &str) -> Answer {
    let path = format!("/passlink/v1/links/{}/{verb}", code["id"].as_str().unwrap());
    post(passlink, None, &path, &json!({ "code": code["code"] })).await
}

/// Undoes a registration.
async fn undo(passlink: &Passlink, passkey: &str, code: &str) -> Answer {
    at_passkey(passlink, passkey, "undo", code).await
}

/// A call of `LinkService` about a passkey.
async fn at_passkey(passlink: &Passlink, passkey: &str, verb: &str, code: &str) -> Answer {
    let path = format!("/passlink/v1/passkeys/{passkey}/_{verb}");
    post(passlink, None, &path, &json!({ "code": code })).await
}

/// The names of the user's passkeys, by both lists.
async fn names(passlink: &Passlink, user: &Caller) -> Vec<String> {
    let path = format!("{}/_search", passkeys_of(user));
    let second = post(passlink, Some(&user.token), &path, &json!({})).await.json();
    let first = post(passlink, Some(&user.token), &format!("{OWN}/_search"), &json!({})).await;
    assert_eq!(first.json()["result"], second["result"]);
    let result = second["result"].as_array().cloned().unwrap_or_default();
    let total = second["details"]["totalResult"].as_str().unwrap_or("0").to_owned();
    assert_eq!(total, result.len().to_string());
    assert!(result.iter().all(|passkey| passkey["state"] == "AUTH_FACTOR_STATE_READY"));
    result.iter().map(|passkey| passkey["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_code_invalid(answer: &Answer) {
    answer.assert_error(400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid");
}

#[track_caller]
fn assert_not_verified(answer: &Answer) {
    let text = "Errors.User.WebAuthN.ValidateFailed";
    answer.assert_error(400, 3, text, "PASSKEY-ValidateFailed");
}

#[track_caller]
fn assert_not_found(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound");
}

/// How many rows each table has.
fn rows(passlink: &Passlink) -> BTreeMap<&'static str, u64> {
    const TABLES: [&str; 7] =
        ["users", "tokens", "events", "links", "outbox", "passkeys", "ceremonies"];
    let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})")).join(", ");
    let counts = passlink.sql(&format!("SELECT {counts}"), &[]).remove(0);
    TABLES.into_iter().zip(counts.iter().map(|count| count.as_u64().unwrap())).collect()
}

/// Finishes, with the user's token, the ceremony whose challenge the answer has.
async fn verify_own(passlink: &Passlink, user: &Caller, credential: &Value) -> Answer {
    let credential = base64(credential);
    let body = json!({ "verification": { "publicKeyCredential": credential } });
    post(passlink, Some(&user.token), &format!("{OWN}/_verify"), &body).await
}

/// As bytes stand in JSON.
fn base64(json: &Value) -> String {
    BASE64_STANDARD.encode(json.to_string())
}

/// What stands in bytes.
fn from_base64(text: &Value) -> Value {
    serde_json::from_slice(&BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap()
}

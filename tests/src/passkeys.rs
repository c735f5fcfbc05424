//! Registering passkeys by the API, with passkeys made by hand.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Api, Caller, HandMade, mime::Link};

/// Where the pages of an installation are that nothing else is said of.
pub const ORIGIN: &str = "https://login.example.com";
/// The caller's own passkeys.
pub const OWN: &str = "/auth/v1/users/me/passwordless";

/// A ceremony that was begun.
pub struct Begun {
    /// The path that finishes it.
    pub path: String,
    /// The id that the passkey will have.
    pub id: String,
    /// What the browser gets.
    pub options: Value,
}

impl Begun {
    pub fn of(user: &Caller, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let id = answer["passkeyId"].as_str().unwrap().to_owned();
        let options = answer["publicKeyCredentialCreationOptions"].clone();
        Self { path: format!("{}/{id}", passkeys_of(user)), id, options }
    }

    /// An answer that verifies.
    pub fn answer(&self) -> HandMade {
        HandMade::answer(&self.options, ORIGIN, self.id.as_bytes())
    }

    /// Hands in an answer.
    pub async fn finish(
        &self,
        passlink: &impl Api,
        token: Option<&str>,
        credential: &Value,
    ) -> Answer {
        self.finish_as(passlink, token, credential, "").await
    }

    /// Hands in an answer and a name.
    pub async fn finish_as(
        &self,
        passlink: &impl Api,
        token: Option<&str>,
        credential: &Value,
        name: &str,
    ) -> Answer {
        let body = json!({ "publicKeyCredential": credential, "passkeyName": name });
        post(passlink, token, &self.path, &body).await
    }
}

/// Sends JSON, with a token or without.
pub async fn post(passlink: &impl Api, token: Option<&str>, path: &str, body: &Value) -> Answer {
    passlink.post(token, path, body).await
}

/// The path of a user's passkeys.
pub fn passkeys_of(user: &Caller) -> String {
    format!("/v2/users/{}/passkeys", user.id)
}

/// A link's id and code, returned.
pub async fn returned_code(passlink: &impl Api, user: &Caller) -> Value {
    let path = format!("{}/registration_link", passkeys_of(user));
    let answer = post(passlink, Some(&user.token), &path, &json!({ "returnCode": {} })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["code"].clone()
}

/// A link's id and code, from its mail.
pub fn code_of(link: &Link) -> Value {
    json!({ "id": link.query["codeID"], "code": link.code })
}

/// Begins with a link's code.
pub async fn try_to_begin(passlink: &impl Api, user: &Caller, code: &Value) -> Answer {
    post(passlink, None, &passkeys_of(user), &json!({ "code": code })).await
}

/// Begins with a link's code, which must hold.
pub async fn begin_with(passlink: &impl Api, user: &Caller, code: &Value) -> Begun {
    Begun::of(user, &try_to_begin(passlink, user, code).await)
}

/// Begins with the user's token.
pub async fn begin(passlink: &impl Api, user: &Caller) -> Begun {
    let answer = post(passlink, Some(&user.token), &passkeys_of(user), &json!({})).await;
    Begun::of(user, &answer)
}

/// Registers a passkey with a link's code; its id.
pub async fn register_with(passlink: &impl Api, user: &Caller, code: &Value, name: &str) -> String {
    let begun = begin_with(passlink, user, code).await;
    let credential = begun.answer().credential();
    begun.finish_as(passlink, None, &credential, name).await.sequence();
    begun.id
}

/// Removes a passkey with the user's token.
pub async fn remove(passlink: &impl Api, user: &Caller, passkey: &str) -> Answer {
    let path = format!("{}/{passkey}", passkeys_of(user));
    passlink.answer(passlink.request(Method::DELETE, &path).bearer_auth(&user.token)).await
}

/// What the page of a link knows of it.
pub async fn inspect(passlink: &impl Api, code: &Value) -> Answer {
    at_link(passlink, code, "_inspect").await
}

/// A call of `LinkService` about a link.
pub async fn at_link(passlink: &impl Api, code: &Value, verb: &str) -> Answer {
    let path = format!("/passlink/v1/links/{}/{verb}", code["id"].as_str().unwrap());
    post(passlink, None, &path, &json!({ "code": code["code"] })).await
}

/// Undoes a registration.
pub async fn undo(passlink: &impl Api, passkey: &str, code: &str) -> Answer {
    at_passkey(passlink, passkey, "undo", code).await
}

/// A call of `LinkService` about a passkey.
pub async fn at_passkey(passlink: &impl Api, passkey: &str, verb: &str, code: &str) -> Answer {
    let path = format!("/passlink/v1/passkeys/{passkey}/_{verb}");
    post(passlink, None, &path, &json!({ "code": code })).await
}

/// The names of the user's passkeys, by both lists.
pub async fn names(passlink: &impl Api, user: &Caller) -> Vec<String> {
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
pub fn assert_code_invalid(answer: &Answer) {
    answer.assert_error(400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid");
}

#[track_caller]
pub fn assert_not_verified(answer: &Answer) {
    let text = "Errors.User.WebAuthN.ValidateFailed";
    answer.assert_error(400, 3, text, "PASSKEY-ValidateFailed");
}

#[track_caller]
pub fn assert_not_found(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound");
}

/// Finishes, with the user's token, the ceremony whose challenge the answer has.
pub async fn verify_own(passlink: &impl Api, user: &Caller, credential: &Value) -> Answer {
    let credential = base64(credential);
    let body = json!({ "verification": { "publicKeyCredential": credential } });
    post(passlink, Some(&user.token), &format!("{OWN}/_verify"), &body).await
}

/// As bytes stand in JSON.
pub fn base64(json: &Value) -> String {
    BASE64_STANDARD.encode(json.to_string())
}

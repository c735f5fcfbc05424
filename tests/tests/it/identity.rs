//! Passlink and the tokens of an OpenID provider.

use std::time::{SystemTime, UNIX_EPOCH};

use passlink_tests::{
    Answer, Api, Call, IdentityProvider, Passlink, Protocol,
    identity_provider::{AUDIENCE, SCOPES},
    until,
};
use serde_json::{Value, json};

mod changes;
mod commands;
mod introspection;
mod jwt;
mod keys;
mod newcomers;
mod opaque;
mod outages;
mod provider;
mod refused;
mod secrecy;
mod services;
mod sign_in;
mod users;

/// What the configuration says of an issuer whose tokens for [`AUDIENCE`] are taken.
pub(super) fn issuer(provider: &IdentityProvider, more: Value) -> Value {
    changed(json!({ "issuer": provider.url(), "audience": AUDIENCE }), more)
}

/// An installation that takes the tokens of issuers, and however many wrong ones.
fn taking(issuers: &[Value]) -> Passlink {
    trusting(Passlink::with_mail_dir(), issuers).set("limits.wrong_tokens_per_minute", "10000")
}

/// With issuers whose tokens are taken, and as many links as can be.
fn trusting(passlink: Passlink, issuers: &[Value]) -> Passlink {
    passlink.generous().set("identity.issuers", &json!(issuers).to_string())
}

/// An object with other members; `null` takes one away.
fn changed(object: Value, changes: Value) -> Value {
    let mut object = and(object, changes);
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}

/// The members of two objects, and of the second one where both have them.
pub(super) fn and(mut object: Value, more: Value) -> Value {
    let members = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(members);
    object
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "tests live in real time")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What a good token of a person says, but for what is changed.
fn claims(provider: &IdentityProvider, sub: &str, changes: Value) -> Value {
    let now = now();
    let claims = json!({
        "iss": provider.url(), "aud": AUDIENCE, "sub": sub, "client_id": "app", "scope": SCOPES,
        "iat": now, "exp": now + 3600, "auth_time": now,
    });
    changed(claims, changes)
}

/// A token that the provider signs, with good claims but for what is changed.
fn signed(provider: &IdentityProvider, sub: &str, changes: Value) -> String {
    provider.sign(&json!({}), &claims(provider, sub, changes))
}

/// Adds Ada, whom the provider calls `ada`; her id.
#[track_caller]
fn ada(passlink: &Passlink, provider: &IdentityProvider) -> String {
    known_as(passlink, "ada@example.com", provider, "ada")
}

/// Adds a user whom the provider knows; the user's id.
#[track_caller]
fn known_as(passlink: &Passlink, email: &str, provider: &IdentityProvider, sub: &str) -> String {
    let user = passlink.user(email, &["--issuer", provider.url(), "--subject", sub]);
    user["id"].as_str().unwrap().to_owned()
}

/// What the log says in lines with a message, as it is now.
fn logged(passlink: &Passlink, message: &str) -> Vec<Value> {
    let log = passlink.log();
    // The last line may not be there whole.
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

/// Waits until a line of the log has a message, a level, and words anywhere.
async fn until_logged(passlink: &Passlink, level: &str, message: &str, words: &str) -> Value {
    until(&format!("{level} {message}: {words}"), async || {
        let lines = logged(passlink, message).into_iter();
        lines.rev().find(|line| line["level"] == level && line.to_string().contains(words))
    })
    .await
}

/// Why requests were refused, as the log says it.
fn reasons(passlink: &Passlink) -> Vec<String> {
    let lines = logged(passlink, "a request was refused");
    lines.iter().map(|line| line["reason"].as_str().unwrap().to_owned()).collect()
}

/// Makes a call that must succeed, on each protocol.
async fn done_on_all(passlink: &Passlink, token: &str, call: &Call) {
    for protocol in Protocol::ALL {
        protocol.answer(call, &protocol.call(passlink, Some(token), call).await);
    }
}

/// Waits until a token speaks for a user: when its key is known, say.
async fn until_taken(passlink: &Passlink, token: &str) {
    until("the token to be taken", async || {
        let answer = passlink.send_link(token).await;
        (answer.status == 200).then_some(())
    })
    .await;
}

/// Who made changes to a user after the first one.
fn actors(passlink: &Passlink, user: &str) -> Vec<Vec<Value>> {
    let changes = "FROM events WHERE user_id = ? AND sequence > 1";
    let select = format!("SELECT DISTINCT actor_kind, actor {changes} ORDER BY actor_kind");
    passlink.sql(&select, &[user])
}

#[track_caller]
fn assert_wrong(answer: &Answer) {
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
}

#[track_caller]
fn assert_no_user(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
}

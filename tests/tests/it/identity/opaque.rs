//! Access tokens that only their issuer understands.

use std::time::{Duration, Instant};

use passlink_tests::{
    Api, Call, IdentityProvider, MailServer, PATIENCE, Passlink, Protocol,
    identity_provider::{Endpoint, Fault, Kind, secret},
    passkeys::OWN,
    until_within,
};
use serde_json::{Value, json};

use super::*;

/// The issuer, which is asked by `passlink`.
pub(super) fn introspecting(provider: &IdentityProvider, more: Value) -> Value {
    let client = json!({
        "introspection_client_id": "passlink", "introspection_secret": secret("passlink"),
    });
    issuer(provider, and(client, more))
}

/// How often an issuer may be asked about a token that was first seen then: an answer is remembered
/// for 30 s.
pub(super) fn questions_since(started: Instant) -> u64 {
    1 + started.elapsed().as_secs() / 30
}

/// A signed-in person has links sent on each protocol, where Passlink asks as this client.
async fn assert_sends(client: &str, secret: impl FnOnce(&IdentityProvider) -> String) {
    let provider = IdentityProvider::start();
    let mails = MailServer::plain();
    let asking = json!({
        "introspection_client_id": client, "introspection_secret": secret(&provider),
        "clients": ["app"], "scope": "passlink.links",
    });
    let passlink = trusting(Passlink::with_mail_server(&mails), &[issuer(&provider, asking)]);
    let passlink = passlink.started().await;
    let ada = ada(&passlink, &provider);
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    let (call, started) = (Call::send_link(), Instant::now());
    for (count, protocol) in (1..).zip(Protocol::ALL) {
        protocol.answer(&call, &protocol.call(&passlink, Some(&token), &call).await);
        let mail = mails.until_mails(count).await.remove(count - 1);
        assert_eq!(mail.mail.register_link().query["userID"], ada);
    }
    let (asked, allowed) = (provider.count(Endpoint::Introspection), questions_since(started));
    assert!((1..=allowed).contains(&asked), "{asked} questions, {allowed} allowed");
}

#[tokio::test]
async fn an_opaque_token_sends_a_link_on_each_protocol_where_passlink_asks_with_a_password() {
    assert_sends("passlink", |_| secret("passlink")).await;
}

#[tokio::test]
async fn an_opaque_token_sends_a_link_on_each_protocol_where_passlink_asks_with_an_rsa_key() {
    assert_sends("passlink-key", |provider| provider.private_key_pem("RS256")).await;
}

#[tokio::test]
async fn an_opaque_token_sends_a_link_on_each_protocol_where_passlink_asks_with_an_ec_key() {
    assert_sends("passlink-key", |provider| provider.private_key_pem("ES256")).await;
}

#[tokio::test]
async fn an_opaque_token_that_its_issuer_does_not_hold_for_good_is_refused() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({ "clients": ["app"] }))]);
    let passlink = passlink.started().await;
    ada(&passlink, &provider);
    let revoked = provider.sign_in("ada", Kind::Opaque).await.access;
    provider.revoke(&revoked).await;
    let not_held = "the issuer says that it does not hold";
    let of_other = provider.sign_in_at("other", "ada", Kind::Opaque).await.access;
    let without_audience = provider.sign_in("ada", Kind::WithoutAudience).await.access;
    for (what, token, why) in [
        ("revoked", &*revoked, not_held),
        ("unknown", "unknown", not_held),
        ("not even a token of an issuer", "a.b.c", not_held),
        ("another client", &of_other, "its client is not among"),
        ("no audience", &without_audience, "its `aud` lacks"),
    ] {
        assert_wrong(&passlink.send_link(token).await);
        let line = until_logged(&passlink, "INFO", "a request was refused", why).await;
        assert!(!line.to_string().contains(token) || token.len() < 10, "{what}: {line}");
    }

    // One that was in use is refused once the answer is no longer remembered.
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    passlink.send_link(&token).await.sequence();
    provider.revoke(&token).await;
    until_within(2 * PATIENCE, "the token to be refused", async || {
        let answer = passlink.post(Some(&token), &format!("{OWN}/_search"), &json!({})).await;
        (answer.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_an_issuer_says_of_an_opaque_token_is_looked_at_as_a_jwt_is() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    ada(&passlink, &provider);
    let said = |changes| claims(&provider, "ada", and(json!({ "active": true }), changes));
    let not_held = "the issuer says that it does not hold";
    for (number, (changes, why)) in (0..).zip([
        (json!({ "active": false }), not_held),
        (json!({ "token_type": "DPoP" }), "its `token_type` is not Bearer"),
        (json!({ "token_type": "refresh_token" }), "its `token_type` is not Bearer"),
        (json!({ "iss": "https://other.example.com" }), "the answer of its issuer names another"),
        (json!({ "exp": now() - 61 }), "it has expired"),
        (json!({ "aud": "https://elsewhere.example.com" }), "its `aud` lacks"),
        (json!({ "cnf": { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } }), "`cnf`"),
        (json!({ "sub": null }), "its `sub` must"),
    ]) {
        provider.fault(Endpoint::Introspection, Fault::Says(said(changes.clone())));
        let before = reasons(&passlink).len();
        let token = format!("token-{number}");
        let answer = passlink.send_link(&token).await;
        assert_eq!(answer.status, 401, "{changes}: {answer:?}");
        assert_wrong(&answer);
        let told = until("a line of the log", async || reasons(&passlink).get(before).cloned());
        let told = told.await;
        assert!(told.contains(why), "{changes}: {told}");
    }
    for (token, good) in [
        ("token-of-ada", said(json!({ "iss": null, "token_type": "bearer" }))),
        ("token-without-end", said(json!({ "exp": null, "token_type": null }))),
    ] {
        provider.fault(Endpoint::Introspection, Fault::Says(good));
        passlink.send_link(token).await.sequence();
    }
}

/// Providers say of a refresh token that it is active, and neither what it is nor whom it is for.
#[tokio::test]
async fn a_refresh_token_is_none_that_a_caller_can_present() {
    let provider = IdentityProvider::start();
    let by_client = introspecting(&provider, json!({ "audience": null, "clients": ["app"] }));
    let passlink = taking(&[by_client]).started().await;
    ada(&passlink, &provider);
    let said = |changes| claims(&provider, "ada", and(json!({ "active": true }), changes));
    let refresh_token = said(json!({ "token_type": null, "aud": null }));
    provider.fault(Endpoint::Introspection, Fault::Says(refresh_token));
    assert_wrong(&passlink.send_link("refresh-token").await);
    until_logged(&passlink, "INFO", "a request was refused", "may be a refresh token").await;
    let access_token = said(json!({ "token_type": "Bearer", "aud": null }));
    provider.fault(Endpoint::Introspection, Fault::Says(access_token));
    passlink.send_link("access-token").await.sequence();
}

/// What is wrong with Passlink as a client is no fault of the token.
#[tokio::test]
async fn an_answer_of_400_is_about_the_token_unless_it_names_the_client() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    ada(&passlink, &provider);
    for (error, status) in [("unsupported_token_type", 401), ("invalid_client", 503)] {
        provider.fault(Endpoint::Introspection, Fault::Errs(400, json!({ "error": error })));
        assert_eq!(passlink.send_link(error).await.status, status, "{error}");
    }
    let why = "has the status 400 Bad Request, and says `invalid_client`";
    until_logged(&passlink, "WARN", "introspection failed", why).await;
}

/// An answer is remembered for half a minute, and no longer than the token holds.
#[tokio::test]
async fn a_remembered_answer_ends_with_its_token() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    ada(&passlink, &provider);
    let soon = json!({ "active": true, "token_type": "Bearer", "exp": now() + 3 });
    provider.fault(Endpoint::Introspection, Fault::Says(claims(&provider, "ada", soon)));
    let list = async || {
        passlink.post(Some("short-lived"), &format!("{OWN}/_search"), &json!({})).await.status
    };
    let began = Instant::now();
    assert_eq!(list().await, 200);
    until("the token to end", async || (list().await == 401).then_some(())).await;
    let asked = provider.count(Endpoint::Introspection);
    assert!(asked == 1 || began.elapsed() > Duration::from_secs(30), "{asked}");
}

#[tokio::test]
async fn an_opaque_token_is_refused_where_no_issuer_is_asked() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    let jwt = provider.sign_in("ada", Kind::Jwt).await.access;
    let passlink = taking(&[issuer(&provider, json!({}))]).started().await;
    ada(&passlink, &provider);
    assert_wrong(&passlink.send_link(&token).await);
    until_logged(&passlink, "INFO", "a request was refused", "it is opaque, and no issuer").await;
    passlink.send_link(&jwt).await.sequence();
    assert_eq!(provider.count(Endpoint::Introspection), 0);
}

#[tokio::test]
async fn the_issuer_that_is_asked_can_be_any_of_the_list_and_speaks_for_no_other() {
    let (provider, other) = (IdentityProvider::start(), IdentityProvider::start());
    let issuers = [issuer(&other, json!({})), introspecting(&provider, json!({}))];
    let passlink = taking(&issuers).started().await;
    ada(&passlink, &provider);
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    passlink.send_link(&token).await.sequence();
    let others = other.sign_in("ada", Kind::Opaque).await.access;
    assert_wrong(&passlink.send_link(&others).await);
    assert_eq!(other.count(Endpoint::Introspection), 0);
}

//! An issuer that is down, or answers something else than it should: whoever needs it is told so, and
//! nobody else notices.

use passlink_tests::{
    Api, Call, IdentityProvider, Passlink, Protocol,
    identity_provider::{Endpoint, Fault, Kind},
    rpc::assert_refused,
    until,
};
use serde_json::json;

use super::*;

const CANT_FETCH: &str = "the keys of an issuer of tokens can't be fetched";

/// Starts a server that can't have the keys, with Ada; returns it with a token of Passlink's own.
async fn without_keys(provider: &IdentityProvider) -> (Passlink, String) {
    let passlink = taking(&[issuer(provider, json!({}))]).started().await;
    let ada = ada(&passlink, provider);
    let own = passlink.token(&ada, &[]);
    (passlink, own)
}

#[tokio::test]
async fn a_server_starts_without_its_issuer_and_takes_its_tokens_when_it_is_back() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    provider.down();
    let (passlink, own) = without_keys(&provider).await;
    for protocol in Protocol::ALL {
        let outcome = protocol.call(&passlink, Some(&token), &Call::send_link()).await;
        assert_refused(&outcome, 14, "SERVICE-Unavailable");
        assert_eq!(outcome.headers.get("www-authenticate"), None, "{protocol:?}");
    }
    assert_unavailable(&passlink.send_link(&token).await);
    let line = until_logged(&passlink, "WARN", CANT_FETCH, "Connection refused").await;
    assert_eq!(line["issuer"], provider.url(), "{line}");
    // Tokens that no issuer can have made need no issuer, and Passlink's own neither.
    let elsewhere = signed(&provider, "ada", json!({ "iss": "https://unknown.example.com" }));
    assert_wrong(&passlink.send_link(&elsewhere).await);
    passlink.send_link(&own).await.sequence();
    provider.up();
    until_taken(&passlink, &token).await;
}

#[tokio::test]
async fn an_issuer_whose_answers_can_not_be_used_is_unavailable() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    let metadata = |changes| {
        let jwks = format!("{}/jwks", provider.url());
        Fault::Says(changed(json!({ "issuer": provider.url(), "jwks_uri": jwks }), changes))
    };
    let elsewhere = format!("{}/elsewhere/jwks", provider.url());
    for (endpoint, fault, why) in [
        (Endpoint::Discovery, Fault::Refuse, "has the status 500"),
        (Endpoint::Discovery, Fault::Nonsense, "is not the JSON that it should be"),
        (Endpoint::Discovery, Fault::Huge, "is longer than 262144 octets"),
        (Endpoint::Discovery, Fault::Redirect, "has the status 302"),
        (
            Endpoint::Discovery,
            metadata(json!({ "issuer": "https://other.example.com" })),
            "names another one",
        ),
        (
            Endpoint::Discovery,
            metadata(json!({ "issuer": provider.url().to_owned() + "/" })),
            "names",
        ),
        (
            Endpoint::Discovery,
            metadata(json!({ "jwks_uri": "http://keys.example.com/jwks" })),
            "is not https",
        ),
        (
            Endpoint::Discovery,
            metadata(json!({ "introspection_endpoint": "ftp://localhost/" })),
            "is not https",
        ),
        (Endpoint::Discovery, Fault::Says(json!(["a list"])), "is not the JSON that it should be"),
        (Endpoint::Jwks, Fault::Refuse, "has the status 500"),
        (Endpoint::Jwks, Fault::Nonsense, "is not the JSON that it should be"),
        (Endpoint::Jwks, Fault::Huge, "is longer than 262144 octets"),
        (Endpoint::Jwks, Fault::Redirect, "has the status 302"),
        (Endpoint::Jwks, Fault::Says(json!({ "keys": elsewhere })), "is not the JSON"),
    ] {
        provider.fault(endpoint, fault.clone());
        let (passlink, own) = without_keys(&provider).await;
        let answer = passlink.send_link(&token).await;
        assert_eq!(answer.status, 503, "{endpoint:?} {fault:?}: {answer:?}");
        assert_unavailable(&answer);
        until_logged(&passlink, "WARN", CANT_FETCH, why).await;
        passlink.send_link(&own).await.sequence();
        let asked = provider.count(Endpoint::Elsewhere);
        assert_eq!(asked, 0, "{fault:?}: nobody goes where a redirect points to");
        provider.fault(endpoint, Fault::None);
    }
}

#[tokio::test]
async fn keys_that_are_none_are_passed_over() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    let jwks = || passlink_tests::client().get(format!("{}/jwks", provider.url()));
    let mut keys = Answer::to(jwks()).await.text;
    let junk =
        r#"{"keys":[1,{},{"kty":"oct","k":"AAAA","kid":"RS256-1"},{"kty":"RSA","use":"enc"},"#;
    keys = keys.replacen(r#"{"keys":["#, junk, 1);
    let keys = serde_json::from_str(&keys).expect(&keys);
    provider.fault(Endpoint::Jwks, Fault::Says(keys));
    let (passlink, _) = without_keys(&provider).await;
    passlink.send_link(&token).await.sequence();
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_given_up_and_nobody_else_waits_for_it() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let before = provider.count(endpoint);
        provider.fault(endpoint, Fault::Hold);
        let (passlink, own) = without_keys(&provider).await;
        let asked = async || (provider.count(endpoint) > before).then_some(());
        until("the question", asked).await;
        let waiting: Vec<_> =
            (0..20).map(|_| tokio::spawn(Answer::to(passlink.sending(&token)))).collect();
        // They are served although the others wait, or waited.
        for _ in 0..5 {
            passlink.send_link(&own).await.sequence();
        }
        for waiting in waiting {
            assert_unavailable(&waiting.await.unwrap());
        }
        until_logged(&passlink, "WARN", CANT_FETCH, "timed out").await;
        provider.fault(endpoint, Fault::None);
        until_taken(&passlink, &token).await;
    }
}

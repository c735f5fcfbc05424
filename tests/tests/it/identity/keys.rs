//! The public keys of an issuer: taken when they are needed, and not fetched again and again.

use std::time::{Duration, Instant};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use futures_util::{StreamExt, stream};
use passlink_tests::{
    Api, IdentityProvider, PATIENCE, Passlink,
    identity_provider::{Endpoint, Fault, Kind},
    passkeys::OWN,
    until, until_within,
};
use serde_json::json;

use super::*;

/// The time between two fetches.
const MIN_INTERVAL: Duration = Duration::from_secs(10);

/// A token in the name of a key that nobody has.
fn made_up(token: &str, number: usize) -> String {
    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": format!("made-up-{number}") });
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// A server that has the keys, with Ada.
async fn with_keys(provider: &IdentityProvider) -> Passlink {
    let passlink = taking(&[issuer(provider, json!({}))]).started().await;
    ada(&passlink, provider);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    passlink.send_link(&token).await.sequence();
    passlink
}

#[tokio::test]
async fn a_new_key_is_taken_and_one_that_the_issuer_dropped_no_longer_is() {
    let provider = IdentityProvider::start();
    let passlink = with_keys(&provider).await;
    let first = provider.sign_in("ada", Kind::Jwt).await.access;
    provider.rotate_keys(true);
    let second = provider.sign_in("ada", Kind::Jwt).await.access;
    until_taken(&passlink, &second).await;
    passlink.send_link(&first).await.sequence();

    provider.rotate_keys(false);
    // Nobody has told Passlink yet.
    passlink.send_link(&second).await.sequence();
    let third = provider.sign_in("ada", Kind::JwtEs256).await.access;
    until_taken(&passlink, &third).await;
    for dropped in [&first, &second] {
        assert_wrong(&passlink.send_link(dropped).await);
    }
    passlink.send_link(&third).await.sequence();
}

#[tokio::test]
async fn a_thousand_keys_that_nobody_has_cause_few_questions() {
    let provider = IdentityProvider::start();
    let passlink = with_keys(&provider).await;
    let token = signed(&provider, "ada", json!({}));
    let count = || provider.count(Endpoint::Jwks);
    let (before, started) = (count(), Instant::now());
    let requests = (0..1000).map(|number| passlink.sending(&made_up(&token, number)));
    let answers = stream::iter(requests).map(Answer::to).buffer_unordered(50);
    answers.for_each(async |answer| assert_wrong(&answer)).await;
    let most = |started: Instant| 1 + started.elapsed().as_secs() / MIN_INTERVAL.as_secs();
    let (asked, allowed) = (count() - before, most(started));
    println!("{asked} questions for 1000 requests in {:?}", started.elapsed());
    assert!(asked <= allowed, "{asked} questions, {allowed} allowed");
    // They do cause some: a key could be new.
    until("a question", async || {
        assert_wrong(&passlink.send_link(&made_up(&token, 1000)).await);
        (count() > before).then_some(())
    })
    .await;
    let (asked, allowed) = (count() - before, most(started));
    assert!(asked <= allowed, "{asked} questions, {allowed} allowed");
    assert_eq!(provider.count(Endpoint::Discovery), count());
}

#[tokio::test]
async fn tokens_with_known_keys_are_taken_while_the_issuer_is_down() {
    let provider = IdentityProvider::start();
    let passlink = with_keys(&provider).await;
    let token = provider.sign_in("ada", Kind::JwtEs256).await.access;
    provider.down();
    passlink.send_link(&token).await.sequence();
    // Even while somebody asks for a key that is not there.
    let message = "the keys of an issuer of tokens can't be fetched";
    until("a try to fetch the keys", async || {
        assert_wrong(&passlink.send_link(&made_up(&token, 0)).await);
        let listed = passlink.post(Some(&token), &format!("{OWN}/_search"), &json!({})).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        logged(&passlink, message).pop()
    })
    .await;
    passlink.send_link(&token).await.sequence();
}

#[tokio::test]
async fn keys_that_an_issuer_ceased_to_tell_are_kept_until_it_tells_again() {
    let provider = IdentityProvider::start();
    let passlink = with_keys(&provider).await;
    provider.fault(Endpoint::Jwks, Fault::Hold);
    let before = provider.count(Endpoint::Jwks);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    // Whoever needs a new key waits for it; nobody else does.
    let (passlink, new) = (std::sync::Arc::new(passlink), made_up(&token, 0));
    let asking = until_within(2 * PATIENCE, "a question", async || {
        let (passlink, new) = (passlink.clone(), new.clone());
        let mut asking = tokio::spawn(async move { passlink.send_link(&new).await });
        let is_held = async || (provider.count(Endpoint::Jwks) > before).then_some(());
        tokio::select! {
            answer = &mut asking => {
                assert_wrong(&answer.unwrap());
                None
            }
            () = until("the question", is_held) => Some(asking),
        }
    })
    .await;
    passlink.send_link(&token).await.sequence();
    provider.fault(Endpoint::Jwks, Fault::None);
    assert_wrong(&asking.await.unwrap());
    passlink.send_link(&token).await.sequence();
}

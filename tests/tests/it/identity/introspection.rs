//! Asking an issuer about opaque tokens: once for each, not for those who guess, and without harm to
//! others when there is no answer.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use passlink_tests::{
    Answer, Api, IdentityProvider, client_builder,
    identity_provider::{Endpoint, Fault, Kind},
    passkeys::OWN,
    until,
};
use reqwest::Method;
use serde_json::json;

use super::{
    opaque::{introspecting, questions_since},
    *,
};

const FAILED: &str = "introspection failed";

fn questions(provider: &IdentityProvider) -> u64 {
    provider.count(Endpoint::Introspection)
}

#[tokio::test]
async fn an_issuer_that_does_not_know_passlinks_secret_makes_opaque_tokens_unavailable() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    let jwt = provider.sign_in("ada", Kind::Jwt).await.access;
    let wrong = introspecting(&provider, json!({ "introspection_secret": "a wrong guess" }));
    let passlink = taking(&[wrong]).started().await;
    ada(&passlink, &provider);
    assert_unavailable(&passlink.send_link(&token).await);
    until_logged(&passlink, "WARN", FAILED, "has the status 401").await;
    passlink.send_link(&jwt).await.sequence();
    assert!(!passlink.log().contains("a wrong guess"));
}

#[tokio::test]
async fn answers_that_can_not_be_used_make_opaque_tokens_unavailable_until_they_can() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    let own = passlink.token(&ada(&passlink, &provider), &[]);
    for (fault, why) in [
        (Fault::Refuse, "has the status 500"),
        (Fault::Nonsense, "is not the JSON that it should be"),
        (Fault::Huge, "is longer than 262144 octets"),
        (Fault::Redirect, "has the status 302"),
        (Fault::Says(json!({ "sub": "ada" })), "does not say whether the token is active"),
        (Fault::Hold, "timed out"),
    ] {
        provider.fault(Endpoint::Introspection, fault.clone());
        // After no answer at all, the issuer is left alone for a moment.
        until(&format!("{fault:?}"), async || {
            let answer = passlink.send_link(&token).await;
            assert_eq!(answer.status, 503, "{fault:?}: {answer:?}");
            assert_unavailable(&answer);
            let lines = logged(&passlink, FAILED);
            lines.into_iter().find(|line| line.to_string().contains(why))
        })
        .await;
        passlink.send_link(&own).await.sequence();
    }
    assert_eq!(provider.count(Endpoint::Elsewhere), 0);
    // A rest is one: calls that come meanwhile ask nobody.
    let (before, started) = (questions(&provider), Instant::now());
    for _ in 0..20 {
        assert_unavailable(&passlink.send_link(&token).await);
    }
    let most = 1 + started.elapsed().as_secs() / 5;
    assert!(questions(&provider) - before <= most);
    provider.fault(Endpoint::Introspection, Fault::None);
    until_taken(&passlink, &token).await;
}

#[tokio::test]
async fn others_are_served_while_an_issuer_thinks_about_a_token() {
    let provider = IdentityProvider::start();
    let token = provider.sign_in("ada", Kind::Opaque).await.access;
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    let own = passlink.token(&ada(&passlink, &provider), &[]);
    let jwt = provider.sign_in("ada", Kind::Jwt).await.access;
    passlink.send_link(&jwt).await.sequence();
    provider.fault(Endpoint::Introspection, Fault::Hold);
    let waiting = tokio::spawn(Answer::to(passlink.sending(&token)));
    until("the question", async || (questions(&provider) == 1).then_some(())).await;
    for other in [&own, &jwt, &own, &jwt] {
        passlink.send_link(other).await.sequence();
    }
    // It is given up at some time.
    assert_unavailable(&waiting.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_calls_with_one_token_cause_one_question() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({}))]).started().await;
    ada(&passlink, &provider);
    let list = passlink.request(Method::POST, &format!("{OWN}/_search")).body("{}");
    for _ in 0..5 {
        let token = provider.sign_in("ada", Kind::Opaque).await.access;
        provider.fault(Endpoint::Introspection, Fault::Hold);
        let (before, started) = (questions(&provider), Instant::now());
        let requests = (0..500).map(|_| list.try_clone().unwrap().bearer_auth(&token));
        let calls: Vec<_> = requests.map(|request| tokio::spawn(Answer::to(request))).collect();
        until("the question", async || (questions(&provider) > before).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        provider.fault(Endpoint::Introspection, Fault::None);
        let released_in_time = started.elapsed() < Duration::from_secs(4);
        let answers = join_all(calls).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        let asked = questions(&provider) - before;
        if released_in_time && questions_since(started) == 1 {
            let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
            assert!(refused.is_empty(), "{refused:?}");
            assert_eq!(asked, 1);
            return;
        }
        // On a machine that is too busy, Passlink gives the issuer up after 5 s, and asks again later.
        let most = 1 + started.elapsed().as_secs() / 5;
        assert!(asked <= most, "{asked} questions, {most} allowed");
        assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status)), "{answers:?}");
    }
}

#[tokio::test]
async fn a_client_that_guessed_wrong_has_nobody_asked_and_what_is_known_still_holds() {
    let provider = IdentityProvider::start();
    let elsewhere = client_builder().local_address("127.0.0.2".parse().ok()).build().unwrap();
    for _ in 0..20 {
        // One wrong token in a minute is the fewest that can be set.
        let passlink = taking(&[introspecting(&provider, json!({}))]);
        let passlink = passlink.set("limits.wrong_tokens_per_minute", "1").started().await;
        ada(&passlink, &provider);
        let jwt = provider.sign_in("ada", Kind::Jwt).await.access;
        passlink.send_link(&jwt).await.sequence();
        let [seen, unseen] = [(); 2].map(|()| provider.sign_in("ada", Kind::Opaque));
        let (seen, unseen) = (seen.await.access, unseen.await.access);
        // What follows has to happen while the wrong token counts and the right one is remembered.
        let started = Instant::now();
        let good = passlink.send_link(&seen).await;
        let wrong = passlink.send_link("a-guess").await;
        let before = questions(&provider);
        let guesses = ["another-guess", &unseen, &unseen, "passlink_guess"];
        let mut limited = Vec::new();
        for guess in guesses {
            limited.push(passlink.send_link(guess).await);
        }
        let known = [passlink.send_link(&seen).await, passlink.send_link(&jwt).await];
        let asked = questions(&provider) - before;
        if started.elapsed() > Duration::from_secs(25) {
            continue;
        }
        good.sequence();
        assert_wrong(&wrong);
        for answer in limited {
            assert_eq!(answer.status, 429, "{answer:?}");
            assert_eq!(answer.json()["details"][0]["id"], "REQUEST-TooMany", "{answer:?}");
        }
        known.iter().for_each(|answer| assert_eq!(answer.status, 200, "{answer:?}"));
        assert_eq!(asked, 0, "the issuer is asked nothing for this client");
        // Another client has not guessed.
        let sending = passlink.sending(&unseen).build().unwrap();
        Answer::to(elsewhere.post(sending.url().clone()).bearer_auth(&unseen).body("{}"))
            .await
            .sequence();
        assert_eq!(questions(&provider) - before, 1);
        return;
    }
    panic!("the machine is too slow for this");
}

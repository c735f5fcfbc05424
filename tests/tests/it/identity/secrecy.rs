//! Tokens of issuers, Passlink's own secret, and what it is proved with are nowhere.

use std::{collections::BTreeSet, fs};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_tests::{
    Answer, Api, IdentityProvider, Output, Passlink, SEND_LINK,
    identity_provider::{Endpoint, Fault, Kind, secret},
    secrets::search,
};
use reqwest::Method;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::{opaque::introspecting, *};

/// A secret is a needle; so is each part of a token that is not a header.
fn needles(token: &str) -> Vec<String> {
    match token.split('.').collect::<Vec<_>>()[..] {
        [_, claims, signature] => vec![claims.to_owned(), signature.to_owned()],
        _ => vec![token.to_owned()],
    }
}

/// All sorts of tokens, right and wrong, and an issuer that says again what it was asked; returns the
/// tokens.
async fn calls(passlink: &Passlink, provider: &IdentityProvider) -> Vec<String> {
    let mut tokens = Vec::new();
    for kind in [Kind::Jwt, Kind::JwtEs256, Kind::Opaque] {
        let given = provider.sign_in("ada", kind).await;
        passlink.send_link(&given.access).await.sequence();
        assert_wrong(&passlink.send_link(&given.id).await);
        tokens.extend([given.access, given.id]);
    }
    provider.set_token_claims(&[]);
    provider.set_account("eve", &json!({ "email": "eve@example.com", "email_verified": true }));
    let eve = provider.sign_in("eve", Kind::Jwt).await.access;
    passlink.send_link(&eve).await.sequence();
    assert_eq!(provider.count(Endpoint::UserInfo), 1);
    let service = provider.client_credentials("backend", "passlink.links", Kind::Opaque).await;
    passlink.send_link(&service).await;
    let wrong = [
        signed(provider, "ada", json!({ "exp": now() - 100 })),
        signed(provider, "ada", json!({ "aud": "https://elsewhere.example.com" })),
        provider.hs256_with_public_key(&claims(provider, "ada", json!({}))),
        provider.sign(&json!({ "kid": "unknown" }), &claims(provider, "ada", json!({}))),
        "an-opaque-token-that-nobody-has-made".to_owned(),
    ];
    for token in &wrong {
        assert_wrong(&passlink.send_link(token).await);
    }
    for bad in [format!("Basic {eve}"), format!("{eve}, {eve}"), eve.clone()] {
        let request = passlink.request(Method::POST, SEND_LINK).header("authorization", bad);
        assert_eq!(Answer::to(request).await.status, 401);
    }
    let in_query = format!("{SEND_LINK}?access_token={eve}#code");
    Answer::to(passlink.request(Method::POST, &in_query).body("{")).await;
    for token in [&eve, &wrong[0]] {
        let inspect = passlink.command(&["token", "inspect"]);
        let told = Output::with_input(inspect, token);
        assert!(!format!("{told:?}").contains(&**token), "{told:?}");
    }
    let echoed = "an-opaque-token-that-is-said-again".to_owned();
    provider.fault(Endpoint::Introspection, Fault::Says(json!(echoed)));
    assert_unavailable(&passlink.send_link(&echoed).await);
    tokens.extend([eve, service, echoed]);
    tokens.extend(wrong);
    tokens
}

#[tokio::test]
async fn a_whole_run_with_an_issuer_at_the_most_talkative_log_level_leaves_no_secret_behind() {
    let (by_password, by_key) = (IdentityProvider::start(), IdentityProvider::start());
    let pem = by_key.private_key_pem("ES256");
    let open = json!({ "provision": true });
    let keyed = json!({ "introspection_client_id": "passlink-key", "introspection_secret": pem });
    let issuers = [introspecting(&by_password, open.clone()), issuer(&by_key, and(keyed, open))];
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let password = secret("passlink");
    let basic = format!("{}:{}", encoded("passlink"), encoded(&password));
    let mut secrets = vec![encoded(&password), BASE64_STANDARD.encode(basic), password];
    secrets.extend(pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    // What Passlink's assertions begin with.
    secrets.push(BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#));

    for (provider, issuer) in [&by_password, &by_key].into_iter().zip(issuers) {
        let passlink = taking(&[issuer]).set_variable("RUST_LOG", "trace");
        // Where it is kept has nothing to do with how an issuer is asked.
        let is_first = provider.url() == by_password.url();
        let passlink = if is_first { passlink.alone() } else { passlink.on_sqlite() };
        let mut passlink = passlink.started().await;
        let tokens = calls(&passlink, provider).await;
        let told = passlink.cli(&["config", "print"]).done();
        passlink.cli(&["config", "check"]).failed(1);
        passlink.stop().await;
        assert!(passlink.log().contains("TRACE"), "the log level took effect");
        let needles = tokens.iter().flat_map(|token| needles(token)).chain(secrets.clone());
        // What is not signed has an empty part.
        let needles: Vec<_> = needles.filter(|needle| !needle.is_empty()).collect();
        let needles: Vec<_> = needles.iter().map(String::as_str).collect();
        assert_eq!(search(&passlink.files(), &needles), BTreeSet::new());
        assert!(needles.iter().all(|needle| !told.contains(needle)), "{told}");

        // The same search finds what is there.
        let planted = passlink.dir().join("planted");
        fs::write(&planted, needles.join("\n")).unwrap();
        let found = search(&[planted], &needles).into_iter();
        let found: BTreeSet<_> = found.map(|(_, needle, _)| needle).collect();
        assert_eq!(found, (0..needles.len()).collect());
    }
}

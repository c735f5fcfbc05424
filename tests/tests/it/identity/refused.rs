//! Tokens with one thing wrong: all get the same answer, and the log says what it is.

use std::collections::BTreeMap;

use passlink_tests::{
    Answer, Api, Call, IdentityProvider, Passlink, Protocol,
    identity_provider::{Endpoint, Kind},
    rpc::assert_refused,
};
use reqwest::header::{DATE, HeaderMap};
use serde_json::{Value, json};

use super::*;

/// A person whose name is nowhere but in tokens.
const SUBJECT: &str = "countess-of-lovelace";

/// Who takes the tokens, and what a refused one is answered.
struct Taker {
    passlink: Passlink,
    unknown: Answer,
    refused: usize,
}

impl Taker {
    async fn of(issuers: &[Value], provider: &IdentityProvider) -> Self {
        let passlink = taking(issuers).started().await;
        known_as(&passlink, "ada.example@example.com", provider, SUBJECT);
        let unknown = passlink.send_link(&format!("passlink_{}", "A".repeat(43))).await;
        assert_wrong(&unknown);
        let good = signed(provider, SUBJECT, json!({}));
        passlink.send_link(&good).await.sequence();
        // The unknown one has its line in the log as well.
        Self { passlink, unknown, refused: 1 }
    }

    /// A token is refused as an unknown one is, and the log tells an operator why.
    async fn refuses(&mut self, what: &str, token: &str, why: &str) {
        let answer = self.passlink.send_link(token).await;
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_wrong(&answer);
        let told = |answer: &Answer| (answer.text.clone(), without_date(&answer.headers));
        assert_eq!(told(&answer), told(&self.unknown), "{what}");
        self.refused += 1;
        let lines = until("a line of the log", async || {
            let lines = logged(&self.passlink, "a request was refused");
            (lines.len() == self.refused).then_some(lines)
        })
        .await;
        let line = &lines[self.refused - 1];
        assert_eq!(line["level"], "INFO", "{line}");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains(why), "{what}: {reason}");
        let log = self.passlink.log();
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!log.contains(part), "{what}: {part} is in the log");
        }
        for claim in [SUBJECT, "Ada Example", "@example.com"] {
            assert!(!log.contains(claim), "{what}: {claim} is in the log");
        }
    }
}

fn without_date(headers: &HeaderMap) -> BTreeMap<String, String> {
    let told = headers.iter().filter(|(name, _)| **name != DATE);
    told.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

/// The person's address and name, so that the log could have them.
fn person() -> Value {
    json!({ "email": "ada.example@example.com", "name": "Ada Example" })
}

#[tokio::test]
async fn a_token_with_one_wrong_claim_is_refused_as_an_unknown_one_is() {
    let (provider, other) = (IdentityProvider::start(), IdentityProvider::start());
    provider.set_account(SUBJECT, &person());
    let strict = json!({ "clients": ["app"], "scope": "passlink.links" });
    let issuers = [issuer(&provider, strict), issuer(&other, json!({}))];
    let mut taker = Taker::of(&issuers, &provider).await;
    let now = now();
    for (changes, why) in [
        (json!({ "exp": now - 61 }), "it has expired, at "),
        (json!({ "nbf": now + 3600 }), "it does not hold before "),
        (json!({ "iat": now + 3600 }), "it is issued in the future, at "),
        (json!({ "exp": null }), "it has no `exp`"),
        (json!({ "exp": "soon" }), "its `exp` is no time"),
        (json!({ "exp": 1e300 }), "its `exp` is no time"),
        (json!({ "auth_time": "once" }), "its `auth_time` is no time"),
        (json!({ "aud": "https://elsewhere.example.com" }), "its `aud` lacks"),
        (json!({ "aud": ["https://elsewhere.example.com", "app"] }), "its `aud` lacks"),
        (json!({ "aud": null }), "its `aud` lacks"),
        (json!({ "iss": "https://unknown.example.com" }), "no configured issuer made it"),
        (json!({ "iss": format!("{}/", provider.url()) }), "no configured issuer made it"),
        (json!({ "iss": null }), "no configured issuer made it"),
        (json!({ "iss": other.url() }), "its signature does not verify"),
        (json!({ "client_id": "other" }), "its client is not among"),
        (json!({ "client_id": null }), "its client is not among"),
        (json!({ "scope": "openid email" }), "it lacks the scope passlink.links"),
        (json!({ "scope": null }), "it lacks the scope passlink.links"),
        (json!({ "sub": null }), "its `sub` must"),
        (json!({ "sub": "" }), "its `sub` must"),
        (json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }), "`cnf`"),
    ] {
        let token = signed(&provider, SUBJECT, and(person(), changes.clone()));
        taker.refuses(&changes.to_string(), &token, why).await;
    }
    // As the provider itself gives them.
    let elsewhere = provider.sign_in(SUBJECT, Kind::Elsewhere).await.access;
    taker.refuses("a token for another audience", &elsewhere, "its `aud` lacks").await;
    let of_other = provider.sign_in_at("other", SUBJECT, Kind::Jwt).await.access;
    taker.refuses("a token of another client", &of_other, "its client is not among").await;
    let service = provider.client_credentials("app", "passlink.links", Kind::Jwt).await;
    assert_no_user(&taker.passlink.send_link(&service).await);
    for protocol in Protocol::ALL {
        let outcome = protocol.call(&taker.passlink, Some(&elsewhere), &Call::send_link()).await;
        assert_refused(&outcome, 16, "AUTH-Invalid");
        assert_eq!(outcome.headers["www-authenticate"], "Bearer", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_token_that_its_issuer_did_not_sign_is_refused_whatever_its_header_says() {
    let provider = IdentityProvider::start();
    let mut taker = Taker::of(&[issuer(&provider, json!({}))], &provider).await;
    let good = claims(&provider, SUBJECT, person());
    let jku = format!("{}/elsewhere/jwks", provider.url());
    let signed = |header: Value| provider.sign(&header, &good);
    let strangers = |header: Value| provider.signed_by_stranger(&header, &good);
    let token = signed(json!({}));
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = rest.split_once('.').unwrap();
    let other = signed(json!({ "alg": "ES256" }));
    let none_known = "its `alg` is none that is known";
    for (what, token, why) in [
        ("not signed", provider.unsigned(&good), none_known),
        ("no algorithm", signed(json!({ "alg": null })), none_known),
        ("nonsense", signed(json!({ "alg": "XS256" })), none_known),
        (
            "signed with the public key as a password",
            provider.hs256_with_public_key(&good),
            "only asymmetric ones are",
        ),
        ("an unknown key", signed(json!({ "kid": "RS256-9" })), "no key of the issuer fits"),
        ("a key of another kind", signed(json!({ "kid": "ES256-1" })), "no key of the issuer fits"),
        ("an algorithm that the key is not for", signed(json!({ "alg": "RS512" })), "no key"),
        ("another padding", signed(json!({ "alg": "PS256" })), "no key of the issuer fits"),
        ("a stranger", strangers(json!({})), "its signature does not verify"),
        ("a stranger, EC", strangers(json!({ "alg": "ES256" })), "its signature does not verify"),
        ("no name", strangers(json!({ "kid": null })), "its signature does not verify"),
        ("with jwk", strangers(json!({ "jwk": provider.stranger() })), "does not verify"),
        ("with jku", strangers(json!({ "jku": jku })), "does not verify"),
        ("with x5u", strangers(json!({ "x5u": jku })), "does not verify"),
        ("extensions", signed(json!({ "crit": ["exp"], "exp": now() })), "`crit`"),
        ("no signature", format!("{rest}."), "its signature does not verify"),
        ("cut off", token[..token.len() - 4].to_owned(), "its signature does not verify"),
        (
            "the signature of another",
            format!("{rest}.{}", other.rsplit_once('.').unwrap().1),
            "its signature does not verify",
        ),
        (
            "other claims",
            format!("{header}.{}.{signature}", claim_to_be_another(claims)),
            "its signature does not verify",
        ),
        ("encrypted", format!("{header}.{claims}.x.y.z"), "it is encrypted"),
        ("no JSON", format!("{header}.bm9uc2Vuc2U.{signature}"), "it can't be read as a JWT"),
        ("no parts", "nonsense".to_owned(), "it is opaque, and no issuer is configured"),
    ] {
        taker.refuses(what, &token, why).await;
    }
    assert_eq!(provider.count(Endpoint::Elsewhere), 0);
    assert!(taker.passlink.send_link(&token).await.status == 200, "it was good before");
}

/// The same claims, with another name.
fn claim_to_be_another(claims: &str) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    BASE64_URL_SAFE_NO_PAD.encode(text.replace("Ada Example", "Eve Example"))
}

#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let provider = IdentityProvider::start();
    provider.set_account(SUBJECT, &person());
    let by_type = "its `typ` is not one of at+jwt";
    let mut strict = Taker::of(&[issuer(&provider, json!({}))], &provider).await;
    let id = provider.sign_in(SUBJECT, Kind::Jwt).await.id;
    strict.refuses("an ID token", &id, by_type).await;
    for typ in [json!("JWT"), json!("logout+jwt"), Value::Null] {
        let token = provider.sign(&json!({ "typ": typ }), &claims(&provider, SUBJECT, person()));
        strict.refuses(&typ.to_string(), &token, by_type).await;
    }

    let lenient = issuer(&provider, json!({ "types": ["at+jwt", "JWT"] }));
    let mut lenient = Taker::of(&[lenient], &provider).await;
    lenient.refuses("an ID token", &id, "a token of").await;
    for (changes, why) in [
        (json!({ "nonce": "n-0S6_WzA2Mj" }), "it is an ID token"),
        (json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), "it is an ID token"),
        (json!({ "c_hash": "LDktKdoQak3Pk0cnXxCltA" }), "it is an ID token"),
        (json!({ "typ": "ID" }), "it is an ID token"),
        (json!({ "aud": "app" }), "its only audience is its own client"),
        (json!({ "aud": ["app"], "client_id": null, "azp": "app" }), "its only audience"),
    ] {
        let token = claims(&provider, SUBJECT, and(person(), changes.clone()));
        let token = provider.sign(&json!({ "typ": "JWT" }), &token);
        lenient.refuses(&changes.to_string(), &token, why).await;
    }
}

#[tokio::test]
async fn an_id_token_is_no_access_token_where_the_app_itself_is_the_audience() {
    let provider = IdentityProvider::start();
    provider.set_account(SUBJECT, &person());
    let named = json!({ "audience": "app", "types": ["at+jwt", "JWT"] });
    let passlink = taking(&[issuer(&provider, named)]).started().await;
    known_as(&passlink, "ada.example@example.com", &provider, SUBJECT);
    let id = provider.sign_in(SUBJECT, Kind::Jwt).await.id;
    assert_wrong(&passlink.send_link(&id).await);
    let access = claims(&provider, SUBJECT, json!({ "aud": "app", "client_id": "other" }));
    let access = provider.sign(&json!({ "typ": "JWT" }), &access);
    passlink.send_link(&access).await.sequence();
}

//! The provider of these tests itself: what it gives, and how it fails.

use passlink_tests::{
    Answer, IdentityProvider, client,
    identity_provider::{AUDIENCE, Endpoint, Fault, Kind, SCOPES, parts},
    until,
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_provider_of_these_tests_gives_both_kinds_of_tokens() {
    let provider = IdentityProvider::start();
    let ada = json!({ "email": "ada@example.com", "org": "engines" });
    provider.set_account("ada", &ada);
    provider.set_account("backend", &json!({ "org": "services" }));

    // What both kinds say of a person, and a JWT of a service.
    let tokens = provider.sign_in("ada", Kind::Jwt).await;
    let (header, person) = parts(&tokens.access);
    assert_eq!(header, json!({ "alg": "RS256", "typ": "at+jwt", "kid": "RS256-1" }));
    let opaque = provider.sign_in("ada", Kind::Opaque).await.access;
    let introspected = provider.introspect(&opaque).await;
    for said in [&person, &introspected] {
        let expected = json!({
            "iss": provider.url(), "aud": AUDIENCE, "sub": "ada", "client_id": "app",
            "scope": SCOPES, "email": "ada@example.com", "org": "engines",
        });
        assert_eq!(only(said, &expected), expected, "{said}");
        assert!(said["auth_time"].is_u64(), "{said}");
    }
    assert_eq!(introspected["active"], true);
    let service = provider.client_credentials("backend", "passlink.links", Kind::JwtEs256).await;
    let (header, service) = parts(&service);
    assert_eq!(header["alg"], "ES256");
    let expected = json!({
        "aud": AUDIENCE, "sub": "backend", "client_id": "backend", "scope": "passlink.links",
        "org": "services",
    });
    assert_eq!(only(&service, &expected), expected, "{service}");
    let (header, id) = parts(&tokens.id);
    assert_eq!((&header["typ"], &id["aud"]), (&Value::Null, &json!("app")), "{header} {id}");

    // UserInfo knows what the tokens no longer say.
    provider.set_token_claims(&[]);
    for kind in [Kind::Jwt, Kind::Opaque, Kind::WithoutAudience] {
        let token = provider.sign_in_at("other", "ada", kind).await.access;
        let said = match kind {
            Kind::Jwt => parts(&token).1,
            _ => provider.introspect(&token).await,
        };
        assert_eq!((&said["client_id"], &said["email"]), (&json!("other"), &Value::Null), "{said}");
        let asked = client().get(format!("{}/me", provider.url())).bearer_auth(&token);
        let said = Answer::to(asked).await;
        assert_eq!(
            only(&serde_json::from_str(&said.text).unwrap(), &ada),
            ada,
            "{kind:?} {said:?}"
        );
    }
    provider.revoke(&opaque).await;
    assert_eq!(provider.introspect(&opaque).await, json!({ "active": false }));
}

#[tokio::test]
async fn the_provider_of_these_tests_changes_its_keys_and_fails_as_told() {
    let provider = IdentityProvider::start();
    let keys = || client().get(format!("{}/jwks", provider.url()));
    let names = |answer: &Answer| -> Vec<String> {
        let said: Value = serde_json::from_str(&answer.text).unwrap();
        let keys = said["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let opaque = provider.sign_in("ada", Kind::Opaque).await.access;
    provider.rotate_keys(true);
    assert_eq!(names(&Answer::to(keys()).await), ["RS256-2", "ES256-2", "RS256-1", "ES256-1"]);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    assert_eq!(parts(&token).0["kid"], "RS256-2");
    assert_eq!(provider.introspect(&opaque).await["active"], true);
    provider.rotate_keys(false);
    provider.fault(Endpoint::Jwks, Fault::Hold);
    let waiting = tokio::spawn(Answer::to(keys()));
    let asked = async || (provider.count(Endpoint::Jwks) == 2).then_some(());
    until("the request", asked).await;
    provider.fault(Endpoint::Jwks, Fault::None);
    assert_eq!(names(&waiting.await.unwrap()), ["RS256-3", "ES256-3"]);
    provider.fault(Endpoint::Jwks, Fault::Redirect);
    let answer = Answer::to(keys()).await;
    let elsewhere = answer.header("location").unwrap();
    assert_eq!(names(&Answer::to(client().get(elsewhere)).await), ["RS256-3", "ES256-3"]);
    assert_eq!(provider.count(Endpoint::Elsewhere), 1);
    provider.down();
    assert!(Answer::try_to(keys()).await.unwrap_err().is_connect());
    provider.up();
    assert_eq!(Answer::to(keys()).await.status, 302);
}

/// The members of an object that another has as well.
fn only(object: &Value, like: &Value) -> Value {
    like.as_object().unwrap().keys().map(|name| (name.clone(), object[name].clone())).collect()
}

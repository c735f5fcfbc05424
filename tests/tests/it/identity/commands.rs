//! What an operator asks about issuers and their tokens.

use passlink_tests::{
    IdentityProvider, Output, Passlink, free_port,
    identity_provider::{Endpoint, Fault, Kind},
};
use serde_json::{Value, json};

use super::{opaque::introspecting, *};

fn check(issuers: &[Value]) -> Output {
    let passlink = taking(issuers);
    passlink.set_up();
    passlink.cli(&["config", "check"])
}

#[tokio::test]
async fn config_check_names_each_issuer_that_answers() {
    let (provider, other) = (IdentityProvider::start(), IdentityProvider::start());
    let key = json!({
        "introspection_client_id": "passlink-key",
        "introspection_secret": provider.private_key_pem("ES256"),
    });
    let by_key = issuer(&provider, key);
    for (count, asking) in (1..).zip([introspecting(&provider, json!({})), by_key]) {
        let checked = check(&[asking, issuer(&other, json!({}))]);
        for provider in [&provider, &other] {
            let told = format!("{} answers\n", provider.url());
            assert!(checked.stderr.contains(&told), "{}", checked.stderr);
        }
        checked.done();
        // Only who is asked about tokens is asked about one.
        let asked = [&provider, &other].map(|it| it.count(Endpoint::Introspection));
        assert_eq!(asked, [count, 0]);
    }
}

#[tokio::test]
async fn config_check_says_of_each_issuer_what_is_wrong_with_its_answers() {
    let provider = IdentityProvider::start();
    let wrong = introspecting(&provider, json!({ "introspection_secret": "a wrong guess" }));
    let right = introspecting(&provider, json!({}));
    let slash = changed(right.clone(), json!({ "issuer": format!("{}/", provider.url()) }));
    for (endpoint, fault, issuer, why) in [
        (Endpoint::Discovery, Fault::Nonsense, &right, "is not the JSON that it should be"),
        (Endpoint::Discovery, Fault::Redirect, &right, "has the status 302"),
        (Endpoint::Jwks, Fault::Refuse, &right, "has the status 500"),
        (Endpoint::Jwks, Fault::Huge, &right, "is longer than 262144 octets"),
        (Endpoint::Introspection, Fault::Hold, &right, "timed out"),
        (Endpoint::Introspection, Fault::Nonsense, &right, "is not the JSON"),
        (Endpoint::Introspection, Fault::None, &wrong, "has the status 401"),
        (Endpoint::Discovery, Fault::None, &slash, "names another one"),
    ] {
        provider.fault(endpoint, fault.clone());
        let told = check(std::slice::from_ref(issuer)).failed(1);
        assert!(told.contains("identity.issuers[0]."), "{fault:?}: {told}");
        assert!(told.contains(why), "{fault:?}: {told}");
        assert!(!told.contains("a wrong guess") && !told.contains("the secret"), "{told}");
        provider.fault(endpoint, Fault::None);
    }
    let down = format!("http://localhost:{}", free_port());
    let down = json!({ "issuer": down, "audience": "passlink" });
    let told = check(&[right, down]).failed(1);
    assert!(told.contains("identity.issuers[1].issuer"), "{told}");
    assert!(!told.contains("identity.issuers[0]"), "{told}");
    assert!(told.contains(&format!("{} answers", provider.url())), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
}

#[tokio::test]
async fn a_secret_that_can_not_be_used_is_found_before_anybody_is_asked() {
    let provider = IdentityProvider::start();
    let pem = "-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n";
    let broken = introspecting(&provider, json!({ "introspection_secret": pem }));
    for command in ["check", "serve"] {
        let passlink = taking(std::slice::from_ref(&broken));
        let arguments: &[&str] = if command == "serve" { &["serve"] } else { &["config", "check"] };
        let told = passlink.cli(arguments).failed(1);
        assert!(told.contains("identity.issuers[0].introspection_secret"), "{told}");
        assert!(told.contains("must be a private key that can sign"), "{told}");
        assert!(!told.contains("bm9uc2Vuc2U"), "{told}");
    }
    assert_eq!(provider.count(Endpoint::Discovery), 0);
}

/// What `passlink token inspect` says of a token.
fn inspected(passlink: &Passlink, token: &str) -> Output {
    Output::with_input(passlink.command(&["token", "inspect"]), &format!("{token}\n"))
}

#[tokio::test]
async fn token_inspect_says_whom_a_token_speaks_for() {
    let provider = IdentityProvider::start();
    let services = json!({
        "services": ["backend"], "permissions": { "passlink.links": ["user.passkey.write"] },
    });
    let passlink = taking(&[introspecting(&provider, services.clone())]);
    let ada = ada(&passlink, &provider);
    let signed_in = |line: &Value| line["signedIn"].as_str().is_some_and(|at| at.ends_with('Z'));
    for kind in [Kind::Jwt, Kind::JwtEs256, Kind::Opaque] {
        let token = provider.sign_in("ada", kind).await.access;
        let line = inspected(&passlink, &token).lines().remove(0);
        let expected = json!({
            "user": ada, "state": "active", "organisation": "default", "permissions": [],
            "issuer": provider.url(), "subject": "ada", "signedIn": line["signedIn"],
        });
        assert_eq!(line, expected, "{kind:?}");
        assert!(signed_in(&line), "{line}");

        let token = provider.client_credentials("backend", "passlink.links", kind).await;
        let line = inspected(&passlink, &token).lines().remove(0);
        let expected = json!({
            "service": "backend", "organisation": "default",
            "permissions": ["user.passkey.write"], "issuer": provider.url(),
            "subject": "backend", "signedIn": null,
        });
        assert_eq!(line, expected, "{kind:?}");
    }
    let own = passlink.token(&ada, &[]);
    let line = inspected(&passlink, &own).lines().remove(0);
    assert_eq!((&line["user"], &line["issuer"]), (&json!(ada), &Value::Null), "{line}");
    let create = ["token", "create", "--service", "shop", "--permission", "user.passkey.read"];
    let shop = passlink.cli(&create).done();
    let line = inspected(&passlink, &shop).lines().remove(0);
    assert_eq!(line["service"], "shop", "{line}");
    assert_eq!(line["permissions"], json!(["user.passkey.read"]), "{line}");

    // Somebody unknown is added by a call, if at all, and never by this.
    let eve =
        signed(&provider, "eve", json!({ "email": "eve@example.com", "email_verified": true }));
    let told = inspected(&passlink, &eve).failed(1);
    assert!(told.contains("nobody here is known by its issuer and subject"), "{told}");
    let with = |section: Value| {
        let issuers = json!([introspecting(&provider, changed(services.clone(), section))]);
        passlink.another_node().set("identity.issuers", &issuers.to_string())
    };
    let line = inspected(&with(json!({ "provision": true })), &eve).lines().remove(0);
    assert_eq!((&line["user"], &line["subject"]), (&Value::Null, &json!("eve")), "{line}");
    assert_eq!(line["wouldBeAdded"], true, "{line}");
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 1);
    for (said, why) in [
        (
            json!({ "email": "eve@example.com", "email_verified": false }),
            "no verified e-mail address",
        ),
        (json!({ "email": "ada@example.com", "email_verified": true }), "belongs to another user"),
    ] {
        let token = signed(&provider, "eve", said);
        let told = inspected(&with(json!({ "provision": true })), &token).failed(1);
        assert!(told.contains(why), "{told}");
    }

    // What a call would not find is not found here either.
    let token = signed(&provider, "ada", json!({}));
    let elsewhere = with(json!({ "organisation": "acme" }));
    let told = inspected(&elsewhere, &token).failed(1);
    assert!(told.contains("users of another organisation"), "{told}");
    let by_claim = with(json!({ "user_id_claim": "sub" }));
    let told = inspected(&by_claim, &token).failed(1);
    assert!(told.contains("belong to another user"), "{told}");
    passlink.cli(&["user", "lock", &ada]).done();
    assert_eq!(inspected(&passlink, &token).lines()[0]["state"], "locked");
}

#[tokio::test]
async fn token_inspect_says_why_a_token_does_not_hold() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[introspecting(&provider, json!({ "clients": ["app"] }))]);
    ada(&passlink, &provider);
    let expired = signed(&provider, "ada", json!({ "exp": now() - 61 }));
    let other = provider.sign_in_at("other", "ada", Kind::Jwt).await.access;
    let revoked = provider.sign_in("ada", Kind::Opaque).await.access;
    provider.revoke(&revoked).await;
    let unknown = format!("passlink_{}", "A".repeat(43));
    for (token, why) in [
        (&*expired, "it has expired, at "),
        (&other, "its client is not among `clients`"),
        (&revoked, "the issuer says that it does not hold"),
        (&unknown, "the token does not hold"),
    ] {
        let told = inspected(&passlink, token).failed(1);
        assert!(told.contains(why) && !told.contains(token), "{told}");
    }
    for nothing in ["", "two words", "\n"] {
        inspected(&passlink, nothing).failed(1);
    }
    provider.down();
    let told = inspected(&passlink, &expired).failed(1);
    assert!(told.contains("the issuer of the token does not answer as it should"), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
}

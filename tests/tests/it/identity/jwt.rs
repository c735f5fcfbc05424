//! Access tokens that are JWTs, as providers sign them.

use passlink_tests::{
    Api, Call, IdentityProvider, MailServer, Passlink, Protocol,
    identity_provider::{AUDIENCE, Endpoint, Kind},
};
use serde_json::json;

use super::*;

/// A signed-in person has links sent on each protocol.
async fn assert_sends(kind: Kind) {
    let provider = IdentityProvider::start();
    let mails = MailServer::plain();
    let passlink = trusting(
        Passlink::with_mail_server(&mails),
        &[issuer(&provider, json!({ "clients": ["app"], "scope": "passlink.links" }))],
    );
    let passlink = passlink.started().await;
    let ada = ada(&passlink, &provider);
    let token = provider.sign_in("ada", kind).await.access;
    let call = Call::send_link();
    for (count, protocol) in (1..).zip(Protocol::ALL) {
        let sent = protocol.answer(&call, &protocol.call(&passlink, Some(&token), &call).await);
        assert_eq!(sent["details"]["sequence"], (count + 1).to_string(), "{protocol:?}: {sent}");
        let mail = mails.until_mails(count).await.remove(count - 1);
        assert_eq!(mail.envelope.to, ["ada@example.com"]);
        assert_eq!(mail.mail.register_link().query["userID"], ada);
    }
    assert_eq!(passlink.history(&ada), [1, 2, 3, 4, 5]);
    let asked = [Endpoint::Introspection, Endpoint::UserInfo].map(|it| provider.count(it));
    assert_eq!(asked, [0, 0], "the token says it all");
}

#[tokio::test]
async fn a_signed_in_person_sends_a_link_on_each_protocol_by_a_token_signed_with_rsa() {
    assert_sends(Kind::Jwt).await;
}

#[tokio::test]
async fn a_signed_in_person_sends_a_link_on_each_protocol_by_a_token_signed_with_ec() {
    assert_sends(Kind::JwtEs256).await;
}

#[tokio::test]
async fn tokens_are_taken_as_other_providers_write_them() {
    let provider = IdentityProvider::start();
    let taken = json!({
        "clients": ["app"], "scope": "passlink.links", "types": ["at+jwt", "JWT"],
    });
    let passlink = taking(&[issuer(&provider, taken)]).started().await;
    ada(&passlink, &provider);
    let now = now();
    let client = |name: &str| json!({ "client_id": null, name: "app" });
    for (what, header, claims) in [
        ("as this one does", json!({}), json!({})),
        ("expired, but within the leeway", json!({}), json!({ "exp": now - 1 })),
        ("to hold soon, within the leeway", json!({}), json!({ "nbf": now + 30 })),
        ("issued soon, within the leeway", json!({}), json!({ "iat": now + 30 })),
        ("without a time of issue", json!({}), json!({ "iat": null })),
        ("a time with a fraction", json!({}), json!({ "exp": now as f64 + 600.5 })),
        ("more audiences", json!({}), json!({ "aud": ["https://a.example.com", AUDIENCE] })),
        ("azp", json!({}), client("azp")),
        ("cid of Okta", json!({}), client("cid")),
        ("appid of Entra ID", json!({}), client("appid")),
        ("scp as a text", json!({}), json!({ "scope": null, "scp": "a passlink.links" })),
        ("scp as a list", json!({}), json!({ "scope": null, "scp": ["a", "passlink.links"] })),
        ("the whole media type", json!({ "typ": "application/at+jwt" }), json!({})),
        ("the type in capitals", json!({ "typ": "AT+JWT" }), json!({})),
        ("the type of all JWTs", json!({ "typ": "JWT" }), json!({})),
        ("no type", json!({ "typ": null }), json!({})),
        ("no name of the key", json!({ "kid": null }), json!({})),
        ("the key of the other algorithm", json!({ "alg": "ES256" }), json!({})),
    ] {
        let token = provider.sign(&header, &super::claims(&provider, "ada", claims));
        let answer = passlink.send_link(&token).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?} {:?}", reasons(&passlink));
    }
    assert_eq!(reasons(&passlink), [""; 0]);
}

#[tokio::test]
async fn each_issuer_speaks_for_its_own_people() {
    let (provider, other) = (IdentityProvider::start(), IdentityProvider::start());
    let issuers = [issuer(&provider, json!({})), issuer(&other, json!({}))];
    let passlink = taking(&issuers).started().await;
    let ada = ada(&passlink, &provider);
    let eve = known_as(&passlink, "eve@example.com", &other, "ada");
    for (provider, user) in [(&provider, &ada), (&other, &eve)] {
        passlink.send_link(&provider.sign_in("ada", Kind::Jwt).await.access).await.sequence();
        let links = passlink.cli(&["link", "list", "--user", user]).lines();
        assert_eq!(links.len(), 1, "{links:?}");
    }
    // A token of Passlink is as good as before.
    let own = passlink.token(&ada, &[]);
    assert_eq!(passlink.send_link(&own).await.sequence(), 3);
    assert_eq!(actors(&passlink, &ada), [["person", &*ada]]);
}

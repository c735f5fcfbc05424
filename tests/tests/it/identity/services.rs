//! Clients of an issuer that speak for themselves.

use passlink_tests::{
    Api, Caller, IdentityProvider, Passlink, Protocol, identity_provider::Kind, rpc::assert_refused,
};
use serde_json::{Value, json};

use super::{opaque::introspecting, *};
use crate::passkeys::methods;

const SCOPE: &str = "passlink.links";

/// An issuer whose client `backend` is a service that may make links and see passkeys.
fn with_backend(provider: &IdentityProvider, more: Value) -> Value {
    let permissions = json!({ SCOPE: ["user.passkey.write", "user.passkey.read"] });
    let services = json!({ "services": ["backend"], "permissions": permissions });
    introspecting(provider, and(services, more))
}

/// A user whose own token nobody has.
fn user(passlink: &Passlink, address: &str, more: &[&str]) -> Caller {
    let id = passlink.user(address, more)["id"].as_str().unwrap().to_owned();
    Caller { id, address: address.to_owned(), token: String::new() }
}

#[tokio::test]
async fn a_service_makes_links_for_the_users_of_its_organisation_on_each_protocol() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[with_backend(&provider, json!({}))]).started().await;
    let ada = user(&passlink, "ada@example.com", &[]);
    let eve = user(&passlink, "eve@example.com", &["--org", "other"]);
    let nobody = Caller { id: "nobody".to_owned(), ..ada.clone() };
    let link = |user| methods::create_link(user, json!({ "sendLink": {} }));
    for kind in [Kind::Jwt, Kind::JwtEs256, Kind::Opaque] {
        let token = provider.client_credentials("backend", SCOPE, kind).await;
        for protocol in Protocol::ALL {
            let call = async |call: Call| protocol.call(&passlink, Some(&token), &call).await;
            let made = call(link(&ada)).await;
            let made = protocol.answer(&link(&ada), &made);
            assert!(made["details"]["sequence"].is_string(), "{made}");
            assert_eq!(call(methods::list(&ada)).await.code, 0);
            for out_of_reach in [&eve, &nobody] {
                assert_refused(&call(link(out_of_reach)).await, 5, "USER-NotFound");
            }
            // A service is no user.
            assert_refused(&call(Call::send_link()).await, 5, "USER-NotFound");
        }
    }
    assert_eq!(actors(&passlink, &ada.id), [["service", "backend"]]);
    assert_eq!(passlink.history(&eve.id), [1]);
}

#[tokio::test]
async fn a_service_may_do_what_its_scopes_and_roles_permit_and_nothing_else() {
    let provider = IdentityProvider::start();
    let permissions = json!({ "reader": ["user.passkey.read"], "writer": ["user.passkey.write"] });
    let issuer = with_backend(&provider, json!({ "permissions": permissions }));
    let passlink = taking(&[issuer]).started().await;
    let ada = user(&passlink, "ada@example.com", &[]);
    let service = |said: Value| {
        let own = json!({ "client_id": "backend", "auth_time": null });
        signed(&provider, "backend", and(own, said))
    };
    let audience = passlink_tests::identity_provider::AUDIENCE;
    for (said, reads, writes) in [
        (json!({ "scope": "reader" }), true, false),
        (json!({ "scope": "other writer" }), false, true),
        (json!({ "roles": ["reader", "writer"] }), true, true),
        (json!({ "groups": ["reader"] }), true, false),
        (json!({ "permissions": ["writer"] }), false, true),
        (json!({ "realm_access": { "roles": ["reader"] } }), true, false),
        (json!({ "resource_access": { audience: { "roles": ["writer"] } } }), false, true),
        (json!({ "resource_access": { "other": { "roles": ["writer"] } } }), false, false),
        (json!({ "urn:zitadel:iam:org:project:roles": { "writer": {} } }), false, true),
        (json!({ "scope": null, "roles": "user.passkey.write" }), false, false),
        (json!({ "roles": [{ "writer": true }, 1, null] }), false, false),
    ] {
        let token = service(said.clone());
        for (call, may) in [
            (methods::list(&ada), reads),
            (methods::create_link(&ada, json!({ "sendLink": {} })), writes),
        ] {
            let outcome = Protocol::Rest.call(&passlink, Some(&token), &call).await;
            match may {
                true => assert_eq!(outcome.code, 0, "{said}: {outcome:?}"),
                false => assert_refused(&outcome, 7, "AUTH-Denied"),
            }
        }
    }
}

#[tokio::test]
async fn the_organisation_of_a_service_is_where_its_claim_says() {
    let provider = IdentityProvider::start();
    provider.set_account("backend", &json!({ "org": "acme" }));
    let passlink = taking(&[with_backend(&provider, json!({ "organisation_claim": "org" }))]);
    let passlink = passlink.started().await;
    let ada = user(&passlink, "ada@example.com", &["--org", "acme"]);
    let eve = user(&passlink, "eve@example.com", &[]);
    let token = provider.client_credentials("backend", SCOPE, Kind::Jwt).await;
    let all = json!({ "client_id": "backend", "auth_time": null, "org": "*" });
    let all = signed(&provider, "backend", all);
    let call = |user| methods::create_link(user, json!({ "sendLink": {} }));
    let made = Protocol::Rest.call(&passlink, Some(&token), &call(&ada)).await;
    assert_eq!(made.code, 0, "{made:?}");
    let other = Protocol::Rest.call(&passlink, Some(&token), &call(&eve)).await;
    assert_refused(&other, 5, "USER-NotFound");
    for user in [&ada, &eve] {
        let outcome = Protocol::Rest.call(&passlink, Some(&all), &call(user)).await;
        assert_refused(&outcome, 16, "AUTH-Invalid");
    }
    assert!(reasons(&passlink)[0].contains("its organisation must be a single one"));
}

#[tokio::test]
async fn a_person_who_signed_in_at_a_service_is_not_the_service() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[with_backend(&provider, json!({}))]).started().await;
    let ada = known_as(&passlink, "ada@example.com", &provider, "ada");
    let ada = Caller { id: ada, address: String::new(), token: String::new() };
    let token = signed(&provider, "ada", json!({ "client_id": "backend" }));
    for call in [Call::send_link(), methods::list(&ada)] {
        let outcome = Protocol::Rest.call(&passlink, Some(&token), &call).await;
        assert_refused(&outcome, 16, "AUTH-Invalid");
    }
    let reasons = reasons(&passlink);
    assert!(reasons[0].contains("its client is a service, and a person has signed in"));
    // Where only services call, no person does.
    let issuer = changed(with_backend(&provider, json!({})), json!({ "audience": null }));
    let passlink = taking(&[issuer]).started().await;
    assert_wrong(&passlink.send_link(&signed(&provider, "ada", json!({}))).await);
}

//! Where the configuration wants a fresh sign-in, changes need one (RFC 9470).

use passlink_tests::{
    Call, Caller, HandMade, IdentityProvider, Outcome, Passlink, Protocol,
    identity_provider::Kind,
    passkeys::{ORIGIN, begin, begin_with, returned_code},
    rpc::assert_refused,
};
use serde_json::json;

use super::*;
use crate::passkeys::methods;

/// A server that wants sign-ins of the last five minutes, with Ada; her token is one of Passlink's.
async fn fixture(provider: &IdentityProvider) -> (Passlink, Caller) {
    let permissions = json!({ "passlink.links": ["user.passkey.write", "user.passkey.read"] });
    let services = json!({ "services": ["backend"], "permissions": permissions });
    let passlink = taking(&[issuer(provider, services)]).set("links.max_auth_age", "5m");
    let passlink = passlink.started().await;
    let id = ada(&passlink, provider);
    let token = passlink.token(&id, &[]);
    (passlink, Caller { id, address: "ada@example.com".to_owned(), token })
}

/// All calls that make a link, or add, rename or remove a passkey; one was begun.
fn changes(ada: &Caller, begun: &str) -> Vec<(&'static str, Call)> {
    let answer = json!({ "publicKeyCredential": {}, "passkeyName": "" });
    vec![
        ("SendMyPasswordlessLink", Call::send_link()),
        ("AddMyPasswordlessLink", Call::add_link()),
        ("AddMyPasswordless", methods::add_own()),
        ("VerifyMyPasswordless", methods::verify_own(b"{}", "Phone")),
        ("RemoveMyPasswordless", methods::remove_own("some")),
        ("a mailed link", methods::create_link(ada, json!({ "sendLink": {} }))),
        ("a returned link", methods::create_link(ada, json!({ "returnCode": {} }))),
        ("RegisterPasskey", methods::register(ada, json!({}))),
        ("VerifyPasskeyRegistration", methods::verify(ada, begun, answer)),
        ("RenamePasskey", methods::rename(ada, "some", "Phone")),
        ("RemovePasskey", methods::remove(ada, "some")),
    ]
}

#[track_caller]
fn assert_step_up(what: &str, protocol: Protocol, outcome: &Outcome) {
    assert_eq!(outcome.id(), "AUTH-StepUp", "{what} by {protocol:?}: {outcome:?}");
    assert_refused(outcome, 16, "AUTH-StepUp");
    assert_eq!(outcome.text, "Errors.Token.StepUpRequired (AUTH-StepUp)");
    let challenge = "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"A more recent sign-in is required\", max_age=\"300\"";
    assert_eq!(outcome.headers["www-authenticate"], challenge, "{what} by {protocol:?}");
    let http = if matches!(protocol, Protocol::Grpc | Protocol::GrpcWeb) { 200 } else { 401 };
    assert_eq!(outcome.http, http, "{what} by {protocol:?}");
}

#[tokio::test]
async fn whoever_signed_in_long_ago_or_nobody_knows_when_can_change_nothing() {
    let provider = IdentityProvider::start();
    let (passlink, ada) = fixture(&provider).await;
    let fresh = provider.sign_in("ada", Kind::Jwt).await.access;
    let begun = begin(&passlink, &Caller { token: fresh, ..ada.clone() }).await;
    let stale = signed(&provider, "ada", json!({ "auth_time": now() - 301 }));
    let unknown = signed(&provider, "ada", json!({ "auth_time": null }));
    for (what, call) in changes(&ada, &begun.id) {
        for token in [&stale, &unknown, &ada.token] {
            for protocol in Protocol::ALL {
                let outcome = protocol.call(&passlink, Some(token), &call).await;
                assert_step_up(what, protocol, &outcome);
            }
        }
    }
    assert_eq!(passlink.history(&ada.id), [1], "nothing was done");
    // To look is no change.
    for token in [&stale, &unknown, &ada.token] {
        done_on_all(&passlink, token, &methods::list(&ada)).await;
        done_on_all(&passlink, token, &methods::list_own()).await;
    }
}

#[tokio::test]
async fn whoever_has_just_signed_in_can_do_all_of_it() {
    let provider = IdentityProvider::start();
    let (passlink, ada) = fixture(&provider).await;
    let ada = Caller { token: provider.sign_in("ada", Kind::Jwt).await.access, ..ada };
    for (what, call) in changes(&ada, "some") {
        for protocol in Protocol::ALL {
            let outcome = protocol.call(&passlink, Some(&ada.token), &call).await;
            assert_ne!(outcome.code, 16, "{what} by {protocol:?}: {outcome:?}");
        }
    }
    for protocol in Protocol::ALL {
        let at = async |call: Call| {
            let outcome = protocol.call(&passlink, Some(&ada.token), &call).await;
            protocol.answer(&call, &outcome)
        };
        let begun = at(methods::register(&ada, json!({}))).await;
        let passkey = begun["passkeyId"].as_str().unwrap();
        let options = &begun["publicKeyCredentialCreationOptions"];
        let made = HandMade::answer(options, ORIGIN, passkey.as_bytes()).credential();
        let made = json!({ "publicKeyCredential": made, "passkeyName": "Phone" });
        at(methods::verify(&ada, passkey, made)).await;
        at(methods::rename(&ada, passkey, "Work phone")).await;
        at(methods::remove(&ada, passkey)).await;
    }
}

#[tokio::test]
async fn a_code_needs_no_sign_in() {
    let provider = IdentityProvider::start();
    let (passlink, ada) = fixture(&provider).await;
    let ada = Caller { token: provider.sign_in("ada", Kind::Jwt).await.access, ..ada };
    let code = returned_code(&passlink, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    begun.finish(&passlink, None, &begun.answer().credential()).await.sequence();
}

#[tokio::test]
async fn a_service_does_not_sign_in() {
    let provider = IdentityProvider::start();
    let (passlink, ada) = fixture(&provider).await;
    let service = provider.client_credentials("backend", "passlink.links", Kind::Jwt).await;
    let create = ["token", "create", "--service", "shop", "--permission", "user.passkey.write"];
    let shop = passlink.cli(&create).done().trim_end().to_owned();
    for token in [&service, &shop] {
        for medium in [json!({ "sendLink": {} }), json!({ "returnCode": {} })] {
            done_on_all(&passlink, token, &methods::create_link(&ada, medium)).await;
        }
        done_on_all(&passlink, token, &methods::register(&ada, json!({}))).await;
    }
}

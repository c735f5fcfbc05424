//! Signing in, on each of the four protocols.

use passlink_tests::{Call, Protocol, rpc::assert_refused};

use super::{methods as call, *};
use crate::passkeys::methods;

/// All that can be done with sessions.
async fn assert_whole_way(protocol: Protocol) {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let ada = ada_with_username(&passlink);
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let app = BackEnd::new(&passlink).token;
    let nobody = passlink.service("nobody", &[]);
    let at = async |token: &str, call: Call| {
        let outcome = protocol.call(&passlink, Some(token), &call).await;
        protocol.answer(&call, &outcome)
    };
    let refused = async |token: &str, call: Call, code, id| {
        assert_refused(&protocol.call(&passlink, Some(token), &call).await, code, id);
    };

    let mut tokens = Vec::new();
    for check in [by_id(&ada), named("ADA"), named("ada@example.com"), None] {
        let policy = "USER_VERIFICATION_REQUIREMENT_REQUIRED";
        let challenge =
            json!({ "domain": "login.example.com", "userVerificationRequirement": policy });
        let request = json!({
            "checks": { "user": check },
            "challenges": { "webAuthN": challenge },
            "metadata": { "page": "L2NhcnQ=" },
            "userAgent": { "ip": "192.0.2.7", "header": { "accept": { "values": ["a", "b"] } } },
            "lifetime": "3600s",
        });
        let created = at(&app, call::create(&request)).await;
        assert_eq!(created["details"]["sequence"], "1", "{created}");
        assert_eq!(created["details"]["resourceOwner"], "default", "{created}");
        let session = Session::of(&created["sessionId"], &created);
        let wrong = passkey.answer(&session).with_signature(b"nonsense");
        let checks = |assertion: &Value| json!({ "checks": { "webAuthN": { "credentialAssertionData": assertion } } });
        let handed = call::set(&session.id, checks(&wrong));
        refused(&app, handed, 3, "PASSKEY-ValidateFailed").await;
        let set = at(&app, call::set(&session.id, checks(&passkey.sign(&session)))).await;
        assert_eq!(set["details"]["sequence"], "2", "{set}");
        assert_eq!(set.get("challenges"), None, "{set}");
        let signed_in = Session::of(&created["sessionId"], &set);
        assert_ne!(signed_in.token, session.token);

        let seen = at(&app, call::get(&session.id, None)).await;
        let shown = &seen["session"];
        let user = &shown["factors"]["user"];
        assert_eq!(user["id"], ada.id, "{seen}");
        assert_eq!(user["loginName"], "ada");
        assert_eq!(user["displayName"], "Ada Example");
        assert_eq!(user["organizationId"], "default");
        assert_eq!(shown["factors"]["webAuthN"]["userVerified"], true);
        assert_eq!(shown["metadata"], json!({ "page": "L2NhcnQ=" }));
        assert_eq!(shown["userAgent"], request["userAgent"]);
        assert_eq!((&shown["id"], &shown["sequence"]), (&json!(session.id), &json!("2")));
        let by_token = at(&nobody, call::get(&session.id, Some(&signed_in.token))).await;
        assert_eq!(by_token, seen);
        refused(&nobody, call::get(&session.id, Some(&session.token)), 5, "SESSION-NotFound").await;
        tokens.push(signed_in);
    }

    let mine =
        json!({ "queries": [{ "userIdQuery": { "id": ada.id } }], "query": { "asc": true } });
    let listed = at(&app, call::list(&mine)).await;
    assert_eq!(listed["details"]["totalResult"], "4", "{listed}");
    let ids: Vec<_> = listed["sessions"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, tokens.iter().map(|it| &it.id).collect::<Vec<_>>());

    for (number, session) in tokens.iter().enumerate() {
        let name = format!("Phone {number}");
        let rename = methods::rename(&ada, &passkey.passkey, &name);
        at(&session.token, rename).await;
        let own = at(&session.token, methods::list_own()).await;
        assert_eq!(own["result"][0]["name"], name, "{own}");
        at(&session.token, Call::send_link()).await;
        let (caller, token) =
            if number == 0 { (&nobody, Some(&*session.token)) } else { (&app, None) };
        let deleted = at(caller, call::delete(&session.id, token)).await;
        assert_eq!(deleted["details"]["sequence"], "3", "{deleted}");
        refused(&session.token, Call::send_link(), 16, "AUTH-Invalid").await;
        refused(&app, call::get(&session.id, None), 5, "SESSION-NotFound").await;
    }
    let password = json!({ "checks": { "password": { "password": "secret" } } });
    refused(&app, call::create(&password), 12, "REQUEST-Unimplemented").await;
    refused(&nobody, call::create(&json!({})), 7, "AUTH-Denied").await;
}

#[tokio::test]
async fn sessions_are_created_signed_in_to_shown_listed_and_ended_on_rest() {
    assert_whole_way(Protocol::Rest).await;
}

#[tokio::test]
async fn sessions_are_created_signed_in_to_shown_listed_and_ended_on_grpc() {
    assert_whole_way(Protocol::Grpc).await;
}

#[tokio::test]
async fn sessions_are_created_signed_in_to_shown_listed_and_ended_on_grpc_web() {
    assert_whole_way(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn sessions_are_created_signed_in_to_shown_listed_and_ended_on_connect() {
    assert_whole_way(Protocol::Connect).await;
}

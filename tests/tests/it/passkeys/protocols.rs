//! The way from the link to the passkey and back, on each of the four protocols.

use passlink_tests::{Api, Call, HandMade, Key, MailServer, Passlink, Protocol, create_passkey};
use serde_json::{Value, json};

use super::{methods as call, *};

/// Makes a call that must succeed.
async fn done(passlink: &Passlink, protocol: Protocol, token: Option<&str>, call: Call) -> Value {
    let outcome = protocol.call(passlink, token, &call).await;
    protocol.answer(&call, &outcome)
}

/// All that can be done with links and passkeys.
async fn assert_whole_way(protocol: Protocol) {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let (token, bare) = (Some(ada.token.as_str()), None);
    let at = async |token, call| done(&passlink, protocol, token, call).await;

    // By a link that is mailed, on the device itself.
    let sent = at(token, call::create_link(&ada, json!({ "sendLink": {} }))).await;
    assert_eq!(sent["details"]["sequence"], "2", "{sent}");
    assert_eq!(sent.get("code"), None, "{sent}");
    let link = mails.until_mails(1).await.remove(0).mail.register_link();
    let (id, code) = (&*link.query["codeID"], &*link.code);
    let seen = at(bare, call::inspect(id, code)).await;
    assert_eq!(seen["state"], "LINK_STATE_OPEN");
    assert_eq!(seen["displayName"], "Ada Example");
    assert_eq!(seen["userId"], ada.id);
    assert!(!seen["maskedEmail"].as_str().unwrap().contains("ada@"), "{seen}");
    let kind = json!({ "code": code_of(&link), "authenticator": "PASSKEY_AUTHENTICATOR_PLATFORM" });
    let begun = at(bare, call::register(&ada, kind)).await;
    assert_eq!(begun["details"]["sequence"], "2", "{begun}");
    let options = &begun["publicKeyCredentialCreationOptions"];
    let selection = &options["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["authenticatorAttachment"], "platform");
    let created = create_passkey(options, ORIGIN).await;
    let passkey = begun["passkeyId"].as_str().unwrap();
    let answer = json!({ "publicKeyCredential": created, "passkeyName": "Phone" });
    let finished = at(bare, call::verify(&ada, passkey, answer)).await;
    assert_eq!(finished["details"]["sequence"], "3", "{finished}");
    assert_eq!(at(bare, call::inspect(id, code)).await["state"], "LINK_STATE_REDEEMED");

    // By a code that is returned, on a security key.
    let returned = at(token, call::create_link(&ada, json!({ "returnCode": {} }))).await;
    assert_eq!(returned["details"]["sequence"], "4", "{returned}");
    let code = &returned["code"];
    let kind = json!({ "code": code, "authenticator": "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM" });
    let begun = at(bare, call::register(&ada, kind)).await;
    let options = &begun["publicKeyCredentialCreationOptions"];
    let made = HandMade::answer(options, ORIGIN, b"security key");
    let made = made.attested_by(&Key::rs256()).credential();
    let second = begun["passkeyId"].as_str().unwrap();
    let answer = json!({ "publicKeyCredential": made, "passkeyName": "Key" });
    at(bare, call::verify(&ada, second, answer)).await;

    // By a bearer token, with either service.
    let begun = at(token, call::add_own()).await;
    let options = from_base64(&begun["key"]["publicKey"]);
    let made = HandMade::answer(&options, ORIGIN, b"laptop").credential();
    let finished = at(token, call::verify_own(made.to_string().as_bytes(), "Laptop")).await;
    assert_eq!(finished["details"]["sequence"], "6", "{finished}");
    let begun = at(token, call::register(&ada, json!({ "domain": "login.example.com" }))).await;
    let options = &begun["publicKeyCredentialCreationOptions"];
    let made = HandMade::answer(options, ORIGIN, b"tablet").credential();
    let last = begun["passkeyId"].as_str().unwrap();
    let answer = json!({ "publicKeyCredential": made, "passkeyName": "Tablet" });
    at(token, call::verify(&ada, last, answer)).await;

    let listed = at(token, call::list(&ada)).await;
    assert_eq!(listed["details"]["totalResult"], "4", "{listed}");
    assert_eq!(listed["details"]["processedSequence"], "7", "{listed}");
    let own = at(token, call::list_own()).await;
    assert_eq!(own["result"], listed["result"]);
    let names: Vec<_> = own["result"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Phone", "Key", "Laptop", "Tablet"]);

    assert_eq!(at(token, call::remove(&ada, last)).await["details"]["sequence"], "8");
    assert_eq!(at(token, call::remove_own(second)).await["details"]["sequence"], "9");
    let added = mails.until_mails(7).await;
    let undo = added.iter().filter(|it| it.mail.text().text.contains("Passkey: Phone"));
    let undo = undo.map(|it| it.mail.undo_link()).next().unwrap();
    let seen = at(bare, call::inspect_undo(passkey, &undo.code)).await;
    assert_eq!(
        (&seen["state"], &seen["passkeyName"]),
        (&json!("UNDO_STATE_OPEN"), &json!("Phone"))
    );
    assert_eq!(seen["canRevokeToken"], true, "{seen}");
    assert_eq!(at(bare, call::undo(passkey, &undo.code)).await, json!({}));
    let own = at(token, call::list_own()).await;
    assert_eq!(own["result"][0]["name"], "Laptop");
    assert_eq!(own["result"][1], Value::Null);
    mails.until_mails(8).await;

    // A link that nobody asked for.
    passlink.send_link(&ada.token).await.sequence();
    let link = mails.until_mails(9).await.remove(8).mail.revoke_link();
    let code = &*link.code;
    let seen = at(bare, call::inspect_revocation(&link.query["codeID"], code)).await;
    assert_eq!(
        (&seen["state"], &seen["displayName"]),
        (&json!("LINK_STATE_OPEN"), &json!("Ada Example"))
    );
    assert_eq!(at(bare, call::revoke(&link.query["codeID"], code)).await, json!({}));
    assert_eq!(passlink.history(&ada.id).len(), 12);
}

#[tokio::test]
async fn passkeys_are_registered_listed_removed_and_undone_on_rest() {
    assert_whole_way(Protocol::Rest).await;
}

#[tokio::test]
async fn passkeys_are_registered_listed_removed_and_undone_on_grpc() {
    assert_whole_way(Protocol::Grpc).await;
}

#[tokio::test]
async fn passkeys_are_registered_listed_removed_and_undone_on_grpc_web() {
    assert_whole_way(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn passkeys_are_registered_listed_removed_and_undone_on_connect() {
    assert_whole_way(Protocol::Connect).await;
}

//! `@zitadel/client` on the way from the link to the passkey and back.

use passlink_tests::{MailServer, Passlink, create_passkey, node};
use serde_json::{Value, json};

use super::*;

/// A client with a token.
struct Client<'p> {
    passlink: &'p Passlink,
    protocol: &'static str,
    token: &'p str,
}

impl Client<'_> {
    /// What the client sees of calls, one after the other.
    fn see(&self, calls: &[(&str, &str, Value)]) -> Vec<Value> {
        node::zitadel_client(&self.passlink.url(), self.protocol, self.token, calls)
    }

    /// The answers to calls that must succeed.
    #[track_caller]
    fn answers<const N: usize>(&self, calls: [(&str, &str, Value); N]) -> [Value; N] {
        let outcomes = self.see(&calls).into_iter().map(|outcome| {
            assert!(outcome["error"].is_null(), "{}: {outcome}", self.protocol);
            outcome["answer"].clone()
        });
        outcomes.collect::<Vec<_>>().try_into().unwrap()
    }

    /// Calls that must fail, each with its code and id.
    #[track_caller]
    fn refused(&self, calls: &[(&str, &str, Value)], errors: &[(u32, &str)]) {
        let outcomes = self.see(calls);
        let seen: Vec<_> = outcomes.iter().map(|it| &it["error"]).collect();
        let seen: Vec<_> = seen
            .iter()
            .map(|error| (error["code"].clone(), error["details"][0]["id"].clone()))
            .collect();
        let wanted: Vec<_> = errors.iter().map(|(code, id)| (json!(code), json!(id))).collect();
        assert_eq!(seen, wanted, "{outcomes:?}");
    }
}

/// What is registered at the options, on a device that knows of no other.
async fn created(options: &Value) -> Value {
    let mut options = options.clone();
    options["publicKey"].as_object_mut().unwrap().remove("excludeCredentials");
    create_passkey(&options, ORIGIN).await
}

/// Sends, returns, registers, verifies, lists and removes.
async fn assert_whole_way(protocol: &'static str) {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let client = Client { passlink: &passlink, protocol, token: &ada.token };
    let stranger = Client { token: "nonsense", ..client };

    // The second version: a link that is mailed, and a code that is returned.
    let link = |medium: &str| {
        let request = json!({ "userId": ada.id, medium: {} });
        ("v2", "createPasskeyRegistrationLink", request)
    };
    let [sent, returned] = client.answers([link("sendLink"), link("returnCode")]);
    assert_eq!(sent["details"]["sequence"], "2", "{sent}");
    assert_eq!(returned["details"]["sequence"], "3", "{returned}");
    let mailed = code_of(&mails.until_mails(1).await.remove(0).mail.register_link());
    // Who has a link needs no token, and gets by with one that does not hold.
    let begin = |code: &Value, kind: &str| {
        let request = json!({ "userId": ada.id, "code": code, "authenticator": kind });
        ("v2", "registerPasskey", request)
    };
    let begun = stranger.answers([
        begin(&mailed, "PASSKEY_AUTHENTICATOR_PLATFORM"),
        begin(&returned["code"], "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM"),
    ]);
    let mut finish = Vec::new();
    for (begun, name) in begun.iter().zip(["Phone", "Key"]) {
        let created = created(&begun["publicKeyCredentialCreationOptions"]).await;
        let request = json!({
            "userId": ada.id, "passkeyId": begun["passkeyId"], "publicKeyCredential": created,
            "passkeyName": name,
        });
        finish.push(("v2", "verifyPasskeyRegistration", request));
    }
    let finished = stranger.answers::<2>(finish.try_into().unwrap());
    assert_eq!(finished[1]["details"]["sequence"], "5", "{finished:?}");

    // The first version: a link of one's own, and a passkey by the token.
    let [own, sent, begun] = client.answers([
        ("v1", "addMyPasswordlessLink", json!({})),
        ("v1", "sendMyPasswordlessLink", json!({})),
        ("v1", "addMyPasswordless", json!({})),
    ]);
    assert!(own["link"].as_str().unwrap().contains("#code="), "{own}");
    assert_eq!(sent["details"]["sequence"], "7", "{sent}");
    let created = created(&from_base64(&begun["key"]["publicKey"])).await;
    let verification = json!({ "publicKeyCredential": base64(&created), "tokenName": "Laptop" });
    let [verified, own, listed] = client.answers([
        ("v1", "verifyMyPasswordless", json!({ "verification": verification })),
        ("v1", "listMyPasswordless", json!({})),
        ("v2", "listPasskeys", json!({ "userId": ada.id })),
    ]);
    assert_eq!(verified["details"]["sequence"], "8", "{verified}");
    assert_eq!(verified["details"]["resourceOwner"], "default", "{verified}");
    assert_eq!(listed["details"]["totalResult"], "3", "{listed}");
    assert_eq!(own["result"], listed["result"], "{own}");
    let result = own["result"].as_array().unwrap();
    let names: Vec<_> = result.iter().map(|passkey| &passkey["name"]).collect();
    assert_eq!(names, ["Phone", "Key", "Laptop"]);
    assert!(result.iter().all(|passkey| passkey["state"] == "AUTH_FACTOR_STATE_READY"));

    let [first, second] = [&result[0]["id"], &result[1]["id"]];
    let remove_own = |passkey| ("v1", "removeMyPasswordless", json!({ "tokenId": passkey }));
    client.answers([
        ("v2", "removePasskey", json!({ "userId": ada.id, "passkeyId": first })),
        remove_own(second),
    ]);
    assert_eq!(super::names(&passlink, &ada).await, ["Laptop"]);

    let others = ("v2", "listPasskeys", json!({ "userId": "somebody" }));
    client.refused(&[remove_own(first), others], &[(5, "PASSKEY-NotFound"), (7, "AUTH-Denied")]);
    let own = ("v1", "listMyPasswordless", json!({}));
    let used = begin(&mailed, "PASSKEY_AUTHENTICATOR_PLATFORM");
    stranger.refused(&[own, used], &[(16, "AUTH-Invalid"), (3, "LINK-CodeInvalid")]);
}

#[tokio::test]
async fn zitadel_client_does_all_of_it_by_grpc() {
    assert_whole_way("grpc").await;
}

#[tokio::test]
async fn zitadel_client_does_all_of_it_by_grpc_web() {
    assert_whole_way("grpc-web").await;
}

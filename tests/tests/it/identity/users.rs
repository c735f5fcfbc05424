//! Whom a person's token speaks for, where users are added by hand.

use passlink_tests::{
    Api, Call, IdentityProvider, Protocol,
    identity_provider::{Endpoint, Kind},
    rpc::assert_refused,
};
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn somebody_unknown_is_no_user_and_becomes_none() {
    let provider = IdentityProvider::start();
    provider.set_account("eve", &json!({ "email": "eve@example.com", "email_verified": true }));
    let passlink = taking(&[issuer(&provider, json!({}))]).started().await;
    let ada = ada(&passlink, &provider);
    let token = provider.sign_in("eve", Kind::Jwt).await.access;
    for protocol in Protocol::ALL {
        let outcome = protocol.call(&passlink, Some(&token), &Call::send_link()).await;
        assert_refused(&outcome, 5, "USER-NotFound");
    }
    assert_no_user(&passlink.send_link(&token).await);
    // Neither a user's id nor the case of a subject is looked at.
    for sub in [&*ada, "Ada", "ada ", "ada@example.com"] {
        assert_no_user(&passlink.send_link(&signed(&provider, sub, json!({}))).await);
    }
    let users = passlink.cli(&["user", "list"]).lines();
    assert_eq!(users.iter().map(|user| &user["id"]).collect::<Vec<_>>(), [&ada]);
    assert_eq!(provider.count(Endpoint::UserInfo), 0);
}

#[tokio::test]
async fn a_user_is_known_by_one_subject_of_an_issuer_and_a_subject_is_one_users() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[issuer(&provider, json!({}))]);
    ada(&passlink, &provider);
    let again = ["user", "add", "--email", "eve@example.com", "--issuer", provider.url()];
    let again = [&again[..], &["--subject", "ada"]].concat();
    let told = passlink.cli(&again).failed(1);
    assert!(told.contains("subject") || told.contains("issuer"), "{told}");
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 1);
    for half in [["--issuer", provider.url()], ["--subject", "ada"]] {
        let add = [&["user", "add", "--email", "eve@example.com"][..], &half].concat();
        passlink.cli(&add).failed(2);
    }
}

#[tokio::test]
async fn a_claim_can_name_the_user_by_the_id_here() {
    let provider = IdentityProvider::start();
    let by_claim = json!({ "user_id_claim": "passlink_user" });
    let passlink = taking(&[issuer(&provider, by_claim)]).started().await;
    passlink.user("ada@example.com", &["--id", "42"]);
    passlink.user("eve@example.com", &["--id", "43", "--org", "other"]);
    known_as(&passlink, "bob@example.com", &provider, "bob");
    provider.set_token_claims(&["passlink_user"]);
    provider.set_account("ada", &json!({ "passlink_user": "42" }));
    for kind in [Kind::Jwt, Kind::JwtEs256] {
        passlink.send_link(&provider.sign_in("ada", kind).await.access).await.sequence();
    }
    assert_eq!(passlink.history("42").len(), 3);
    for out_of_reach in ["43", "44", "Ada@example.com"] {
        let token = signed(&provider, "ada", json!({ "passlink_user": out_of_reach }));
        assert_no_user(&passlink.send_link(&token).await);
    }
    // Whoever the issuer does not name is nobody, whatever the subject.
    for (said, why) in [
        (Value::Null, "it lacks the text claim `passlink_user`"),
        (json!(42), "it lacks the text claim `passlink_user`"),
        (json!(""), "its `passlink_user` "),
        (json!("4 2"), "its `passlink_user` "),
    ] {
        let before = reasons(&passlink).len();
        let token = signed(&provider, "bob", json!({ "passlink_user": said }));
        assert_wrong(&passlink.send_link(&token).await);
        let told = until("a line of the log", async || reasons(&passlink).get(before).cloned());
        let told = told.await;
        assert!(told.contains(why) && !told.contains("4 2"), "{said}: {told}");
    }
    assert_eq!(passlink.history("43"), [1]);
}

#[tokio::test]
async fn a_good_token_does_not_help_a_user_who_is_locked_deactivated_or_removed() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[issuer(&provider, json!({}))]).started().await;
    let ada = ada(&passlink, &provider);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    let user = |command| drop(passlink.cli(&["user", command, &ada]).done());
    for (stop, undo) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        passlink.send_link(&token).await.sequence();
        user(stop);
        let answer = passlink.send_link(&token).await;
        answer.assert_error(400, 9, "Errors.User.NotActive", "USER-NotActive");
        user(undo);
    }
    passlink.send_link(&token).await.sequence();
    user("remove");
    assert_no_user(&passlink.send_link(&token).await);
    // The subject stays with who was removed.
    let later = signed(&provider, "ada", json!({ "iat": now() + 10 }));
    assert_no_user(&passlink.send_link(&later).await);
}

#[tokio::test]
async fn a_person_acts_for_nobody_else_whatever_the_token_says() {
    let provider = IdentityProvider::start();
    let permissions = json!({ "passlink.links": ["user.passkey.write"] });
    let services = json!({ "services": ["backend"], "permissions": permissions });
    let passlink = taking(&[issuer(&provider, services)]).started().await;
    ada(&passlink, &provider);
    let eve = passlink.caller("eve@example.com", &[]);
    let token = signed(&provider, "ada", json!({ "roles": ["passlink.links"] }));
    let call = crate::passkeys::methods::create_link(&eve, json!({ "sendLink": {} }));
    for protocol in Protocol::ALL {
        let outcome = protocol.call(&passlink, Some(&token), &call).await;
        assert_refused(&outcome, 7, "AUTH-Denied");
    }
    assert_eq!(passlink.history(&eve.id), [1]);
}

#[tokio::test]
async fn a_user_who_is_there_already_is_made_known_by_what_the_issuer_calls_them() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[issuer(&provider, json!({}))]).started().await;
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    let add = |email: &str| passlink.cli(&["user", "add", "--email", email]).lines().remove(0);
    let (ada, bob) = (add("ada@example.com"), add("bob@example.com"));
    let answer = passlink.send_link(&token).await;
    answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
    let known_as = |user: &Value| {
        let (id, url) = (user["id"].as_str().unwrap(), provider.url());
        passlink.cli(&["user", "update", id, "--issuer", url, "--subject", "ada"])
    };
    assert_eq!(known_as(&ada).lines()[0]["sequence"], 2);
    passlink.send_link(&token).await.sequence();
    let told = known_as(&bob).failed(1);
    assert!(told.contains("the issuer's subject is another user"), "{told}");
    passlink.send_link(&token).await;
    assert_eq!(
        passlink.cli(&["user", "show", bob["id"].as_str().unwrap()]).lines()[0]["sequence"],
        1
    );
}

//! People of an issuer who become users by their first call.

use futures_util::future::join_all;
use passlink_tests::{
    Answer, Api, IdentityProvider, MailServer, Passlink,
    identity_provider::{Endpoint, Fault, Kind},
};
use serde_json::{Value, json};

use super::{opaque::introspecting, *};

/// An issuer whose people become users.
fn open(provider: &IdentityProvider, more: Value) -> Value {
    introspecting(provider, and(json!({ "provision": true }), more))
}

fn users(passlink: &Passlink) -> Vec<Value> {
    passlink.cli(&["user", "list"]).lines()
}

#[track_caller]
fn assert_not_verified(answer: &Answer) {
    answer.assert_error(400, 9, "Errors.User.Email.NotVerified", "USER-EmailNotVerified");
}

#[tokio::test]
async fn somebody_with_a_verified_address_becomes_a_user_by_the_first_call() {
    let provider = IdentityProvider::start();
    let mails = MailServer::plain();
    let open = open(&provider, json!({ "organisation_claim": "org" }));
    let passlink = trusting(Passlink::with_mail_server(&mails), &[open]).started().await;
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    assert_eq!(passlink.send_link(&token).await.sequence(), 2);
    let [user] = &users(&passlink)[..] else { panic!("{:?}", users(&passlink)) };
    let expected = json!({
        "id": user["id"], "organisation": "engines", "username": "ada",
        "displayName": "Ada Example", "language": "en", "email": "ada@example.com",
        "emailVerified": true, "state": "active", "sequence": 2,
    });
    assert_eq!(*user, expected);
    let mail = mails.until_mails(1).await.remove(0);
    assert_eq!(mail.envelope.to, ["ada@example.com"]);
    assert!(mail.mail.text().text.contains("Ada Example"), "{}", mail.mail.text().text);
    assert_eq!(passlink.send_link(&token).await.sequence(), 3);
    assert_eq!((users(&passlink).len(), provider.count(Endpoint::UserInfo)), (1, 0));
}

#[tokio::test]
async fn what_a_token_does_not_say_of_somebody_user_info_does() {
    let provider = IdentityProvider::start();
    provider.set_token_claims(&["auth_time"]);
    let passlink = taking(&[open(&provider, json!({ "organisation": "acme" }))]).started().await;
    for (count, kind) in (1..).zip([Kind::Jwt, Kind::Opaque]) {
        let sub = format!("ada-{count}");
        let address = format!("{sub}@example.com");
        let said = json!({
            "email": address, "email_verified": true, "name": "Ada Example", "locale": "de-CH",
            "preferred_username": sub,
        });
        provider.set_account(&sub, &said);
        let token = provider.sign_in(&sub, kind).await.access;
        for _ in 0..2 {
            passlink.send_link(&token).await.sequence();
            assert_eq!(provider.count(Endpoint::UserInfo), count, "it is asked once");
        }
        let users = users(&passlink);
        let user = users.iter().find(|user| user["username"] == sub).unwrap();
        let expected = json!({
            "email": address, "emailVerified": true, "displayName": "Ada Example",
            "language": "de-CH", "organisation": "acme",
        });
        let told: Value = expected
            .as_object()
            .unwrap()
            .keys()
            .map(|name| (name.clone(), user[name].clone()))
            .collect();
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn nobody_becomes_a_user_whose_address_the_issuer_has_not_verified() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    let email = "eve@example.com";
    for (number, said) in (0..).zip([
        json!({ "email": email, "email_verified": false }),
        json!({ "email": email, "email_verified": "false" }),
        json!({ "email": email, "email_verified": null }),
        json!({ "email": email, "email_verified": 1 }),
        json!({ "email": email }),
        json!({ "email": "no address", "email_verified": true }),
        json!({ "email": [email], "email_verified": true }),
        json!({ "email_verified": true, "name": "Eve" }),
        json!({}),
    ]) {
        let sub = format!("eve-{number}");
        provider.set_account(&sub, &said);
        for kind in [Kind::Jwt, Kind::Opaque] {
            let answer = passlink.send_link(&provider.sign_in(&sub, kind).await.access).await;
            assert_eq!(answer.status, 400, "{said}: {answer:?}");
            assert_not_verified(&answer);
        }
    }
    assert_eq!(users(&passlink), [Value::Null; 0]);
}

#[tokio::test]
async fn an_address_of_which_nothing_is_said_is_trusted_where_the_operator_says_so() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({ "trust_email": true }))]).started().await;
    let token = |sub: &str, verified: Value| {
        let said = json!({ "email": format!("{sub}@example.com"), "email_verified": verified });
        signed(&provider, sub, said)
    };
    assert_not_verified(&passlink.send_link(&token("eve", json!(false))).await);
    passlink.send_link(&token("ada", Value::Null)).await.sequence();
    passlink.send_link(&token("bob", json!("true"))).await.sequence();
    let users = users(&passlink);
    let told: Vec<_> = users.iter().map(|user| (&user["email"], &user["emailVerified"])).collect();
    let verified = json!(true);
    let expected = [json!("ada@example.com"), json!("bob@example.com")];
    assert_eq!(told, expected.iter().map(|email| (email, &verified)).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_user_info_says_of_somebody_else_is_not_believed() {
    let provider = IdentityProvider::start();
    provider.set_token_claims(&[]);
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    let person = json!({ "email": "eve@example.com", "email_verified": true });
    for sub in [json!("eve"), json!("ADA"), json!(["ada"]), Value::Null] {
        let said = changed(person.clone(), json!({ "sub": sub }));
        provider.fault(Endpoint::UserInfo, Fault::Says(said));
        assert_not_verified(&passlink.send_link(&token).await);
    }
    until_logged(&passlink, "INFO", "UserInfo can't be used", "another subject").await;
    for fault in [Fault::Refuse, Fault::Nonsense, Fault::Huge, Fault::Redirect] {
        provider.fault(Endpoint::UserInfo, fault);
        assert_unavailable(&passlink.send_link(&token).await);
    }
    assert_eq!(provider.count(Endpoint::Elsewhere), 0);
    assert_eq!(users(&passlink), [Value::Null; 0]);
    provider.fault(Endpoint::UserInfo, Fault::None);
    passlink.send_link(&token).await.sequence();
    assert_eq!(users(&passlink)[0]["email"], "ada@example.com");
}

#[tokio::test]
async fn nobody_gets_a_user_who_has_the_same_address() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    let before = passlink.user("ADA@example.com", &["--id", "1"]);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    for _ in 0..2 {
        let answer = passlink.send_link(&token).await;
        answer.assert_error(409, 6, "Errors.User.Email.Taken", "USER-EmailTaken");
    }
    assert_eq!(users(&passlink), [before]);
    // It is free when that user is gone.
    passlink.cli(&["user", "remove", "1"]).done();
    passlink.send_link(&token).await.sequence();
}

#[tokio::test]
async fn nobody_becomes_a_user_with_the_username_of_another() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    let before = passlink.user("countess@example.com", &["--id", "1", "--username", "ADA"]);
    let token = provider.sign_in("ada", Kind::Jwt).await.access;
    for _ in 0..2 {
        let answer = passlink.send_link(&token).await;
        answer.assert_error(409, 6, "Errors.User.Username.Taken", "USER-UsernameTaken");
    }
    assert_eq!(users(&passlink), [before]);
    // It is free when that user has another.
    passlink.cli(&["user", "update", "1", "--username", "countess"]).done();
    passlink.send_link(&token).await.sequence();
}

#[tokio::test]
async fn an_organisation_that_is_none_is_refused() {
    let provider = IdentityProvider::start();
    let by_claim = open(&provider, json!({ "organisation_claim": "org" }));
    let passlink = taking(&[by_claim]).started().await;
    let person = json!({ "email": "eve@example.com", "email_verified": true });
    for org in [json!("*"), json!(""), json!("a b"), json!(["acme"]), json!(1), Value::Null] {
        let token = signed(&provider, "eve", and(person.clone(), json!({ "org": org })));
        let answer = passlink.send_link(&token).await;
        assert_eq!(answer.status, 401, "{org}: {answer:?}");
        assert_wrong(&answer);
    }
    assert_eq!(users(&passlink), [Value::Null; 0]);

    let otherwise = json!({ "organisation_claim": "org", "organisation": "acme" });
    let passlink = taking(&[open(&provider, otherwise)]).started().await;
    passlink.send_link(&signed(&provider, "eve", person.clone())).await.sequence();
    assert_eq!(users(&passlink)[0]["organisation"], "acme");
    // A user does not move to another organisation.
    let moved = json!({ "org": "other", "iat": now() + 10 });
    assert_no_user(&passlink.send_link(&signed(&provider, "eve", changed(person, moved))).await);
    assert_eq!(users(&passlink)[0]["organisation"], "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn first_calls_at_the_same_time_make_one_user() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    for round in 0..5 {
        let sub = format!("ada-{round}");
        let said = json!({ "email": format!("{sub}@example.com"), "email_verified": true });
        let tokens: Vec<_> = (0..10)
            .map(|number| signed(&provider, &sub, changed(said.clone(), json!({ "jti": number }))))
            .collect();
        let list = format!("{}/_search", passlink_tests::passkeys::OWN);
        let calls = tokens.iter().map(|token| {
            let request = passlink.request(reqwest::Method::POST, &list).body("{}");
            tokio::spawn(Answer::to(request.bearer_auth(token)))
        });
        for answer in join_all(calls).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        assert_eq!(users(&passlink).len(), round + 1);
    }
}

#[tokio::test]
async fn who_was_removed_locked_or_deactivated_stays_so() {
    let provider = IdentityProvider::start();
    let passlink = taking(&[open(&provider, json!({}))]).started().await;
    let token = |seconds: u64| {
        let said = json!({ "email": "ada@example.com", "email_verified": true });
        signed(&provider, "ada", changed(said, json!({ "iat": now() - 1000 + seconds })))
    };
    passlink.send_link(&token(0)).await.sequence();
    let id = users(&passlink)[0]["id"].as_str().unwrap().to_owned();
    let user = |command| passlink.cli(&["user", command, &id]).lines().remove(0);
    for (number, (stop, state, undo)) in
        (1..).zip([("lock", "locked", "unlock"), ("deactivate", "deactivated", "reactivate")])
    {
        user(stop);
        let answer = passlink.send_link(&token(number * 10)).await;
        answer.assert_error(400, 9, "Errors.User.NotActive", "USER-NotActive");
        assert_eq!(user("show")["state"], state);
        user(undo);
    }
    user("remove");
    for seconds in [0, 10, 100] {
        assert_no_user(&passlink.send_link(&token(seconds)).await);
    }
    let all = passlink.sql("SELECT id FROM users", &[]);
    assert_eq!(all, [[json!(id)]], "nobody new came in their place");
}

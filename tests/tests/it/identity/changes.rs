//! What a newer token says of a user replaces what an older one said.

use passlink_tests::{
    Api, IdentityProvider, Passlink,
    identity_provider::{Endpoint, Fault, Kind, parts},
    until,
};
use serde_json::{Value, json};

use super::*;

/// People, and when their tokens were issued, in seconds after some moment.
struct Past {
    provider: IdentityProvider,
    passlink: Passlink,
    began: u64,
}

impl Past {
    async fn new() -> Self {
        let provider = IdentityProvider::start();
        let open = json!({ "provision": true });
        let passlink = taking(&[issuer(&provider, open)]).started().await;
        Self { provider, passlink, began: now() - 1000 }
    }

    fn token(&self, sub: &str, seconds: u64, said: Value) -> String {
        let when = json!({ "iat": self.began + seconds });
        signed(&self.provider, sub, and(when, said))
    }

    async fn call(&self, sub: &str, seconds: u64, said: Value) -> Answer {
        self.passlink.send_link(&self.token(sub, seconds, said)).await
    }

    /// The users, by their addresses.
    fn users(&self) -> Vec<Value> {
        let mut users = self.passlink.cli(&["user", "list"]).lines();
        users.sort_by_key(|user| user["email"].to_string());
        users
    }
}

fn named(email: &str, name: &str) -> Value {
    json!({
        "email": email, "email_verified": true, "name": name, "preferred_username": name,
        "locale": "de",
    })
}

#[tokio::test]
async fn a_newer_token_changes_a_user_and_an_older_one_does_not() {
    let past = Past::new().await;
    past.call("ada", 100, named("ada@example.com", "Ada")).await.sequence();
    let told = |user: &Value| {
        ["email", "displayName", "username", "language"].map(|name| user[name].clone())
    };
    let first = past.users();
    assert_eq!(told(&first[0]), ["ada@example.com", "Ada", "Ada", "de"]);
    // As old, older, and of no age.
    for when in
        [json!({ "iat": past.began + 100 }), json!({ "iat": past.began }), json!({ "iat": null })]
    {
        let said = and(named("old@example.com", "Old"), when);
        past.call("ada", 0, said).await.sequence();
        assert_eq!(told(&past.users()[0]), told(&first[0]));
    }
    let newer = changed(named("new@example.com", "New"), json!({ "locale": "fr-CA" }));
    past.call("ada", 200, newer).await.sequence();
    let second = ["new@example.com", "New", "New", "fr-CA"];
    assert_eq!(told(&past.users()[0]), second);
    past.call("ada", 150, named("old@example.com", "Old")).await.sequence();
    assert_eq!(told(&past.users()[0]), second);
    // What a token does not say stays as it is.
    past.call("ada", 300, json!({ "email": "new@example.com", "email_verified": true })).await;
    let [user] = &past.users()[..] else { panic!("{:?}", past.users()) };
    assert_eq!(told(user), second);
    assert_eq!((&user["id"], &user["emailVerified"]), (&first[0]["id"], &json!(true)));
}

#[tokio::test]
async fn an_address_that_is_no_longer_verified_gets_no_links() {
    let past = Past::new().await;
    past.call("ada", 0, named("ada@example.com", "Ada")).await.sequence();
    for (seconds, said) in [
        (10, json!({ "email": "ada@example.com", "email_verified": false })),
        (30, json!({ "email": "ada@example.org" })),
    ] {
        let answer = past.call("ada", seconds, said.clone()).await;
        answer.assert_error(400, 9, "Errors.User.Email.NotVerified", "USER-EmailNotVerified");
        assert_eq!(past.users()[0]["emailVerified"], false, "{said}");
        assert_eq!(past.users()[0]["email"], "ada@example.com", "{said}");
        past.call("ada", seconds + 10, named("ada@example.com", "Ada")).await.sequence();
        assert_eq!(past.users()[0]["emailVerified"], true);
    }
}

#[tokio::test]
async fn an_address_that_is_not_verified_does_not_keep_its_owner_out() {
    let past = Past::new().await;
    past.call("eve", 0, named("eve@example.com", "Eve")).await.sequence();
    let not_hers = json!({ "email": "ada@example.com", "email_verified": false });
    let answer = past.call("eve", 10, not_hers).await;
    answer.assert_error(400, 9, "Errors.User.Email.NotVerified", "USER-EmailNotVerified");
    past.call("ada", 0, named("ada@example.com", "Ada")).await.sequence();
    let addresses: Vec<_> = past.users().iter().map(|user| user["email"].clone()).collect();
    assert_eq!(addresses, ["ada@example.com", "eve@example.com"]);
}

#[tokio::test]
async fn an_address_that_another_user_has_changes_nobody() {
    let past = Past::new().await;
    past.call("ada", 0, named("ada@example.com", "Ada")).await.sequence();
    past.call("eve", 0, named("eve@example.com", "Eve")).await.sequence();
    let before = past.users();
    for _ in 0..2 {
        let answer = past.call("eve", 10, named("ADA@example.com", "Eve the second")).await;
        answer.assert_error(409, 6, "Errors.User.Email.Taken", "USER-EmailTaken");
        assert_eq!(past.users(), before);
    }
    // It is hers again when the other one has let it go.
    past.call("ada", 10, named("ada@example.org", "Ada")).await.sequence();
    past.call("eve", 10, named("ada@example.com", "Eve")).await.sequence();
    let users = past.users();
    let told: Vec<_> = users.iter().map(|it| (&it["email"], &it["displayName"])).collect();
    let (ada, eve) =
        ((json!("ada@example.org"), json!("Ada")), (json!("ada@example.com"), json!("Eve")));
    assert_eq!(told, [(&eve.0, &eve.1), (&ada.0, &ada.1)]);
}

#[tokio::test]
async fn a_username_that_another_user_has_is_left_out_and_the_rest_is_taken_over() {
    let past = Past::new().await;
    past.call("ada", 0, named("ada@example.com", "Ada")).await.sequence();
    past.call("eve", 0, named("eve@example.com", "Eve")).await.sequence();
    past.call("eve", 5, named("eve@example.org", "ADA")).await.sequence();
    assert_eq!(past.users()[1]["email"], "eve@example.org");
    assert_eq!(past.users()[1]["username"], "Eve");
    past.call("ada", 10, named("ada@example.com", "Ada the first")).await.sequence();
    past.call("eve", 10, named("eve@example.org", "ADA")).await.sequence();
    assert_eq!(past.users()[1]["username"], "ADA");
}

#[tokio::test]
async fn a_user_who_was_added_by_hand_is_changed_as_well() {
    let past = Past::new().await;
    let ada = ada(&past.passlink, &past.provider);
    past.call("ada", 0, named("ada@example.org", "Ada Example")).await.sequence();
    let user = &past.users()[0];
    assert_eq!((&user["id"], &user["email"]), (&json!(ada), &json!("ada@example.org")));
    assert_eq!(user["displayName"], "Ada Example");
    let issuer = past.provider.url();
    assert_eq!(actors(&past.passlink, &ada), [["issuer", issuer], ["person", &*ada]]);
}

#[tokio::test]
async fn calls_at_the_same_time_with_tokens_of_any_age_end_with_what_the_newest_says() {
    let past = Past::new().await;
    for round in 0..5 {
        let token = |number: u64| {
            let name = format!("Ada {round}");
            let said = named(&format!("ada-{round}-{number}@example.com"), &name);
            past.token(&format!("ada-{round}"), number, said)
        };
        let calls = [3, 9, 1, 7, 5, 2, 8]
            .map(|number| tokio::spawn(Answer::to(past.passlink.sending(&token(number)))));
        for call in calls {
            call.await.unwrap().sequence();
        }
        let users = past.users();
        assert_eq!(users.len(), round + 1);
        let newest = format!("ada-{round}-9@example.com");
        assert!(users.iter().any(|user| user["email"] == newest), "{users:?}");
    }
}

#[tokio::test]
async fn user_info_is_asked_about_a_known_user_whose_newer_token_says_nothing() {
    let provider = IdentityProvider::start();
    provider.set_token_claims(&[]);
    let open = json!({ "provision": true });
    let passlink = taking(&[issuer(&provider, open)]).started().await;
    // A token that was issued in a later second than the last one.
    let newer = async |than: u64| {
        until("the next second", async || {
            let token = provider.sign_in("ada", Kind::Jwt).await.access;
            let issued = parts(&token).1["iat"].as_u64().unwrap();
            (issued > than).then_some((token, issued))
        })
        .await
    };
    let email = || passlink.cli(&["user", "list"]).lines()[0]["email"].clone();
    let moved = |email: &str| json!({ "sub": "ada", "email": email, "email_verified": true });
    let (token, issued) = newer(0).await;
    passlink.send_link(&token).await.sequence();
    // Nothing is lost where it can't be asked, or tells of somebody else.
    let (token, issued) = newer(issued).await;
    provider.set_account("ada", &moved("ada@example.org"));
    provider.fault(Endpoint::UserInfo, Fault::Refuse);
    passlink.send_link(&token).await.sequence();
    until_logged(&passlink, "WARN", "a user is taken as known: UserInfo can't be had", "500").await;
    assert_eq!(email(), "ada@example.com");
    provider.fault(Endpoint::UserInfo, Fault::None);
    passlink.send_link(&token).await.sequence();
    assert_eq!(email(), "ada@example.org");
    let (token, _) = newer(issued).await;
    let other = changed(moved("eve@example.com"), json!({ "sub": "eve" }));
    provider.fault(Endpoint::UserInfo, Fault::Says(other));
    passlink.send_link(&token).await.sequence();
    assert_eq!(email(), "ada@example.org");
}

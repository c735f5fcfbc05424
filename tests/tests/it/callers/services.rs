//! What services do for users.

use passlink_tests::{MailServer, create_passkey};

use super::*;

/// What became of the user's links, in order.
fn states(passlink: &Passlink, user: &Caller) -> Vec<Value> {
    let links = passlink.cli(&["link", "list", "--user", &user.id]).lines().into_iter();
    links.map(|link| link["state"].clone()).collect()
}

#[tokio::test]
async fn a_service_sends_and_returns_links_and_registers_lists_and_removes_passkeys() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let ada = for_user(&ada, &service_of(&passlink, "Shop & Co", "default"));

    assert_eq!(link(&passlink, &ada, "sendLink").await.sequence(), 2);
    let mail = mails.until_mails(1).await.remove(0);
    assert_eq!(mail.envelope.to, ["ada@example.com"]);
    assert!(mail.mail.text().text.contains("Requested with: Shop & Co"), "{:?}", mail.mail);
    let code = code_of(&mail.mail.register_link());
    register_with(&passlink, &ada, &code, "Phone").await;
    mails.until_mails(2).await;
    let code = returned_code(&passlink, &ada).await;
    register_with(&passlink, &ada, &code, "Tablet").await;

    let begun = begin(&passlink, &ada).await;
    let created = create_passkey(&begun.options, ORIGIN).await;
    let finished = begun.finish_as(&passlink, Some(&ada.token), &created, "Laptop").await;
    assert_eq!(finished.sequence(), 6);
    // Nobody is told of a passkey that is gone by then.
    mails.until_mails(4).await;
    let list = async || {
        let path = format!("{}/_search", passkeys_of(&ada));
        post(&passlink, Some(&ada.token), &path, &json!({})).await.json()
    };
    let listed = list().await["result"].clone();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|it| &it["name"]).cloned().collect();
    assert_eq!(listed, ["Phone", "Tablet", "Laptop"]);
    assert_eq!(remove(&passlink, &ada, &begun.id).await.sequence(), 7);
    assert_not_found(&remove(&passlink, &ada, &begun.id).await);
    assert_eq!(list().await["details"]["totalResult"], "2");
    mails.until_mails(5).await;
}

#[tokio::test]
async fn a_mail_names_the_token_that_asked_for_it_and_after_it_the_service() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let bob = passlink.caller("bob@example.com", &[]);
    let named = ["--name", "Web shop", "--permission", WRITE];
    let person = ["--name", "Bob's desk", "--permission", WRITE];
    let asking = [
        (passlink.service("shop", &named), "Requested with: Web shop"),
        (passlink.service("shop", &permitting(&[WRITE])), "Requested with: shop"),
        (passlink.token(&bob.id, &person), "Requested with: Bob's desk"),
    ];
    for (index, (token, line)) in asking.iter().enumerate() {
        link(&passlink, &for_user(&ada, token), "sendLink").await.sequence();
        let mail = mails.until_mails(index + 1).await.remove(index).mail;
        assert!(mail.text().text.contains(line), "{line} in {mail:?}");
    }
    // Who has a link's code asks for no more than what was asked for.
    let expired = passlink.expired(&mails.mails()[1].mail.register_link());
    assert_eq!(at_link(&passlink, &code_of(&expired), "_resend").await.status, 200);
    let again = mails.until_mails(4).await.remove(3).mail;
    assert!(again.text().text.contains("Requested with: shop"), "{again:?}");
}

#[tokio::test]
async fn a_user_who_may_not_act_is_refused_to_a_service_as_to_the_user() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let service = for_user(&ada, &service_of(&passlink, "shop", "*"));
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    let begun = begin(&passlink, &service).await;
    let credential = begun.answer().credential();
    let attempts = async |caller: &Caller| {
        let (token, of) = (Some(&*caller.token), passkeys_of(caller));
        [
            link(&passlink, caller, "sendLink").await,
            link(&passlink, caller, "returnCode").await,
            post(&passlink, token, &of, &json!({})).await,
            begun.finish(&passlink, token, &credential).await,
            post(&passlink, token, &format!("{of}/_search"), &json!({})).await,
            remove(&passlink, caller, &passkey).await,
        ]
    };
    for (shut, open) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        passlink.cli(&["user", shut, &ada.id]).done();
        for caller in [&ada, &service] {
            for answer in attempts(caller).await {
                let text = "Errors.User.NotActive";
                answer.assert_error(400, 9, text, "USER-NotActive");
            }
        }
        passlink.cli(&["user", open, &ada.id]).done();
    }
    assert_eq!(begun.finish(&passlink, Some(&service.token), &credential).await.status, 200);
    passlink.cli(&["user", "update", &ada.id, "--unverified"]).done();
    for caller in [&ada, &service] {
        let text = "Errors.User.Email.NotVerified";
        let answer = link(&passlink, caller, "sendLink").await;
        answer.assert_error(400, 9, text, "USER-EmailNotVerified");
    }
    passlink.cli(&["user", "remove", &ada.id]).done();
    let ended = attempts(&service).await;
    for (index, answer) in ended.iter().enumerate() {
        match index {
            // The registration has ended, whoever asks.
            3 => assert_not_found(answer),
            _ => assert_no_user(answer),
        }
    }
}

#[tokio::test]
async fn permissions_of_a_person_who_may_not_act_reach_nobody() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let by_bob = for_user(&ada, &passlink.token(&bob.id, &permitting(&[WRITE, READ])));
    link(&passlink, &by_bob, "returnCode").await.sequence();
    for (shut, open) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        passlink.cli(&["user", shut, &bob.id]).done();
        assert_denied(&link(&passlink, &by_bob, "returnCode").await);
        assert_denied(&link(&passlink, &by_bob, "sendLink").await);
        passlink.cli(&["user", open, &bob.id]).done();
        link(&passlink, &by_bob, "returnCode").await.sequence();
    }
    passlink.cli(&["user", "remove", &bob.id]).done();
    assert_invalid(&link(&passlink, &by_bob, "returnCode").await);
}

#[tokio::test]
async fn links_that_a_service_asks_for_count_as_the_users_own() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let bob = passlink.caller("bob@example.com", &[]);
    let service = service_of(&passlink, "shop", "default");
    passlink.send_link(&ada.token).await.sequence();
    link(&passlink, &for_user(&ada, &service), "sendLink").await.assert_too_many();
    link(&passlink, &for_user(&bob, &service), "sendLink").await.sequence();
    passlink.send_link(&bob.token).await.assert_too_many();
    let ours = passlink.token(&bob.id, &permitting(&[WRITE]));
    link(&passlink, &for_user(&ada, &ours), "sendLink").await.assert_too_many();
}

#[tokio::test]
async fn a_revoked_token_of_a_service_ends_the_open_links_that_it_made_for_anybody() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let token = service_of(&passlink, "shop", "default");
    let id = token_of(&passlink, "shop")["id"].as_str().unwrap().to_owned();
    let kept = service_of(&passlink, "shop", "default");
    let code = returned_code(&passlink, &for_user(&ada, &token)).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let own = begin(&passlink, &for_user(&ada, &token)).await;
    link(&passlink, &for_user(&bob, &token), "sendLink").await.sequence();
    let others = returned_code(&passlink, &for_user(&ada, &kept)).await;
    returned_code(&passlink, &bob).await;

    let revoked = passlink.cli(&["token", "revoke", &id]).lines().remove(0);
    assert_eq!((&revoked["service"], &revoked["linksEnded"]), (&json!("shop"), &json!(2)));
    assert!(revoked["revoked"].is_string(), "{revoked}");
    assert_eq!(passlink.cli(&["token", "revoke", &id]).lines()[0]["linksEnded"], 0);
    assert_eq!(states(&passlink, &ada), ["revoked", "requested"]);
    let bobs = states(&passlink, &bob);
    assert_eq!((&bobs[0], &bobs[1]), (&json!("revoked"), &json!("requested")));
    assert_code_invalid(&begun.finish(&passlink, None, &begun.answer().credential()).await);
    assert_invalid(&own.finish(&passlink, Some(&token), &own.answer().credential()).await);
    assert_invalid(&link(&passlink, &for_user(&ada, &token), "sendLink").await);
    register_with(&passlink, &ada, &others, "Phone").await;
    link(&passlink, &for_user(&ada, &kept), "sendLink").await.sequence();
}

#[tokio::test]
async fn an_expired_token_of_a_service_is_refused() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let ada = for_user(&ada, &service_of(&passlink, "shop", "default"));
    link(&passlink, &ada, "sendLink").await.sequence();
    passlink.sql("UPDATE tokens SET expires_at = created_at WHERE service = 'shop'", &[]);
    assert_invalid(&link(&passlink, &ada, "sendLink").await);
    let path = format!("{}/_search", passkeys_of(&ada));
    assert_invalid(&post(&passlink, Some(&ada.token), &path, &json!({})).await);
}

#[tokio::test]
async fn who_undoes_a_registration_revokes_no_token_of_a_service_or_of_another_person() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let bobs = passlink.token(&bob.id, &permitting(&[WRITE]));
    for (index, token) in [service_of(&passlink, "shop", "default"), bobs].iter().enumerate() {
        let by_other = for_user(&ada, token);
        let code = returned_code(&passlink, &by_other).await;
        let passkey = register_with(&passlink, &ada, &code, "Phone").await;
        let undo = mails.until_mails(2 * index + 1).await.remove(2 * index).mail.undo_link().code;
        let seen = at_passkey(&passlink, &passkey, "inspect_undo", &undo).await.json();
        let told = (&seen["state"], seen.get("canRevokeToken"));
        assert_eq!(told, (&json!("UNDO_STATE_OPEN"), None), "{seen}");
        let path = format!("/passlink/v1/passkeys/{passkey}/_undo");
        let body = json!({ "code": undo, "revokeToken": true });
        assert_eq!(post(&passlink, None, &path, &body).await.status, 200);
        mails.until_mails(2 * index + 2).await;
        link(&passlink, &by_other, "returnCode").await.sequence();
    }
}

#[tokio::test]
async fn a_service_needs_no_recent_sign_in_and_a_person_does() {
    let passlink = Passlink::with_mail_dir().set("links.max_auth_age", "10m").started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let by_bob = for_user(&ada, &passlink.token(&bob.id, &permitting(&[WRITE, READ])));
    for caller in [&ada, &by_bob] {
        let answer = link(&passlink, caller, "sendLink").await;
        assert_eq!(
            (answer.status, &answer.json()["details"][0]["id"]),
            (401, &json!("AUTH-StepUp"))
        );
        let path = format!("{}/_search", passkeys_of(caller));
        let listed = post(&passlink, Some(&caller.token), &path, &json!({})).await;
        assert_eq!(listed.status, 200, "{listed:?}");
    }
    let service = service_of(&passlink, "shop", "default");
    link(&passlink, &for_user(&ada, &service), "sendLink").await.sequence();
}

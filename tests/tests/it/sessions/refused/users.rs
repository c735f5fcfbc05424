//! Answers of the wrong user, or of one who may not sign in.

use passlink_tests::MailServer;

use super::*;

/// Ada, and passkeys of hers and of Bob's.
async fn ada_and_passkeys(passlink: &Passlink) -> (Caller, [SigningPasskey; 2]) {
    let (ada, bob) = (ada_with_username(passlink), passlink.caller("bob@example.com", &[]));
    let adas = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let bobs = SigningPasskey::register(passlink, &bob, Key::es256()).await;
    (ada, [adas, bobs])
}

/// The passkeys of two users, to each other's sign-ins.
#[tokio::test]
async fn a_passkey_of_another_user_than_is_expected_signs_nobody_in() {
    let watched = Watched::started().await;
    let passlink = &watched.passlink;
    let app = BackEnd::new(passlink);
    let (ada, [adas, bobs]) = ada_and_passkeys(passlink).await;
    for expected in [by_id(&ada), named("ada"), named("ada@example.com"), named("nobody")] {
        let session = app.ask(expected.clone()).await;
        watched.assert_refused(&app, &session, &bobs.sign(&session), "other_user").await;
        if expected == named("nobody") {
            watched.assert_refused(&app, &session, &adas.sign(&session), "other_user").await;
        } else {
            app.sign_in(&session, &adas.sign(&session)).await;
        }
    }
    // Once somebody has signed in, nobody else does.
    let signed_in = app.signed_in(&adas).await;
    let set = app.set(&signed_in, &json!({ "challenges": { "webAuthN": {} } })).await;
    let asked = Session::of(&json!(signed_in.id), &set.json());
    let before = (app.get(&asked).await.text, watched.reasons());
    watched.assert_told_nothing(&app.hand_over(&asked, &bobs.sign(&asked)).await);
    watched.assert_recorded(&before.1, "other_user").await;
    assert_eq!(app.get(&asked).await.text, before.0);
    let again = app.sign_in(&asked, &adas.sign(&asked)).await;
    assert!(speaks(passlink, &again.token).await);
}

#[tokio::test]
async fn a_name_of_two_users_signs_neither_in() {
    let watched = Watched::started().await;
    let passlink = &watched.passlink;
    let of_both = BackEnd::permitted(passlink, "*", &ALL);
    let ada = ada_with_username(passlink);
    let other = passlink.caller("ada@example.org", &["--org", "other", "--username", "Ada"]);
    let session = of_both.ask(named("ada")).await;
    for user in [&ada, &other] {
        let passkey = SigningPasskey::register(passlink, user, Key::es256()).await;
        let answer = passkey.sign(&session);
        watched.assert_refused(&of_both, &session, &answer, "other_user").await;
        // Who has no need to be named signs in.
        let seen = of_both.get(&of_both.signed_in(&passkey).await).await;
        assert_eq!(user_of(&seen), user.id);
    }
}

#[tokio::test]
async fn users_of_another_organisation_do_not_sign_in() {
    let watched = Watched::started().await;
    let passlink = &watched.passlink;
    let eve = passlink.caller("eve@example.com", &["--org", "other"]);
    let passkey = SigningPasskey::register(passlink, &eve, Key::es256()).await;
    let app = BackEnd::new(passlink);
    for expected in [None, named("eve@example.com")] {
        let session = app.ask(expected).await;
        watched.assert_refused(&app, &session, &passkey.sign(&session), "other_user").await;
    }
    for reach in ["other", "*"] {
        let app = BackEnd::permitted(passlink, reach, &ALL);
        let signed_in = app.signed_in(&passkey).await;
        let seen = app.get(&signed_in).await;
        let user = &seen.json()["session"]["factors"]["user"];
        assert_eq!(user["organizationId"], "other", "{seen:?}");
    }
}

#[tokio::test]
async fn a_handle_that_is_not_the_users_signs_nobody_in() {
    let watched = Watched::started().await;
    let passlink = &watched.passlink;
    let app = BackEnd::new(passlink);
    let (ada, [adas, bobs]) = ada_and_passkeys(passlink).await;
    for expected in [None, by_id(&ada), named("ada")] {
        let session = app.ask(expected.clone()).await;
        for handle in [&*bobs.user_handle, "AAAA"] {
            let other = changed(&adas, &session, |it| it.user_handle = Some(handle.to_owned()));
            watched.assert_refused(&app, &session, &other, "user_handle").await;
        }
        for nothing in [None, Some(String::new())] {
            let session = app.ask(expected.clone()).await;
            let missing = changed(&adas, &session, |it| it.user_handle = nothing);
            if expected.is_none() {
                watched.assert_refused(&app, &session, &missing, "user_handle").await;
            } else {
                app.sign_in(&session, &missing).await;
            }
        }
    }
}

#[tokio::test]
async fn a_passkey_that_was_removed_or_undone_signs_nobody_in() {
    let mails = MailServer::plain();
    let watched = Watched::start(Passlink::with_mail_server(&mails)).await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    for way in ["by its user", "by an operator", "undone"] {
        let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
        let sessions = [app.ask(by_id(&ada)).await, app.ask(None).await];
        let id = &passkey.passkey;
        match way {
            "by its user" => drop(remove(passlink, &ada, id).await.sequence()),
            "by an operator" => drop(passlink.cli(&["passkey", "remove", id]).done()),
            _ => {
                let code = undo_code(&mails, id).await;
                assert_eq!(undo(passlink, id, &code).await.status, 200);
            }
        }
        for session in &sessions {
            let answer = passkey.sign(session);
            watched.assert_refused(&app, session, &answer, "unknown_credential").await;
        }
    }
}

#[tokio::test]
async fn a_user_who_may_not_act_does_not_sign_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, ada_with_username(&watched.passlink));
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    for (shut, open) in
        [("lock", Some("unlock")), ("deactivate", Some("reactivate")), ("remove", None)]
    {
        let sessions = [app.ask(None).await, app.ask(named("ada")).await];
        let with_id = app.ask(by_id(&ada)).await;
        passlink.cli(&["user", shut, &ada.id]).done();
        // Of one who is removed, the passkeys are gone as well.
        let reason = if open.is_some() { "user_not_active" } else { "unknown_credential" };
        for session in [sessions[0].clone(), sessions[1].clone(), app.ask(named("ada")).await] {
            watched.assert_refused(&app, &session, &passkey.sign(&session), reason).await;
        }
        // A session of this user ends with all the others that the user has.
        assert_no_session(&app.hand_over(&with_id, &passkey.sign(&with_id)).await);
        if let Some(open) = open {
            passlink.cli(&["user", open, &ada.id]).done();
            for session in &sessions {
                app.sign_in(session, &passkey.sign(session)).await;
            }
        }
    }
}

//! A session's token ends in the same moment as what it stands on, on all nodes.

use super::*;

/// What ends a session of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    RemovedByUser,
    RemovedByItself,
    RemovedByOperator,
    Undone,
    Locked,
    Deactivated,
    UserRemoved,
    Deleted,
    DeletedByItself,
    Changed,
}
use Way::*;

const WAYS: [Way; 10] = [
    RemovedByUser,
    RemovedByItself,
    RemovedByOperator,
    Undone,
    Locked,
    Deactivated,
    UserRemoved,
    Deleted,
    DeletedByItself,
    Changed,
];

/// A user who has signed in with one of two passkeys.
struct Scene<'s> {
    mails: &'s MailServer,
    user: Caller,
    passkey: SigningPasskey,
    session: Session,
}

impl Scene<'_> {
    /// Ends the session at a node.
    async fn end(&self, way: Way, app: &BackEnd<'_>) {
        let Self { mails, user, passkey, session } = self;
        let (node, passkey) = (app.passlink, &*passkey.passkey);
        let operate = |command: &[&str]| drop(node.cli(command).done());
        match way {
            RemovedByUser => drop(remove(node, user, passkey).await.sequence()),
            RemovedByItself => {
                let by_session = Caller { token: session.token.clone(), ..user.clone() };
                remove(node, &by_session, passkey).await.sequence();
            }
            RemovedByOperator => operate(&["passkey", "remove", passkey]),
            Undone => {
                let code = undo_code(mails, passkey).await;
                assert_eq!(undo(node, passkey, &code).await.status, 200);
            }
            Locked => operate(&["user", "lock", &user.id]),
            Deactivated => operate(&["user", "deactivate", &user.id]),
            UserRemoved => operate(&["user", "remove", &user.id]),
            Deleted => drop(app.delete(session).await.sequence()),
            DeletedByItself => {
                let by_itself = app.with_token(&session.token);
                by_itself.delete(session).await.sequence();
            }
            Changed => drop(app.set(session, &json!({})).await.sequence()),
        }
    }
}

#[tokio::test]
async fn a_token_ends_with_its_passkey_its_user_and_its_session_on_every_node() {
    let mails = MailServer::plain();
    let nodes = nodes(Passlink::with_mail_server(&mails)).await;
    let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
    let app = BackEnd::new(first);
    let nobody = app.with_token(&first.service("nobody", &[]));
    let bob = first.caller("bob@example.com", &[]);
    let bobs = SigningPasskey::register(first, &bob, Key::es256()).await;
    let bobs = app.signed_in(&bobs).await;
    for (number, way) in WAYS.into_iter().enumerate() {
        println!("{way:?}");
        let user = first.caller(&format!("user-{number}@example.com"), &[]);
        let other = SigningPasskey::register(first, &user, Key::es256()).await;
        let other = app.signed_in(&other).await;
        let passkey = SigningPasskey::register(first, &user, Key::es256()).await;
        let session = app.signed_in(&passkey).await;
        for node in &nodes {
            node.send_link(&session.token).await.sequence();
        }
        let scene = Scene { mails: &mails, user, passkey, session };
        scene.end(way, &app.at(last)).await;

        let session = &scene.session;
        for node in &nodes {
            assert_token_invalid(&node.send_link(&session.token).await);
            assert!(!speaks(node, &session.token).await, "{way:?}");
            assert_no_session(&nobody.at(node).get_with_token(session).await);
            assert_no_session(&nobody.at(node).delete_with_token(session).await);
            let seen = app.at(node).get(session).await;
            if way == Changed {
                assert_eq!(user_of(&seen), scene.user.id, "{seen:?}");
            } else {
                assert_no_session(&seen);
                assert_no_session(&app.at(node).set(session, &json!({})).await);
            }
            let goes_on = ![Locked, Deactivated, UserRemoved].contains(&way);
            assert_eq!(speaks(node, &other.token).await, goes_on, "{way:?}");
            assert!(speaks(node, &bobs.token).await, "sessions of others go on: {way:?}");
        }
    }
}

#[tokio::test]
async fn who_is_unlocked_has_no_session_back() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    for (shut, open) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        let session = app.signed_in(&passkey).await;
        passlink.cli(&["user", shut, &ada.id]).done();
        passlink.cli(&["user", open, &ada.id]).done();
        assert!(!speaks(&passlink, &session.token).await);
        assert_no_session(&app.get(&session).await);
        assert!(speaks(&passlink, &app.signed_in(&passkey).await.token).await);
    }
}

#[tokio::test]
async fn a_user_who_is_removed_leaves_no_trace_in_sessions() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let (ada, bob) = (ada_with_username(&passlink), passlink.caller("bob@example.com", &[]));
    let app = BackEnd::new(&passlink);
    for user in [&ada, &bob] {
        let passkey = SigningPasskey::register(&passlink, user, Key::es256()).await;
        let by_name = app.ask(named(&user.address)).await;
        app.sign_in(&by_name, &passkey.sign(&by_name)).await;
        app.signed_in(&passkey).await;
        let ended = app.signed_in(&passkey).await;
        app.delete(&ended).await.sequence();
        app.ask(by_id(user)).await;
        app.ask(named(&user.address)).await;
    }
    let count = |user: &Caller| {
        let select = "SELECT count(*) FROM sessions WHERE user_id = ? OR named_user_id = ?";
        passlink.sql(select, &[&user.id, &user.id])[0][0].clone()
    };
    let bobs = count(&bob);
    assert_eq!((count(&ada), &bobs), (json!(5), &json!(5)));
    passlink.cli(&["user", "remove", &ada.id]).done();
    assert_eq!((count(&ada), count(&bob)), (json!(0), bobs));
}

#[tokio::test]
async fn a_session_that_has_run_out_is_as_if_not_there() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let short = json!({ "challenges": { "webAuthN": {} }, "lifetime": "1s" });
    let short = Session::created(&app.create(&short).await);
    until("the session to run out", async || (app.get(&short).await.status == 404).then_some(()))
        .await;
    let (waiting, signed_in) = (app.ask(None).await, app.signed_in(&passkey).await);
    for session in [&waiting, &signed_in] {
        assert_eq!(app.get(session).await.status, 200);
        passlink.age_session(&session.id, &["expires_at"]);
    }
    for session in [&short, &waiting, &signed_in] {
        assert_no_session(&app.get(session).await);
        assert_no_session(&app.get_with_token(session).await);
        assert_no_session(&app.hand_over(session, &passkey.sign(&waiting)).await);
        assert_no_session(&app.set(session, &json!({ "lifetime": "3600s" })).await);
        assert_no_session(&app.delete(session).await);
        assert!(!speaks(&passlink, &session.token).await);
    }
    let listed = app.list(&json!({})).await.json();
    assert_eq!(listed.get("sessions").and_then(|it| it.get(0)), None, "{listed}");
}

//! Who may create, change, see, list and end sessions.

use reqwest::Method;

use super::*;

#[tokio::test]
async fn each_permission_is_for_its_own_methods_alone() {
    let passlink = Passlink::with_mail_dir().started().await;
    let all = BackEnd::new(&passlink);
    for permissions in [&[][..], &["session.read"], &["session.write"], &["session.delete"]] {
        let may = |permission: &str| permissions.contains(&permission);
        let app = BackEnd::permitted(&passlink, "default", permissions);
        let session = all.ask(None).await;
        let of_read = [app.get(&session).await, app.list(&json!({})).await];
        let of_write = [app.create(&json!({})).await, app.set(&session, &json!({})).await];
        let of_delete = [app.delete(&session).await];
        let kinds = [
            ("session.read", &of_read[..]),
            ("session.write", &of_write),
            ("session.delete", &of_delete),
        ];
        for (permission, answers) in kinds {
            for answer in answers {
                if may(permission) {
                    assert_eq!(answer.status, 200, "{permissions:?}: {answer:?}");
                } else {
                    assert_denied(answer);
                }
            }
        }
        // Who may not see sessions is told the same of what there is and of what there isn't.
        let nothing = Session { id: "nothing".into(), ..session };
        let (seen, ended) = (app.get(&nothing).await, app.delete(&nothing).await);
        let set = app.set(&nothing, &json!({})).await;
        let kinds = [("session.read", seen), ("session.delete", ended), ("session.write", set)];
        for (permission, answer) in kinds {
            match may(permission) {
                true => assert_no_session(&answer),
                false => assert_denied(&answer),
            }
        }
    }
}

#[tokio::test]
async fn a_sessions_own_token_takes_the_place_of_the_permission_to_see_and_to_end_it() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let nobody = BackEnd::permitted(&passlink, "default", &[]);
    let (session, other) = (app.ask(None).await, app.ask(None).await);
    let seen = nobody.get_with_token(&session).await;
    assert_eq!(seen.json(), app.get(&session).await.json());
    let wrong = ["wrong", &*other.token, &*app.token, &*nobody.token, &"x".repeat(5000)];
    for token in wrong {
        let with = Session { token: token.to_owned(), ..session.clone() };
        assert_no_session(&nobody.get_with_token(&with).await);
        assert_no_session(&nobody.delete_with_token(&with).await);
        // Who has the permission needs no token.
        assert_eq!(app.get_with_token(&with).await.status, 200);
    }
    // It is no leave to change the session, or to see any other.
    let request = json!({ "sessionToken": session.token });
    assert_denied(&nobody.set(&session, &request).await);
    assert_denied(&nobody.get(&session).await);
    nobody.delete_with_token(&session).await.sequence();
    assert_no_session(&app.get(&session).await);
    assert_no_session(&nobody.get_with_token(&session).await);
    assert_eq!(app.get(&other).await.status, 200);
}

#[tokio::test]
async fn persons_see_list_and_end_the_sessions_in_which_they_have_signed_in_and_no_others() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let app = BackEnd::new(&passlink);
    let adas = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let bobs = SigningPasskey::register(&passlink, &bob, Key::es256()).await;
    let bobs = app.signed_in(&bobs).await;
    // Nobody has signed in to it yet.
    let begun = app.ask(by_id(&ada)).await;
    let nothing = Session { id: "nothing".into(), ..begun.clone() };
    let by_session = app.signed_in(&adas).await;
    for token in [&ada.token, &by_session.token] {
        let own = app.signed_in(&adas).await;
        let person = app.with_token(token);
        assert_eq!(user_of(&person.get(&own).await), ada.id);
        for other in [&bobs, &begun, &nothing] {
            assert_denied(&person.get(other).await);
            assert_denied(&person.delete(other).await);
            let wrong = Session { token: own.token.clone(), ..other.clone() };
            assert_no_session(&person.get_with_token(&wrong).await);
            assert_no_session(&person.delete_with_token(&wrong).await);
        }
        assert_eq!(user_of(&person.get_with_token(&bobs).await), bob.id);
        let listed = person.list(&json!({})).await.json();
        assert_eq!(listed["details"]["totalResult"], "2", "{listed}");
        let ids: Vec<_> =
            listed["sessions"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(ids, [&own.id, &by_session.id]);
        let of_bob = json!({ "queries": [{ "userIdQuery": { "id": bob.id } }] });
        let listed = person.list(&of_bob).await.json();
        assert!(listed["sessions"].as_array().is_none_or(Vec::is_empty), "{listed}");
        assert_denied(&person.set(&own, &json!({})).await);
        assert_denied(&person.create(&json!({})).await);
        person.delete(&own).await.sequence();
        assert_denied(&person.get(&own).await);
    }
    let itself = app.with_token(&by_session.token);
    itself.delete(&by_session).await.sequence();
    assert_token_invalid(&itself.get(&by_session).await);
    assert!(speaks(&passlink, &bobs.token).await);
}

#[tokio::test]
async fn a_person_with_permissions_signs_others_in_and_the_session_permits_nothing() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let permissions = ALL.map(|it| ["--permission", it]).concat();
    let person = passlink.token(&bob.id, &permissions);
    let person = BackEnd { passlink: &passlink, token: person };
    let adas = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let bobs = SigningPasskey::register(&passlink, &bob, Key::es256()).await;
    assert_eq!(user_of(&person.get(&person.signed_in(&adas).await).await), ada.id);
    // What another token of the same person permits is not the session's.
    let own = person.signed_in(&bobs).await;
    let by_session = person.with_token(&own.token);
    assert_denied(&by_session.create(&json!({})).await);
    assert_denied(&by_session.get(&person.ask(None).await).await);
}

#[tokio::test]
async fn nobody_does_anything_with_sessions_without_a_token() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let session = app.ask(None).await;
    let (path, with_token) = (session.path(), session.path_with_token());
    let search = format!("{SESSIONS}/search");
    for (method, path) in [
        (Method::POST, SESSIONS),
        (Method::POST, &*search),
        (Method::PATCH, &path),
        (Method::GET, &path),
        (Method::DELETE, &path),
        (Method::GET, &with_token),
        (Method::DELETE, &with_token),
    ] {
        let body = if method == Method::GET { None } else { Some(json!({})) };
        let request = passlink.request(method, path);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let missing = passlink.answer(request.try_clone().unwrap()).await;
        missing.assert_error(401, 16, "auth header missing", "AUTH-Missing");
        // The token of a session in which nobody has signed in speaks for nobody.
        assert_token_invalid(&passlink.answer(request.bearer_auth(&session.token)).await);
    }
    assert_eq!(app.get(&session).await.status, 200);
}

#[tokio::test]
async fn who_may_not_sign_people_in_is_told_that_and_not_what_else_is_wrong() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    let (session, nobody) = (app.ask(None).await, app.with_token("passlink_wrong"));
    let reader = BackEnd::permitted(&passlink, "default", &["session.read"]);
    let wrong = [
        json!({ "checks": { "password": { "password": "secret" } } }),
        json!({ "checks": { "user": {} } }),
        json!({ "checks": { "webAuthN": { "credentialAssertionData": {} } } }),
        json!({ "challenges": { "webAuthN": { "domain": "example.org" } } }),
        json!({ "lifetime": "0s" }),
        json!({ "metadata": { "": "AA==" } }),
    ];
    for request in wrong {
        for answer in [app.create(&request).await, app.set(&session, &request).await] {
            assert!([400, 501].contains(&answer.status), "{request}: {answer:?}");
        }
        for answer in [nobody.create(&request).await, nobody.set(&session, &request).await] {
            assert_token_invalid(&answer);
        }
        for answer in [reader.create(&request).await, reader.set(&session, &request).await] {
            assert_denied(&answer);
        }
    }
    let listed = json!({ "queries": [{}] });
    let writer = BackEnd::permitted(&passlink, "default", &["session.write"]);
    assert_eq!(app.list(&listed).await.status, 400);
    assert_token_invalid(&nobody.list(&listed).await);
    assert_denied(&writer.list(&listed).await);
    let nameless = Session { id: "%20".into(), ..session };
    for answer in [app.get(&nameless).await, app.delete(&nameless).await] {
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    for answer in [nobody.get(&nameless).await, nobody.delete(&nameless).await] {
        assert_token_invalid(&answer);
    }
}

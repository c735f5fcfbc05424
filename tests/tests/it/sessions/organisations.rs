//! Sessions of one organisation, for back ends of another.

use super::*;

#[track_caller]
fn assert_no_user(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
}

/// The ids of the sessions that are listed to a back end.
async fn listed(app: &BackEnd<'_>) -> Vec<String> {
    let listed = app.list(&json!({})).await.json();
    let sessions = listed["sessions"].as_array().cloned().unwrap_or_default();
    let total = listed["details"]["totalResult"].as_str().unwrap_or("0").to_owned();
    assert_eq!(total, sessions.len().to_string(), "{listed}");
    sessions.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_back_end_of_another_organisation_sees_and_reaches_nothing() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, app) = (ada_with_username(&passlink), BackEnd::new(&passlink));
    let other = BackEnd::permitted(&passlink, "other", &ALL);
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let sessions = [
        app.signed_in(&passkey).await,
        app.ask(None).await,
        app.ask(by_id(&ada)).await,
        app.ask(named("ada")).await,
    ];
    let nothing = Session { id: "nothing".into(), ..sessions[0].clone() };
    for session in sessions.iter().chain([&nothing]) {
        assert_no_session(&other.get(session).await);
        assert_no_session(&other.delete(session).await);
        assert_no_session(&other.set(session, &json!({ "lifetime": "1s" })).await);
        let answer = passkey.sign(&sessions[1]);
        assert_no_session(&other.hand_over(session, &answer).await);
    }
    assert_eq!(listed(&other).await, [""; 0]);
    let nobody = json!({ "userId": "nobody" });
    for user in [by_id(&ada).unwrap(), nobody] {
        let check = json!({ "checks": { "user": user } });
        assert_no_user(&other.create(&check).await);
        let own = other.ask(None).await;
        assert_no_user(&other.set(&own, &check).await);
        other.delete(&own).await.sequence();
    }
    let all: Vec<_> = sessions.iter().rev().map(|it| it.id.clone()).collect();
    assert_eq!(listed(&app).await, all);
    assert!(speaks(&passlink, &sessions[0].token).await);
}

#[tokio::test]
async fn a_back_end_of_all_organisations_reaches_all_and_a_session_is_its_users_from_then_on() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, eve) = (passlink.ada(), passlink.caller("eve@example.com", &["--org", "other"]));
    let all = BackEnd::permitted(&passlink, "*", &ALL);
    let one = BackEnd::new(&passlink);
    let other = BackEnd::permitted(&passlink, "other", &ALL);
    for (user, own, foreign) in [(&ada, &one, &other), (&eve, &other, &one)] {
        let passkey = SigningPasskey::register(&passlink, user, Key::es256()).await;
        let waiting = all.ask(None).await;
        let foreigns = foreign.ask(None).await;
        for app in [&one, &other] {
            assert_no_session(&app.get(&waiting).await);
            assert!(!listed(app).await.contains(&waiting.id));
        }
        assert!(listed(&all).await.contains(&waiting.id));
        let signed_in = all.sign_in(&waiting, &passkey.sign(&waiting)).await;
        for app in [&all, own] {
            assert_eq!(user_of(&app.get(&signed_in).await), user.id);
            assert!(listed(app).await.contains(&signed_in.id));
        }
        assert_no_session(&foreign.get(&signed_in).await);
        assert!(!listed(foreign).await.contains(&signed_in.id));
        // Of who is named by id, the organisation is known at once.
        let named = all.ask(by_id(user)).await;
        assert_eq!(own.get(&named).await.status, 200);
        assert_no_session(&foreign.get(&named).await);
        assert_eq!(all.get(&foreigns).await.status, 200);
        own.delete(&signed_in).await.sequence();
        assert_no_session(&all.get(&signed_in).await);
    }
}

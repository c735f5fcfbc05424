//! Answers to other challenges than the one that waits for an answer.

use reqwest::Method;
use tokio::task::JoinSet;

use super::*;

#[tokio::test]
async fn an_answer_to_another_challenge_signs_nobody_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let session = app.ask(by_id(&ada)).await;
    let others = app.ask(by_id(&ada)).await;
    let made_up = changed(&passkey, &session, |it| it.challenge = "AAAA".repeat(11));
    let empty = changed(&passkey, &session, |it| it.challenge = String::new());
    for answer in [passkey.sign(&others), made_up, empty] {
        watched.assert_refused(&app, &session, &answer, "challenge").await;
    }
    // A newer one takes its place.
    let set = app.set(&session, &json!({ "challenges": { "webAuthN": {} } })).await;
    assert_eq!(set.status, 200, "{set:?}");
    let renewed = Session::of(&json!(session.id), &set.json());
    assert_ne!(
        renewed.options["publicKey"]["challenge"],
        session.options["publicKey"]["challenge"]
    );
    watched.assert_refused(&app, &renewed, &passkey.sign(&session), "challenge").await;
    app.sign_in(&renewed, &passkey.sign(&renewed)).await;
    // Nobody was asked for anything.
    let created = app.create(&json!({ "checks": { "user": by_id(&ada) } })).await;
    let silent = Session { options: session.options.clone(), ..Session::created(&created) };
    watched.assert_refused(&app, &silent, &passkey.sign(&session), "challenge").await;
}

#[tokio::test]
async fn a_session_is_not_created_with_an_answer() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let session = app.ask(None).await;
    let check = json!({ "credentialAssertionData": passkey.sign(&session) });
    let before = watched.reasons();
    let created = app.create(&json!({ "checks": { "webAuthN": check } })).await;
    watched.assert_told_nothing(&created);
    watched.assert_recorded(&before, "challenge").await;
    assert_eq!(app.list(&json!({})).await.json()["details"]["totalResult"], "1");
}

#[tokio::test]
async fn a_challenge_is_derived_and_answered_too_late_it_signs_nobody_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let session = app.ask(None).await;
    let asked = json!(passlink.challenge_of(&session.id));
    assert_eq!(session.options["publicKey"]["challenge"], asked);
    passlink.age_session(&session.id, &["challenge_expires_at"]);
    let old = passlink.challenge_of(&session.id);
    let answer = changed(&passkey, &session, |it| it.challenge = old);
    watched.assert_refused(&app, &session, &answer, "challenge").await;
    watched.assert_refused(&app, &session, &passkey.sign(&session), "challenge").await;
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let session = app.ask(None).await;
    let answer = passkey.sign(&session);
    let signed_in = app.sign_in(&session, &answer).await;
    let (before, reasons) = (app.get(&signed_in).await.text, watched.reasons());
    watched.assert_told_nothing(&app.hand_over(&signed_in, &answer).await);
    watched.assert_recorded(&reasons, "challenge").await;
    assert_eq!(app.get(&signed_in).await.text, before);
    assert!(speaks(passlink, &signed_in.token).await, "who signed in stays so");
    // The same in a session of its own.
    let other = app.ask(None).await;
    watched.assert_refused(&app, &other, &answer, "challenge").await;
}

#[tokio::test]
async fn of_many_answers_at_once_one_signs_in() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let other = (!passlink.is_on_sqlite()).then(|| passlink.another_node());
    let other = match other {
        Some(node) => Some(node.without("telemetry.metrics_listen").started().await),
        None => None,
    };
    let nodes: Vec<_> = [Some(passlink), other.as_ref()].into_iter().flatten().collect();
    for _ in 0..5 {
        let session = app.ask(None).await;
        let checks = json!({ "webAuthN": { "credentialAssertionData": passkey.sign(&session) } });
        let requests = nodes.iter().cycle().take(10).map(|node| {
            let request = node.request(Method::PATCH, &session.path()).bearer_auth(&app.token);
            Answer::to(request.json(&json!({ "checks": checks })))
        });
        let answers = requests.collect::<JoinSet<_>>().join_all().await;
        let (passed, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((passed.len(), refused.len()), (1, 9), "{refused:?}");
        refused.iter().for_each(|answer| watched.assert_told_nothing(answer));
        let token = passed[0].json()["sessionToken"].as_str().unwrap().to_owned();
        assert!(speaks(passlink, &token).await);
    }
}

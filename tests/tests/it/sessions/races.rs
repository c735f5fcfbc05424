//! Sign-ins while what they stand on is taken away.

use std::cell::Cell;

use passlink_tests::Output;
use tokio::task::spawn_blocking;

use super::*;

/// Signs in at all nodes again and again, before, while and after `end` takes away what sign-ins stand on; the
/// sessions in which somebody signed in.
async fn signed_in_meanwhile(
    nodes: &[Passlink],
    app: &BackEnd<'_>,
    passkey: &SigningPasskey,
    end: impl Future<Output = ()>,
) -> Vec<Session> {
    let (has_ended, count) = (Cell::new(false), Cell::new(0));
    let work = async |node: usize| {
        let app = app.at(&nodes[node % nodes.len()]);
        let mut sessions = Vec::new();
        let mut is_last = false;
        while !is_last {
            is_last = has_ended.get();
            let session = app.ask(None).await;
            let answer = app.hand_over(&session, &passkey.sign(&session)).await;
            if answer.status == 200 {
                assert!(!is_last, "it has ended before: {answer:?}");
                count.set(count.get() + 1);
                sessions.push(Session::of(&json!(session.id), &answer.json()));
            } else {
                assert_not_verified(&answer);
            }
        }
        sessions
    };
    let ending = async {
        until("some to sign in", async || (count.get() >= 5).then_some(())).await;
        end.await;
        has_ended.set(true);
    };
    let (one, two, three, four, ()) = tokio::join!(work(0), work(1), work(2), work(3), ending);
    [one, two, three, four].concat()
}

/// Runs a command of an operator beside the test.
async fn operate(passlink: &Passlink, arguments: &[&str]) {
    let command = passlink.command(arguments);
    spawn_blocking(move || drop(Output::of(command).done())).await.unwrap();
}

#[tokio::test]
async fn no_sign_in_outlives_the_passkey_or_the_user_that_ends_meanwhile() {
    let nodes = nodes(Passlink::with_mail_dir()).await;
    let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
    let app = BackEnd::new(first);
    for round in 0..3 {
        for way in ["passkey", "lock", "deactivate", "remove"] {
            let user = first.caller(&format!("user-{round}-{way}@example.com"), &[]);
            let passkey = SigningPasskey::register(first, &user, Key::es256()).await;
            let end = async {
                match way {
                    "passkey" => drop(remove(last, &user, &passkey.passkey).await.sequence()),
                    state => operate(last, &["user", state, &user.id]).await,
                }
            };
            let sessions = signed_in_meanwhile(&nodes, &app, &passkey, end).await;
            assert!(sessions.len() >= 5);
            for session in &sessions {
                for node in &nodes {
                    assert!(!speaks(node, &session.token).await, "{way} in round {round}");
                    assert_no_session(&app.at(node).get(session).await);
                }
            }
            if way == "remove" {
                let left = "SELECT count(*) FROM sessions WHERE user_id = ?";
                assert_eq!(first.sql(left, &[&user.id]), [[json!(0)]]);
            }
        }
    }
}

#[tokio::test]
async fn no_session_for_a_user_by_id_is_left_of_one_who_is_removed_meanwhile() {
    let nodes = nodes(Passlink::with_mail_dir()).await;
    let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
    let app = BackEnd::new(first);
    // On SQLite, where one writes at a time, this holds by itself.
    for round in 0..5 {
        let user = first.caller(&format!("user-{round}@example.com"), &[]);
        let (request, count) =
            (json!({ "checks": { "user": { "userId": user.id } } }), Cell::new(0));
        let work = async |node: usize| {
            let app = app.at(&nodes[node % nodes.len()]);
            let answer = loop {
                let answer = app.create(&request).await;
                if answer.status != 200 {
                    break answer;
                }
                count.set(count.get() + 1);
            };
            answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
        };
        let ending = async {
            until("some to begin", async || (count.get() >= 5).then_some(())).await;
            operate(last, &["user", "remove", &user.id]).await;
        };
        tokio::join!(work(0), work(1), work(2), work(3), ending);
        let left = "SELECT count(*) FROM sessions WHERE user_id = ?";
        assert_eq!(first.sql(left, &[&user.id]), [[json!(0)]], "round {round}");
    }
}

#[tokio::test]
async fn a_session_that_ends_while_somebody_signs_in_to_it_has_no_token_left() {
    let nodes = nodes(Passlink::with_mail_dir()).await;
    let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
    let (ada, app) = (first.ada(), BackEnd::new(first));
    let passkey = SigningPasskey::register(first, &ada, Key::es256()).await;
    for _ in 0..20 {
        let session = app.ask(None).await;
        let answer = passkey.sign(&session);
        let there = app.at(last);
        let (signed, deleted) =
            tokio::join!(app.hand_over(&session, &answer), there.delete(&session));
        deleted.sequence();
        match signed.status {
            200 => {
                let token = signed.json()["sessionToken"].as_str().unwrap().to_owned();
                for node in &nodes {
                    assert!(!speaks(node, &token).await);
                }
            }
            _ => assert_no_session(&signed),
        }
        assert_no_session(&app.get(&session).await);
    }
}

#[tokio::test]
async fn of_two_changes_at_once_the_later_ones_token_is_left() {
    let nodes = nodes(Passlink::with_mail_dir()).await;
    let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
    let (ada, app) = (first.ada(), BackEnd::new(first));
    let passkey = SigningPasskey::register(first, &ada, Key::es256()).await;
    let session = app.signed_in(&passkey).await;
    for _ in 0..10 {
        let there = app.at(last);
        let (keep, change) = (json!({ "metadata": { "a": "YQ==" } }), json!({ "lifetime": "60s" }));
        let (one, other) = tokio::join!(app.set(&session, &keep), there.set(&session, &change));
        let newer = if one.sequence() > other.sequence() { (&one, &other) } else { (&other, &one) };
        assert_eq!(newer.0.sequence(), newer.1.sequence() + 1);
        for node in &nodes {
            for (answer, holds) in [(newer.0, true), (newer.1, false)] {
                let token = answer.json()["sessionToken"].as_str().unwrap().to_owned();
                assert_eq!(speaks(node, &token).await, holds);
            }
        }
    }
    let seen = app.get(&session).await.json();
    assert_eq!(seen["session"]["sequence"], "22", "{seen}");
    assert_eq!(seen["session"]["metadata"], json!({ "a": "YQ==" }));
}

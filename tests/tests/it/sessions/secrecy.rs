//! Tokens and challenges of sessions are with their callers, and nowhere else.

use std::{collections::BTreeSet, fs};

use passlink_tests::{Collector, Protocol, secrets};

use super::{methods as call, *};
use crate::telemetry::metrics::{page, with_page};

/// Signs in on every protocol, in ways that hold and in ways that do not; all that is secret of it.
async fn signed_in_on_all(passlink: &Passlink, user: &Caller) -> Vec<String> {
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, user, Key::es256()).await;
    let mut secrets = vec![app.token.clone(), user.token.clone()];
    for protocol in Protocol::ALL {
        let session = app.ask(named(&user.address)).await;
        let right = passkey.sign(&session);
        let hand_over = |assertion: &Value| {
            let check = json!({ "credentialAssertionData": assertion });
            call::set(&session.id, json!({ "checks": { "webAuthN": check } }))
        };
        let mut wrong = passkey.answer(&session);
        wrong.origin = "https://evil.example".to_owned();
        let broken = json!({ "response": right["response"]["clientDataJSON"] });
        for answer in [wrong.signed_by(&passkey.key), broken] {
            let outcome = protocol.call(passlink, Some(&app.token), &hand_over(&answer)).await;
            assert_eq!(outcome.code, 3, "{outcome:?}");
            let told = String::from_utf8_lossy(&outcome.body).into_owned();
            let challenge = session.options["publicKey"]["challenge"].as_str().unwrap();
            for secret in [&*session.token, &app.token, challenge] {
                assert!(!told.contains(secret), "{told}");
            }
        }
        let call = hand_over(&right);
        let outcome = protocol.call(passlink, Some(&app.token), &call).await;
        let answer = protocol.answer(&call, &outcome);
        let signed_in = Session::of(&json!(session.id), &answer);
        // The token is shown in the query and in bodies, where it holds and where it does not.
        let shown = [&session.token, &signed_in.token].map(|it| call::get(&session.id, Some(it)));
        for shown in &shown {
            protocol.call(passlink, Some(&app.token), shown).await;
            protocol.call(passlink, Some(&signed_in.token), shown).await;
        }
        protocol.call(passlink, Some(&session.token), &call::list(&json!({}))).await;
        passlink.send_link(&signed_in.token).await.sequence();
        let other = app.ask(None).await;
        protocol.call(passlink, None, &call::delete(&other.id, Some(&other.token))).await;
        let ended = call::delete(&other.id, Some(&other.token));
        assert_eq!(protocol.call(passlink, Some(&app.token), &ended).await.code, 0);
        for session in [&session, &other] {
            let challenge = session.options["publicKey"]["challenge"].as_str().unwrap();
            secrets.extend([session.token.clone(), challenge.to_owned()]);
        }
        secrets.push(signed_in.token);
    }
    secrets
}

#[tokio::test]
async fn sign_ins_leave_no_secret_in_logs_spans_metrics_or_the_database() {
    let collector = Collector::http();
    let passlink = tolerant(Passlink::with_mail_dir()).alone().observed_by(&collector);
    let (passlink, metrics) = with_page(passlink.set_variable("RUST_LOG", "trace"));
    let mut passlink = passlink.started().await;
    let ada = ada_with_username(&passlink);
    let secret = signed_in_on_all(&passlink, &ada).await;
    let secret: Vec<_> = secret.iter().map(String::as_str).collect();
    assert_eq!(secret.iter().collect::<BTreeSet<_>>().len(), 2 + 4 * 5);
    let page = page(&metrics).await;
    assert!(page.contains("passlink_sign_ins_total{"), "{page}");
    fs::write(collector.dir().join("page"), page).unwrap();
    passlink.stop().await;
    let told = [secrets::files(passlink.dir()), secrets::files(collector.dir())].concat();
    assert_eq!(secrets::search(&told, &secret), BTreeSet::new());
    // A database writes the same whichever protocol it was, and a cluster has many files: those of one do.
    let of_one = &secret[..2 + 5];
    assert_eq!(secrets::search(&passlink.files(), of_one), BTreeSet::new());
    let log = passlink.log();
    for there in ["/v2/sessions/{session_id}", "a sign-in was refused", "TRACE"] {
        assert!(log.contains(there), "{there} is in the log");
    }
    let spans = collector.spans();
    for name in ["passlink.create_session", "passlink.set_session", "passlink.verify_assertion"] {
        assert!(spans.iter().any(|span| span["name"] == name), "{name} took place");
    }
    let collected = collector.dir().join("traces.jsonl");
    for name in [&ada.address, "Ada Example"] {
        let found = secrets::search(&[collected.clone(), passlink.dir().join("stderr")], &[name]);
        assert_eq!(found, BTreeSet::new());
    }

    // The same search finds what is there.
    let file = passlink.dir().join("stderr");
    fs::write(&file, format!("{log}\nGET /v2/sessions/1?sessionToken={}\n", secret[5])).unwrap();
    let found = secrets::search(std::slice::from_ref(&file), &secret);
    assert!(found.contains(&(file, 5, "raw".to_owned())), "{found:?}");
}

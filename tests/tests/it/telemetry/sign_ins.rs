//! Sign-ins, as operators see them: counted, in a trace, in the log.

use std::collections::BTreeSet;

use passlink_tests::{
    Answer, Api, Collector, HandMadeAssertion, Key, Passlink, Protocol, passkeys::remove,
    sessions::*,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    CALLER, Trace, assert_attributes,
    metrics::{page, with_page},
    trace_id,
};

const CREATE: &str = "POST /v2/sessions";
const SET: &str = "PATCH /v2/sessions/{session_id}";

/// Who signed in, with what, where, and what was refused.
pub struct SignedIn {
    user: String,
    passkey: String,
    session: String,
    /// The sessions of those who were refused, with the reasons and whether a passkey was found.
    refused: Vec<(String, &'static str, bool)>,
}

/// Signs in to a session and has three others refuse to; ends one session, and another with its passkey.
pub async fn sign_in_and_be_refused(passlink: &Passlink) -> SignedIn {
    let (app, dan) = (BackEnd::new(passlink), passlink.caller("dan@example.com", &[]));
    let passkey = SigningPasskey::register(passlink, &dan, Key::es256()).await;
    let counting = |session: &Session, sign_count| {
        let answer = HandMadeAssertion { sign_count, ..passkey.answer(session) };
        answer.signed_by(&passkey.key)
    };
    let session = app.ask(None).await;
    app.sign_in(&session, &counting(&session, 7)).await;
    let mut refused = Vec::new();
    for (reason, is_found) in
        [("signature", true), ("unknown_credential", false), ("counter", true)]
    {
        let session = app.ask(Some(json!({ "userId": dan.id }))).await;
        let answer = match reason {
            "signature" => passkey.answer(&session).signed_by(&Key::es256()),
            "counter" => counting(&session, 7),
            _ => HandMadeAssertion { id: vec![1; 16], ..passkey.answer(&session) }
                .signed_by(&passkey.key),
        };
        let answer = app.hand_over(&session, &answer).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        refused.push((session.id, reason, is_found));
    }
    let ended = app.ask(None).await;
    assert_eq!(app.delete(&ended).await.status, 200);
    assert_eq!(remove(passlink, &dan, &passkey.passkey).await.status, 200);
    SignedIn { user: dan.id, passkey: passkey.passkey, session: session.id, refused }
}

#[tokio::test]
async fn sign_ins_are_counted_by_outcome_and_sessions_by_what_became_of_them() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().generous().observed_by(&collector);
    let mut passlink = passlink.started().await;
    sign_in_and_be_refused(&passlink).await;
    passlink.stop().await;
    let metrics = collector.metrics();
    let last = |name: &str| metrics.iter().rev().find(|it| it["name"] == name).expect(name);
    let counted = |name: &str, words: [&str; 2]| {
        let points = last(name)["points"].as_array().unwrap().iter();
        let told = points.filter(|it| it["value"] != 0).map(|it| {
            let text = |name: &str| it["attributes"][name].as_str().unwrap_or_default().to_owned();
            (text(words[0]), text(words[1]), it["value"].as_u64().unwrap())
        });
        told.collect::<BTreeSet<_>>()
    };
    let expected = |words: &[(&str, &str, u64)]| {
        let words = words.iter().map(|it| (it.0.to_owned(), it.1.to_owned(), it.2));
        words.collect::<BTreeSet<_>>()
    };
    assert_eq!(
        counted("passlink.sign_ins", ["passlink.sign_in.outcome", "error.type"]),
        expected(&[
            ("verified", "", 1),
            ("refused", "signature", 1),
            ("refused", "unknown_credential", 1),
            ("refused", "counter", 1),
        ])
    );
    assert_eq!(
        counted("passlink.sessions", ["passlink.session.state", "passlink.session.end_reason"]),
        expected(&[("created", "", 5), ("ended", "deleted", 1), ("ended", "passkey_removed", 1)])
    );
    let after = &last("passlink.sign_in.duration")["points"][0];
    assert_eq!(after["count"], 1, "only who signs in is timed");
    assert!(after["sum"].as_f64().is_some_and(|seconds| (0.0..300.0).contains(&seconds)));
    for (name, unit) in [
        ("passlink.sign_ins", "{sign_in}"),
        ("passlink.sessions", "{session}"),
        ("passlink.sign_in.duration", "s"),
    ] {
        assert_eq!(last(name)["unit"], unit, "{name}");
    }
}

#[tokio::test]
async fn counters_of_sign_ins_and_sessions_begin_at_zero_and_name_nobody() {
    let (passlink, url) = with_page(Passlink::with_mail_dir().generous());
    let passlink = passlink.started().await;
    let series = async || {
        let page = page(&url).await;
        let lines = page.lines().filter(|it| {
            ["passlink_sign_ins_total", "passlink_sessions_total"]
                .iter()
                .any(|name| it.starts_with(name))
        });
        let lines = lines.map(|it| it.rsplit_once(' ').unwrap());
        lines.map(|(series, value)| (series.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let before = series().await;
    // One for those who sign in, one for each of the fourteen reasons; created, and two ways to end.
    assert_eq!(before.len(), 15 + 3, "{before:?}");
    assert!(before.iter().all(|(_, value)| value == "0"), "{before:?}");
    let told = sign_in_and_be_refused(&passlink).await;
    let after = series().await;
    let names = |of: &[(String, String)]| of.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    let page = page(&url).await;
    for id in [told.user, told.passkey, told.session] {
        assert!(!page.contains(&id), "{page}");
    }
}

#[tokio::test]
async fn each_sign_in_is_one_log_line_that_says_whose_it_is_and_why_it_was_refused() {
    let mut passlink = Passlink::with_mail_dir().generous().started().await;
    let SignedIn { user, passkey, session, refused } = sign_in_and_be_refused(&passlink).await;
    passlink.stop().await;
    let log = passlink.log();
    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).expect(it)).collect();
    let told = |message: &str| {
        let lines = lines.iter().filter(|line| line["message"] == message);
        lines.cloned().collect::<Vec<_>>()
    };
    let signed_in = told("a passkey signed in");
    assert_eq!(signed_in.len(), 1, "{log}");
    let expected = json!({
        "level": "INFO",
        "session_id": session,
        "user_id": user,
        "passkey_id": passkey,
        "user_verified": true,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&signed_in[0][name], value, "{name}");
    }
    let lines = told("a sign-in was refused");
    assert_eq!(lines.len(), refused.len(), "{log}");
    for (line, (session, reason, is_found)) in lines.iter().zip(refused) {
        assert_eq!((&line["session_id"], &line["reason"]), (&json!(session), &json!(reason)));
        let whose = (&line["user_id"], &line["passkey_id"]);
        let found = (&json!(user), &json!(passkey));
        assert_eq!(whose, if is_found { found } else { (&Value::Null, &Value::Null) }, "{line}");
        let level = if reason == "counter" { "WARN" } else { "INFO" };
        assert_eq!(line["level"], level, "{line}");
    }
    for line in signed_in.iter().chain(&lines) {
        assert!(line["trace_id"].is_string() && line["span_id"].is_string(), "{line}");
    }
}

/// Calls a method as a part of a trace of the caller's.
async fn traced(
    app: &BackEnd<'_>,
    method: Method,
    path: &str,
    body: &Value,
    trace: &str,
) -> Answer {
    let request = app.passlink.request(method, path).json(body).bearer_auth(&app.token);
    Answer::to(request.header("traceparent", format!("00-{trace}-{CALLER}-01"))).await
}

async fn hand_over(app: &BackEnd<'_>, session: &Session, answer: &Value, trace: &str) -> u16 {
    let body = json!({ "checks": { "webAuthN": { "credentialAssertionData": answer } } });
    traced(app, Method::PATCH, &session.path(), &body, trace).await.status
}

#[tokio::test]
async fn a_sign_in_is_a_trace_with_the_use_case_its_statements_and_the_verification() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().generous().observed_by(&collector);
    let mut passlink = passlink.started().await;
    let (app, ada) = (BackEnd::new(&passlink), passlink.ada());
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    // The first call of a token is noted with the token, in the trace of that call.
    app.ask(None).await;
    let [begin, signing, cloned, wrong] =
        ["5", "6", "7", "8"].map(|it| trace_id(Protocol::Rest).replacen('4', it, 1));
    let counting = |session: &Session| {
        let answer = HandMadeAssertion { sign_count: 7, ..passkey.answer(session) };
        answer.signed_by(&passkey.key)
    };
    let by_name = json!({ "user": { "loginName": ada.address } });
    let ask = json!({ "checks": by_name, "challenges": { "webAuthN": {} } });
    let session = Session::created(&traced(&app, Method::POST, SESSIONS, &ask, &begin).await);
    assert_eq!(hand_over(&app, &session, &counting(&session), &signing).await, 200);
    let other = app.ask(None).await;
    assert_eq!(hand_over(&app, &other, &counting(&other), &cloned).await, 400);
    let other = app.ask(None).await;
    let forged = passkey.answer(&other).signed_by(&Key::es256());
    assert_eq!(hand_over(&app, &other, &forged, &wrong).await, 400);
    passlink.stop().await;

    let is_sqlite = passlink.is_on_sqlite();
    let statements = |all: &[&'static str]| {
        // A unit of work has a transaction of its own on PostgreSQL; on SQLite some share one.
        all.iter().filter(|it| !is_sqlite || **it != "BEGIN").copied().collect::<Vec<_>>()
    };
    let trace = Trace::of(&collector, &begin);
    let created = trace.one("passlink.create_session");
    assert_attributes(
        created,
        // A name that was given proves nothing.
        json!({ "passlink.session.id": session.id, "user.id": null, "error.type": null }),
    );
    assert_eq!(
        trace.done(CREATE, "passlink.create_session"),
        statements(&[
            "SELECT tokens",
            "BEGIN",
            "SELECT users",
            "SELECT retired_keys",
            "INSERT sessions",
            "COMMIT"
        ])
    );

    let trace = Trace::of(&collector, &signing);
    let set = trace.one("passlink.set_session");
    assert_attributes(
        set,
        json!({
            "passlink.session.id": session.id,
            "passlink.sign_in.outcome": "verified",
            "passlink.passkey.id": passkey.passkey,
            "user.id": ada.id,
            "error.type": null,
        }),
    );
    assert_eq!(
        trace.done(SET, "passlink.set_session"),
        statements(&[
            "SELECT tokens",
            "SELECT sessions",
            "SELECT passkeys",
            "passlink.verify_assertion",
            "BEGIN",
            "SELECT users",
            "SELECT sessions",
            "SELECT retired_keys",
            "SELECT passkeys",
            "SELECT users",
            "UPDATE passkeys",
            "UPDATE sessions",
            "COMMIT",
        ])
    );

    for (id, reason, user) in
        [(cloned, "counter", json!(ada.id)), (wrong, "signature", Value::Null)]
    {
        let trace = Trace::of(&collector, &id);
        assert_eq!(trace.one(SET)["attributes"]["http.response.status_code"], 400);
        let set = trace.one("passlink.set_session");
        assert_attributes(
            set,
            json!({
                "passlink.sign_in.outcome": "refused",
                "error.type": reason,
                "user.id": user,
            }),
        );
        // What may be a clone is told there as well.
        let told: Vec<_> = set["events"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
        let expected: &[&str] = if reason == "counter" { &["a sign-in was refused"] } else { &[] };
        assert_eq!(told, expected);
        for span in &trace.0 {
            assert_eq!(span["status"]["code"], "unset", "a caller's mistake: {span}");
        }
    }
}

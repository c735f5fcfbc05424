//! Whether somebody has a login name shows by nothing but the right passkey.

use super::*;

/// The shape of an answer: its keys, and how long each text is. Dates are as long as they are.
fn shape(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let is_date = name.ends_with("Date");
                (name.clone(), if is_date { json!("a date") } else { shape(value) })
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(text) => json!(text.len()),
        other => other.clone(),
    }
}

/// What stands in an answer that is not of this session alone.
fn constant(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for key in ["creationDate", "changeDate"] {
        answer["details"][key] = Value::Null;
    }
    answer["sessionId"] = Value::Null;
    answer["sessionToken"] = Value::Null;
    let options = &mut answer["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"];
    options["publicKey"]["challenge"] = Value::Null;
    answer
}

/// The same of what a session says of itself.
fn shown(answer: &Answer) -> Value {
    let mut session = answer.json()["session"].clone();
    for key in ["id", "creationDate", "changeDate", "expirationDate"] {
        session[key] = Value::Null;
    }
    session
}

/// Ada with a username, Bob who is locked, and two in two organisations whose usernames are the same.
async fn users(passlink: &Passlink) -> SigningPasskey {
    let ada = ada_with_username(passlink);
    let bob = passlink.caller("bob@example.com", &["--username", "bob"]);
    for (address, organisation) in [("eve@example.com", "one"), ("eve@example.org", "two")] {
        let eve = passlink.caller(address, &["--org", organisation, "--username", "eve"]);
        SigningPasskey::register(passlink, &eve, Key::es256()).await;
    }
    SigningPasskey::register(passlink, &bob, Key::es256()).await;
    passlink.cli(&["user", "lock", &bob.id]).done();
    SigningPasskey::register(passlink, &ada, Key::es256()).await
}

const NAMES: [&str; 9] = [
    "ada",
    "ADA",
    "ada@example.com",
    "Ada@Example.com",
    "nobody",
    "nobody@example.com",
    "bob",
    "bob@example.com",
    "eve",
];

#[tokio::test]
async fn the_answers_are_alike_whoever_has_the_name() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    users(&passlink).await;
    for app in [BackEnd::permitted(&passlink, "*", &ALL), BackEnd::new(&passlink)] {
        let mut seen = Vec::new();
        for name in NAMES {
            let request =
                json!({ "checks": { "user": named(name) }, "challenges": { "webAuthN": {} } });
            let created = app.create(&request).await;
            let session = Session::created(&created);
            let headers: Vec<_> = created.headers.keys().cloned().collect();
            let got = app.get(&session).await;
            assert_eq!(shown(&got).get("factors"), None, "{got:?}");
            let allowed = &session.options["publicKey"]["allowCredentials"];
            assert!(allowed.as_array().is_none_or(Vec::is_empty), "{allowed}");
            // A name that comes later is answered like one that comes at once.
            let empty = Session::created(&app.create(&json!({})).await);
            let set = app.set(&empty, &request).await;
            assert_eq!(set.status, 200, "{set:?}");
            let later = app.get(&empty).await;
            let changed = (shape(&set.json()), constant(&set.json()), shown(&later));
            let created = (shape(&created.json()), constant(&created.json()), shown(&got));
            seen.push((name, (created, changed, headers)));
        }
        for (name, like) in &seen[1..] {
            assert_eq!(*like, seen[0].1, "{name}");
        }
        let listed = app.list(&json!({})).await.json();
        for session in listed["sessions"].as_array().unwrap() {
            assert_eq!(session.get("factors"), None, "{session}");
        }
    }
}

#[tokio::test]
async fn a_user_is_not_found_among_sessions_before_the_passkey_has_signed() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let passkey = users(&passlink).await;
    let app = BackEnd::new(&passlink);
    let session = app.ask(named("ada")).await;
    let id = passlink.cli(&["user", "list"]).lines().into_iter();
    let id = id.filter(|user| user["username"] == "ada").map(|user| user["id"].clone()).next();
    let of_ada = json!({ "queries": [{ "userIdQuery": { "id": id } }] });
    let count = async || {
        let listed = app.list(&of_ada).await.json();
        listed["sessions"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count().await, 0);
    app.sign_in(&session, &passkey.sign(&session)).await;
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn a_user_signs_in_by_username_and_by_address_in_any_case() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let passkey = users(&passlink).await;
    let app = BackEnd::new(&passlink);
    for name in &NAMES[..4] {
        let session = app.ask(named(name)).await;
        let signed_in = app.sign_in(&session, &passkey.sign(&session)).await;
        let seen = app.get(&signed_in).await;
        let user = &seen.json()["session"]["factors"]["user"];
        assert_eq!(user["loginName"], "ada", "{name}: {seen:?}");
        assert!(speaks(&passlink, &signed_in.token).await, "{name}");
    }
}

#[tokio::test]
async fn who_has_signed_in_may_be_named_again_and_nobody_else() {
    let passlink = tolerant(Passlink::with_mail_dir()).started().await;
    let passkey = users(&passlink).await;
    let app = BackEnd::new(&passlink);
    let mut session = app.signed_in(&passkey).await;
    for name in ["ada", "ADA@example.com"] {
        let set = app.set(&session, &json!({ "checks": { "user": named(name) } })).await;
        assert_eq!(set.status, 200, "{name}: {set:?}");
        session = Session::of(&json!(session.id), &set.json());
    }
    let mut refused = Vec::new();
    for name in ["bob", "nobody", "eve"] {
        let set = app.set(&session, &json!({ "checks": { "user": named(name) } })).await;
        assert_eq!(set.status, 400, "{name}: {set:?}");
        refused.push(set.text);
    }
    assert!(refused.iter().all(|text| *text == refused[0]), "{refused:?}");
    assert!(speaks(&passlink, &session.token).await);
}

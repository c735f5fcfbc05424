//! The keys that codes are derived from.

use std::{fs, os::unix::fs::PermissionsExt};

use passlink_tests::{Answer, Api, Caller, HandMade, MailServer, Passlink, Tls, until};
use reqwest::Method;
use serde_json::{Value, json};

fn listed(passlink: &Passlink) -> Vec<Value> {
    passlink.cli(&["key", "list"]).lines()
}

fn add(passlink: &Passlink) -> String {
    passlink.cli(&["key", "add"]).done().trim_end().to_owned()
}

async fn returned_link(passlink: &Passlink, token: &str) {
    let request = passlink.request(Method::POST, "/auth/v1/users/me/passwordless/_link");
    assert_eq!(Answer::to(request.bearer_auth(token).body("{}")).await.status, 200);
}

/// As if the links had expired so long ago.
fn age_links(passlink: &Passlink, days: u64) {
    let shift = format!("{}", days * 24 * 60 * 60 * 1000);
    let age = format!("UPDATE links SET expires_at = expires_at - {shift}");
    passlink.sql(&age, &[]);
}

#[tokio::test]
async fn a_key_is_added_signs_after_a_restart_and_is_retired_when_no_link_needs_it() {
    let mut passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    returned_link(&passlink, &ada.token).await;
    let first = listed(&passlink).remove(0);
    let old = first["id"].as_str().unwrap();
    assert!(first["made"].is_string() && first["neededUntil"].is_string(), "{first}");
    assert_eq!((&first["signs"], &first["inFile"]), (&json!(true), &json!(true)));
    assert_eq!(first["neededByLinks"], 1);

    let new = add(&passlink);
    passlink.stop().await;
    passlink.start().await;
    returned_link(&passlink, &ada.token).await;
    let both = listed(&passlink);
    let told: Vec<_> =
        both.iter().map(|key| (key["id"].as_str().unwrap(), key["signs"] == true)).collect();
    assert_eq!(told, [(old, false), (&*new, true)]);
    assert_eq!(both[1]["neededByLinks"], 1);

    let stderr = passlink.cli(&["key", "retire", old]).failed(1);
    let until = first["neededUntil"].as_str().unwrap();
    assert!(stderr.contains(&until[.."2026-01-02".len()]), "{stderr}");
    age_links(&passlink, 29);
    passlink.cli(&["key", "retire", old]).failed(1);
    age_links(&passlink, 2);
    passlink.cli(&["key", "retire", old]).done();
    let left = listed(&passlink);
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(new)));
    assert_eq!(left[0]["neededUntil"], Value::Null);

    let stderr = passlink.cli(&["key", "retire", &new]).failed(1);
    assert!(stderr.contains("key add"), "{stderr}");
    let stderr = passlink.cli(&["key", "retire", old]).failed(1);
    assert!(stderr.contains("key list"), "{stderr}");
}

#[tokio::test]
async fn a_mail_whose_key_a_node_does_not_hold_yet_waits_for_it() {
    let mails = MailServer::plain();
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    add(&passlink);
    passlink.cli(&["link", "create", "--user", &ada.id, "--send"]).done();
    until("a try without the key", async || {
        let waiting = passlink.cli(&["outbox", "list"]).lines().remove(0);
        assert_eq!(waiting["state"], "waiting");
        waiting["lastAnswer"].as_str().filter(|it| it.contains("key file")).map(drop)
    })
    .await;
    passlink.stop().await;
    passlink.start().await;
    mails.until_mails(1).await;
}

#[tokio::test]
async fn a_node_that_lacks_a_key_says_so_at_start_and_when_asked_whether_it_is_ready() {
    let mut passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    let lost = listed(&passlink)[0]["id"].as_str().unwrap().to_owned();
    passlink.stop().await;

    fs::remove_file(passlink.dir().join("passlink.key")).unwrap();
    let user = ada.id.as_str();
    for command in [
        &["serve"] as &[&str],
        &["link", "create", "--user", user],
        &["link", "create", "--user", user, "--send"],
    ] {
        let stderr = passlink.cli(command).failed(1);
        assert!(stderr.contains("is missing") && stderr.contains(&lost), "{stderr}");
        assert!(!passlink.dir().join("passlink.key").exists(), "no key is made in its place");
    }

    add(&passlink);
    passlink.start().await;
    let last = passlink.log();
    assert!(
        last.contains("lacks keys that links and passkeys need") && last.contains(&lost),
        "{last}"
    );
    let ready = Answer::to(passlink.request(Method::GET, "/readyz")).await;
    assert!(ready.text.contains("lacks") && ready.text.contains(&lost), "{ready:?}");
    let listed = listed(&passlink);
    assert_eq!((&listed[1]["id"], &listed[1]["inFile"]), (&json!(lost), &json!(false)));
    passlink.send_link(&ada.token).await.sequence();
}

#[tokio::test]
async fn what_is_wrong_with_a_key_file_is_told_without_its_keys() {
    let mails = MailServer::shut(Tls::None);
    let passlink = Passlink::with_mail_server(&mails);
    add(&passlink);
    passlink.cli(&["migrate"]).done();
    let file = passlink.dir().join("passlink.key");
    let text = fs::read_to_string(&file).unwrap();
    let secret = text.split(' ').nth(1).unwrap();
    let short = text.replace(secret, &secret[..20]);
    for (content, expected) in [
        (String::new(), "there is no key"),
        (text.replace(' ', "-"), "line 1"),
        (short.clone(), "32 octets, this one has 15"),
        (text.repeat(2), "two keys have the id"),
    ] {
        fs::write(&file, content).unwrap();
        for command in [&["serve"] as &[&str], &["config", "check"]] {
            let stderr = passlink.cli(command).failed(1);
            assert!(stderr.contains("secrets.key_file") && stderr.contains(expected), "{stderr}");
            assert!(stderr.contains("passlink.key") && !stderr.contains(&secret[..20]), "{stderr}");
        }
    }
    fs::write(&file, &short).unwrap();
    for command in [&["key", "list"] as &[&str], &["key", "add"], &["key", "retire", "1"]] {
        let stderr = passlink.cli(command).failed(1);
        assert!(stderr.contains("32 octets") && !stderr.contains(&secret[..20]), "{stderr}");
        assert_eq!(fs::read_to_string(&file).unwrap(), short);
    }
}

#[test]
fn a_key_file_that_can_not_be_made_is_told() {
    let passlink = Passlink::with_mail_dir();
    let nowhere = passlink.dir().join("nowhere/passlink.key").display().to_string();
    let passlink = passlink.set("secrets.key_file", &nowhere);
    passlink.user("ada@example.com", &["--id", "1"]);
    for command in [
        &["key", "add"] as &[&str],
        &["serve"],
        &["config", "check"],
        &["link", "create", "--user", "1"],
    ] {
        let stderr = passlink.cli(command).failed(1);
        let told = format!("key file {nowhere} can't be made: there is no such directory");
        assert!(stderr.contains(&told), "{command:?}: {stderr}");
    }

    let others = passlink.set("secrets.key_file", "others.key");
    add(&others);
    let file = others.dir().join("others.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    for command in [&["key", "add"] as &[&str], &["key", "list"], &["serve"], &["config", "check"]]
    {
        let stderr = others.cli(command).failed(1);
        assert!(stderr.contains("chmod 600 others.key"), "{command:?}: {stderr}");
    }
}

#[test]
fn where_there_is_no_key_file_its_place_is_told_and_what_makes_one() {
    let passlink = Passlink::with_mail_dir().set("secrets.key_file", "keys");
    passlink.set_up();
    let file = fs::canonicalize(passlink.dir()).unwrap().join("keys");
    let told = format!("there is no key file at {}: `passlink key add`", file.display());
    for command in [&["key", "list"] as &[&str], &["key", "retire", "k1"]] {
        let stderr = passlink.cli(command).failed(1);
        assert!(stderr.contains(&told) && stderr.contains("passlink serve"), "{stderr}");
    }
    assert!(!file.exists());
    let added = passlink.cli(&["key", "add"]);
    let made = format!("made a new key file: {}\n", file.display());
    assert!(added.stderr.starts_with(&made) && added.stderr.contains("restart the server"));
    assert_eq!(listed(&passlink)[0]["id"], added.done().trim_end());
}

#[test]
fn a_command_that_fails_or_does_nothing_makes_no_key_file() {
    let passlink = Passlink::with_mail_dir().set("secrets.key_file", "keys");
    passlink.user("ada@example.com", &["--id", "ada"]);
    passlink.user("bob@example.com", &["--id", "bob", "--unverified"]);
    passlink.cli(&["user", "lock", "ada"]).done();
    fs::write(passlink.dir().join("none.jsonl"), "").unwrap();
    fs::write(passlink.dir().join("wrong.jsonl"), "{}\n").unwrap();
    let file = passlink.dir().join("keys");
    for command in [
        &["link", "create", "--user", "nobody"] as &[&str],
        &["link", "create", "--user", "ada"],
        &["link", "create", "--user", "bob", "--send"],
        &["passkey", "remove", "nothing"],
        &["passkey", "rename", "nothing", "Phone"],
        &["passkey", "import", "wrong.jsonl"],
        &["user", "import", "wrong.jsonl"],
    ] {
        passlink.cli(command).failed(1);
        assert!(!file.exists(), "{command:?}");
    }
    for (command, name) in [
        (["passkey", "import", "none.jsonl"], "none.jsonl"),
        (["user", "import", "none.jsonl"], "none.jsonl"),
        (["user", "import", "-"], "stdin"),
    ] {
        let output = passlink.cli(&command);
        assert_eq!(output.stderr, format!("{name} has no lines: nothing was imported\n"));
        assert_eq!(output.lines(), [json!({ "imported": 0 })], "{command:?}");
        assert!(!file.exists(), "{command:?}");
    }
    passlink.cli(&["link", "create", "--user", "bob"]).done();
    assert!(file.exists());
}

/// Begins to register a passkey; the path that ends it, and the answer to it.
async fn begun(passlink: &Passlink, body: &Value, ada: &Caller) -> (String, Value) {
    let path = format!("/v2/users/{}/passkeys", ada.id);
    let request = passlink.request(Method::POST, &path).json(body);
    let request = if body["code"].is_null() { request.bearer_auth(&ada.token) } else { request };
    let begun = Answer::to(request).await.json();
    let options = &begun["publicKeyCredentialCreationOptions"];
    let id = begun["passkeyId"].as_str().unwrap();
    let answer = HandMade::answer(options, "https://login.example.com", id.as_bytes());
    (format!("{path}/{id}"), json!({ "publicKeyCredential": answer.credential() }))
}

async fn post(passlink: &Passlink, token: Option<&str>, path: &str, body: &Value) -> Answer {
    let request = passlink.request(Method::POST, path).json(body);
    Answer::to(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

/// A link's id and code, returned.
async fn returned_code(passlink: &Passlink, ada: &Caller) -> Value {
    let path = format!("/v2/users/{}/passkeys/registration_link", ada.id);
    let answer = post(passlink, Some(&ada.token), &path, &json!({ "returnCode": {} })).await;
    answer.json()["code"].clone()
}

async fn at_link(passlink: &Passlink, code: &Value, verb: &str) -> Answer {
    let path = format!("/passlink/v1/links/{}/{verb}", code["id"].as_str().unwrap());
    post(passlink, None, &path, &json!({ "code": code["code"] })).await
}

#[tokio::test]
async fn a_key_that_is_retired_now_ends_what_it_derived_and_a_node_with_no_newer_one_is_not_ready()
{
    let mails = MailServer::plain();
    let mut passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let old = listed(&passlink)[0]["id"].as_str().unwrap().to_owned();
    // A passkey whose registration can be undone, by a mail that went out and by one that waits.
    let first = returned_code(&passlink, &ada).await;
    let (path, answer) = begun(&passlink, &json!({ "code": first }), &ada).await;
    assert_eq!(post(&passlink, None, &path, &answer).await.status, 200);
    let undo = mails.until_mails(1).await.remove(0).mail.undo_link();
    // A link that expired, one that is open, and ceremonies.
    passlink.send_link(&ada.token).await.sequence();
    let mail = mails.until_mails(2).await.remove(1).mail.register_link();
    let expired = json!({ "id": mail.query["codeID"], "code": mail.code });
    let expire = "UPDATE links SET state = 'expired' WHERE id = ?";
    passlink.sql(expire, &[expired["id"].as_str().unwrap()]);
    let open = returned_code(&passlink, &ada).await;
    let by_link = begun(&passlink, &json!({ "code": open }), &ada).await;
    let by_token = begun(&passlink, &json!({}), &ada).await;
    assert_eq!(at_link(&passlink, &open, "_inspect").await.status, 200);

    let stderr = passlink.cli(&["key", "retire", &old, "--now"]).failed(1);
    assert!(stderr.contains("key add"), "{stderr}");
    assert_eq!(at_link(&passlink, &open, "_inspect").await.status, 200, "nothing was done");
    let new = add(&passlink);
    // As if another node had retired it, which has a newer one.
    passlink.sql("INSERT INTO retired_keys (key_id, retired_at) VALUES (?, 0)", &[&new]);
    let stderr = passlink.cli(&["key", "retire", &old, "--now"]).failed(1);
    assert!(stderr.contains("key add") && stderr.contains(&new), "{stderr}");
    assert_eq!(at_link(&passlink, &open, "_inspect").await.status, 200, "nothing was done");
    passlink.sql("DELETE FROM retired_keys", &[]);
    let ended = passlink.cli(&["key", "retire", &old, "--now"]).lines().remove(0);
    let counts = json!({ "id": old, "links": 1, "resends": 1, "undos": 1, "ceremonies": 2 });
    assert_eq!(ended, counts);
    let keys = listed(&passlink);
    let told: Vec<_> = keys
        .iter()
        .map(|key| (key["id"].as_str().unwrap(), key["inFile"] == true, key["retired"].is_string()))
        .collect();
    assert_eq!(told, [(&*new, true, false), (&*old, false, true)]);
    assert_eq!((&keys[1]["neededByLinks"], &keys[1]["neededByPasskeys"]), (&json!(0), &json!(0)));

    // The server still has the old key alone.
    let ready = passlink.until_status("/readyz", 503).await;
    assert!(ready.text.contains("retired"), "{ready:?}");
    let refused = passlink.send_link(&ada.token).await;
    refused.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    let path = "/auth/v1/users/me/passwordless/_link";
    assert_eq!(post(&passlink, Some(&ada.token), path, &json!({})).await.status, 503);
    let path = format!("/v2/users/{}/passkeys", ada.id);
    assert_eq!(post(&passlink, Some(&ada.token), &path, &json!({})).await.status, 503);
    assert!(passlink.log().contains(&format!("the key {old} was retired")), "{}", passlink.log());

    let ended = async |passlink: &Passlink| {
        for verb in ["_inspect", "_resend"] {
            assert_eq!(at_link(passlink, &open, verb).await.status, 400, "{verb}");
            assert_eq!(at_link(passlink, &expired, verb).await.status, 400, "{verb}");
        }
        for ((path, answer), token) in [(&by_link, None), (&by_token, Some(ada.token.as_str()))] {
            let answer = post(passlink, token, path, answer).await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
        let path = format!("/passlink/v1/passkeys/{}/_undo", undo.query["passkeyID"]);
        let answer = post(passlink, None, &path, &json!({ "code": undo.code })).await;
        answer.assert_error(400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid");
    };
    ended(&passlink).await;

    // As if a node had made a link since: the old key derives nothing any more.
    passlink.sql("DELETE FROM retired_keys", &[]);
    let since = returned_code(&passlink, &ada).await;
    passlink.sql("INSERT INTO retired_keys (key_id, retired_at) VALUES (?, 0)", &[&old]);
    assert_eq!(at_link(&passlink, &since, "_inspect").await.status, 400);
    let (path, body) = (format!("/v2/users/{}/passkeys", ada.id), json!({ "code": since }));
    let answer = post(&passlink, None, &path, &body).await;
    answer.assert_error(400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid");

    passlink.stop().await;
    passlink.start().await;
    ended(&passlink).await;
    passlink.send_link(&ada.token).await.sequence();
    let mail = mails.until_mails(3).await.remove(2).mail.register_link();
    let fresh = json!({ "id": mail.query["codeID"], "code": mail.code });
    assert_eq!(at_link(&passlink, &fresh, "_inspect").await.status, 200);
    // It can be retired again, for what was made since; then there is nothing left of it.
    let again = passlink.cli(&["key", "retire", &old, "--now"]).lines().remove(0);
    assert_eq!((&again["links"], &again["ceremonies"]), (&json!(1), &json!(0)), "{again}");
    let unknown = passlink.cli(&["key", "retire", &old, "--now"]).failed(1);
    assert!(unknown.contains("key list"), "{unknown}");
}

#[tokio::test]
async fn who_is_to_be_told_of_a_passkey_is_told_though_the_key_of_the_undo_code_is_retired() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let old = listed(&passlink)[0]["id"].as_str().unwrap().to_owned();
    let code = returned_code(&passlink, &ada).await;
    let (path, answer) = begun(&passlink, &json!({ "code": code }), &ada).await;
    assert_eq!(post(&passlink, None, &path, &answer).await.status, 200);
    add(&passlink);
    passlink.cli(&["key", "retire", &old, "--now"]).done();
    passlink.stop().await;
    passlink.start().await;
    mails.open();
    let undo = mails.until_mails(1).await.remove(0).mail.undo_link();
    let path = format!("/passlink/v1/passkeys/{}/_undo", undo.query["passkeyID"]);
    let answer = post(&passlink, None, &path, &json!({ "code": undo.code })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

//! `passlink passkey` and `user add --user-handle`.

use std::{collections::BTreeSet, fs, process::Stdio};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use passlink_tests::{
    Answer, Api, Caller, HandMade, Key, Output, Passlink, cbor::rsa_public_key, mime, until,
};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(passlink: &Passlink, user: &Caller, path: &str, body: &Value) -> Value {
    let path = format!("/v2/users/{}/passkeys{path}", user.id);
    let request = passlink.request(Method::POST, &path).bearer_auth(&user.token);
    Answer::to(request.json(body)).await.json()
}

/// The creation options for another passkey of the user, and the path that takes the answer.
async fn options(passlink: &Passlink, user: &Caller) -> (Value, String) {
    let begun = post(passlink, user, "", &json!({})).await;
    let path = format!("/{}", begun["passkeyId"].as_str().unwrap());
    (begun["publicKeyCredentialCreationOptions"].clone(), path)
}

/// Registers a passkey with this credential; returns its id.
async fn register(passlink: &Passlink, user: &Caller, credential: &[u8], name: &str) -> String {
    let (options, path) = options(passlink, user).await;
    let answer = HandMade::answer(&options, "https://login.example.com", credential);
    let body = json!({ "publicKeyCredential": answer.credential(), "passkeyName": name });
    post(passlink, user, &path, &body).await;
    path[1..].to_owned()
}

fn import(passlink: &Passlink, lines: &str) -> Output {
    let file = passlink.dir().join("passkeys.jsonl");
    fs::write(&file, lines).unwrap();
    passlink.cli(&["passkey", "import", file.to_str().unwrap()])
}

fn encoded(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

#[tokio::test]
async fn a_users_passkeys_are_listed_and_an_operator_removes_one() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let list = || passlink.cli(&["passkey", "list", "--user", &ada.id]);
    assert_eq!(list().done(), "");
    let phone = register(&passlink, &ada, b"phone", "Phone").await;
    let key = register(&passlink, &ada, b"key", "Key").await;
    let listed = list().lines();
    let created = listed[0]["created"].as_str().unwrap();
    let expected = json!({
        "id": phone, "user": ada.id, "name": "Phone", "rpId": "login.example.com",
        "credentialId": encoded(b"phone"), "transports": ["hybrid", "internal"],
        "attachment": "platform", "backupEligible": false, "backupState": false,
        "aaguid": "00000000-0000-0000-0000-000000000000", "device": null, "created": created,
        "lastUsed": null, "removed": null,
    });
    assert_eq!(listed[0], expected);
    assert_eq!(listed[1]["id"], key);

    passlink.cli(&["user", "lock", &ada.id]).done();
    let removed = passlink.cli(&["passkey", "remove", &phone]).lines().remove(0);
    assert!(removed["removed"].is_string(), "{removed}");
    assert_eq!(removed["id"], phone);
    assert_eq!(list().lines(), [listed[1].clone()]);
    let again = passlink.cli(&["passkey", "remove", &phone]).failed(1);
    assert!(again.contains("passlink passkey list"), "{again}");
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_operator_renames_a_passkey_beside_a_running_server() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let phone = register(&passlink, &ada, b"phone", "Phone").await;
    register(&passlink, &ada, b"key", "Key").await;
    let list = || passlink.cli(&["passkey", "list", "--user", &ada.id]).lines();
    let rename = |id: &str, name: &str| passlink.cli(&["passkey", "rename", id, name]);
    let before = list();
    let mut expected = before[0].clone();
    expected["name"] = "Adas Handy 📱".into();
    for name in [" Adas Handy 📱 ", "Adas Handy 📱"] {
        let output = rename(&phone, name);
        assert_eq!(output.stderr, "");
        assert_eq!(output.lines(), [expected.clone()]);
        assert_eq!(list(), [expected.clone(), before[1].clone()]);
    }
    let own = post(&passlink, &ada, "/_search", &json!({})).await;
    let names: Vec<_> = own["result"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Adas Handy 📱", "Key"], "as the server tells");
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4], "the same name again is no change");

    passlink.cli(&["user", "lock", &ada.id]).done();
    assert_eq!(rename(&phone, "Lost phone").lines()[0]["name"], "Lost phone");
    passlink.cli(&["passkey", "remove", &phone]).done();
    for id in [phone.as_str(), "unknown"] {
        let told = rename(id, "Phone").failed(1);
        assert!(told.contains("there is no passkey with this id"), "{told}");
    }
}

#[test]
fn a_name_that_no_passkey_can_have_is_refused_with_the_reason() {
    let passlink = Passlink::with_mail_dir();
    let too_long = "é".repeat(201);
    let control = "must not contain line breaks or other control characters";
    for (name, why) in [
        ("", "must not be empty"),
        (" ", "must not be empty"),
        (too_long.as_str(), "must have at most 200 characters"),
        ("Ada's\nphone", control),
        ("Ada's\u{7}phone", control),
    ] {
        let told = passlink.cli(&["passkey", "rename", "1", name]).failed(2);
        assert!(told.contains("<NAME>") && told.contains(why), "{name:?}: {told}");
    }
}

#[tokio::test]
async fn the_running_server_mails_what_an_operator_removed() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = register(&passlink, &ada, b"phone", "Phone of Ada").await;
    let until_mails = async |count| {
        until("the mails", async || {
            let files: Vec<_> = fs::read_dir(passlink.mail_dir()).ok()?.flatten().collect();
            let finished = files.iter().map(|file| file.path());
            let finished: Vec<_> =
                finished.filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
            (finished.len() == count).then_some(finished)
        })
        .await
    };
    // A passkey that is gone by then is no news any more.
    until_mails(1).await;
    passlink.cli(&["passkey", "remove", &id]).done();
    let mails = mime::parse(&until_mails(2).await);
    let texts: Vec<_> = mails.iter().map(|mail| &mail.text().text).collect();
    assert!(texts.iter().all(|text| text.contains("Phone of Ada")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("removed")), "{texts:?}");
}

#[tokio::test]
async fn users_and_passkeys_move_to_another_installation() {
    let old = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (old.ada(), old.caller("bob@example.com", &[]));
    register(&old, &ada, b"phone", "Phone").await;
    register(&old, &bob, b"key", "Key").await;
    let gone = register(&old, &ada, b"gone", "Gone").await;
    old.cli(&["passkey", "remove", &gone]).done();
    let (wanted, _) = options(&old, &ada).await;

    let exported = old.cli(&["passkey", "export"]);
    let lines = exported.stdout.clone();
    let exported = exported.lines();
    let answer = HandMade::answer(&wanted, "https://login.example.com", b"phone");
    let expected = json!({
        "id": exported[0]["id"], "user": ada.id, "userHandle": wanted["publicKey"]["user"]["id"],
        "name": "Phone", "rpId": "login.example.com", "credentialId": encoded(b"phone"),
        "publicKey": encoded(&answer.public_key), "signCount": 0,
        "transports": ["hybrid", "internal"], "attachment": "platform", "backupEligible": false,
        "backupState": false, "aaguid": "00000000-0000-0000-0000-000000000000",
        "created": exported[0]["created"], "lastUsed": null,
    });
    assert_eq!((exported.len(), &exported[0]), (2, &expected));
    let of_ada = old.cli(&["passkey", "export", "--user", &ada.id]).lines();
    assert_eq!(of_ada, [expected]);

    let new = Passlink::with_mail_dir().started().await;
    let users = new.dir().join("users.jsonl");
    fs::write(&users, old.cli(&["user", "list"]).done()).unwrap();
    new.cli(&["user", "import", users.to_str().unwrap()]).done();
    let mut command = new.command(&["passkey", "import", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"imported\":2}\n");
    assert_eq!(new.cli(&["passkey", "export"]).done(), lines);
    assert_eq!(new.history(&ada.id), [1, 2]);

    // Authenticators know Ada again.
    let there = Caller { token: new.token(&ada.id, &[]), ..ada };
    let (options, _) = options(&new, &there).await;
    let options = &options["publicKey"];
    assert_eq!(options["user"]["id"], wanted["publicKey"]["user"]["id"]);
    let excluded = json!([{
        "type": "public-key", "id": encoded(b"phone"), "transports": ["hybrid", "internal"],
    }]);
    assert_eq!(options["excludeCredentials"], excluded);
}

#[tokio::test]
async fn what_is_left_out_of_an_import_has_defaults() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let (options, _) = options(&passlink, &ada).await;
    let answer = HandMade::answer(&options, "https://login.example.com", b"key");
    // As others write it: base64 with padding.
    let handle = options["publicKey"]["user"]["id"].as_str().unwrap();
    let handle = BASE64_STANDARD.encode(BASE64_URL_SAFE_NO_PAD.decode(handle).unwrap());
    let line = json!({
        "user": ada.id, "userHandle": handle, "credentialId": BASE64_STANDARD.encode(b"key!"),
        "publicKey": BASE64_STANDARD.encode(&answer.public_key),
        "aaguid": "fbfc3007-154e-4ecc-8c0b-6e020557d7bd",
    });
    assert_eq!(import(&passlink, &line.to_string()).lines(), [json!({ "imported": 1 })]);
    let listed = passlink.cli(&["passkey", "list", "--user", &ada.id]).lines().remove(0);
    assert_eq!(listed["name"], "Apple Passwords");
    assert_eq!(listed["rpId"], "login.example.com");
    assert_eq!(listed["transports"], json!([]));
    assert_eq!((&listed["attachment"], &listed["lastUsed"]), (&Value::Null, &Value::Null));
    assert!(listed["created"].is_string() && listed["id"].is_string(), "{listed}");
}

#[tokio::test]
async fn who_only_began_to_register_gets_the_handle_that_an_import_brings() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let (begun, path) = options(&passlink, &ada).await;
    let answer = HandMade::answer(&begun, "https://login.example.com", b"phone");
    let line = json!({
        "user": ada.id, "userHandle": encoded(b"ada"), "credentialId": encoded(b"key"),
        "publicKey": encoded(&answer.public_key),
    });
    assert_eq!(import(&passlink, &line.to_string()).lines(), [json!({ "imported": 1 })]);
    let answer = json!({ "publicKeyCredential": answer.credential() });
    assert_eq!(post(&passlink, &ada, &path, &answer).await["code"], 5);
    let (options, _) = options(&passlink, &ada).await;
    assert_eq!(options["publicKey"]["user"]["id"], encoded(b"ada"));
}

#[tokio::test]
async fn a_wrong_line_is_told_with_its_number_and_nothing_is_imported() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = register(&passlink, &ada, b"phone", "Phone").await;
    let line = passlink.cli(&["passkey", "export"]).lines().remove(0);
    passlink.cli(&["passkey", "remove", &id]).done();
    let with = |changes: Value| {
        let mut line = line.clone();
        line["id"] = Value::Null;
        for (key, value) in changes.as_object().unwrap() {
            line[key] = value.clone();
        }
        line.to_string()
    };
    let wrong = [
        ("nothing".to_owned(), "must be a JSON object"),
        ("{}".to_owned(), "missing field `user`"),
        (with(json!({ "surprise": 1 })), "unknown field `surprise`"),
        (with(json!({ "id": "a b" })), "id: must not contain white space"),
        (with(json!({ "id": id })), "id: there is a passkey with it already, or was one"),
        (with(json!({ "user": "nobody" })), "user: there is no user with this id"),
        (with(json!({ "userHandle": "!" })), "userHandle: must be base64url or base64"),
        (with(json!({ "userHandle": "" })), "userHandle: must have 1 to 64 octets"),
        (
            with(json!({ "userHandle": "YWRh" })),
            "userHandle: authenticators know the user by another",
        ),
        (with(json!({ "name": "" })), "name: must not be empty"),
        (with(json!({ "rpId": "example.org" })), "rpId: must be login.example.com"),
        (with(json!({ "credentialId": "" })), "credentialId: must have 1 to 1023 octets"),
        (with(json!({ "publicKey": "YWRh" })), "publicKey: must be a COSE_Key"),
        (with(json!({ "signCount": -1 })), "invalid value: integer `-1`"),
        (with(json!({ "transports": ["Internal"] })), "transports: must be"),
        (with(json!({ "attachment": "glued" })), "attachment: must be platform or cross-platform"),
        (with(json!({ "backupState": true })), "backupState: must be false"),
        (with(json!({ "aaguid": "1" })), "UUID"),
        (with(json!({ "created": "yesterday" })), "created: must be a time"),
    ];
    let good = with(json!({}));
    for (line, told) in &wrong {
        let stderr = import(&passlink, &format!("{good}\n\n{line}\n")).failed(1);
        let what = stderr.split_once("\nline 3: ").unwrap().1;
        assert!(what.contains(told) && what.lines().count() == 1, "{line}: {stderr}");
    }
    let twice = import(&passlink, &format!("{good}\n{good}\n")).failed(1);
    assert!(twice.contains("line 2: credentialId: it is registered already"), "{twice}");
    let all: String = wrong.iter().map(|(line, _)| format!("{line}\n")).collect();
    let stderr = import(&passlink, &all.repeat(2)).failed(1);
    assert!(stderr.contains("line 1: ") && stderr.ends_with("and 18 more\n"), "{stderr}");
    assert_eq!(passlink.cli(&["passkey", "export"]).done(), "");
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
    assert_eq!(import(&passlink, &good).lines(), [json!({ "imported": 1 })]);
}

#[tokio::test]
async fn rsa_keys_of_2048_to_4096_bits_are_imported_and_no_others() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let line = |id: &str, public_key: &[u8]| {
        let credential = encoded(id.as_bytes());
        let public_key = encoded(public_key);
        json!({
            "user": ada.id, "userHandle": "YWRh", "credentialId": credential,
            "publicKey": public_key,
        })
        .to_string()
    };
    let keys = [2048, 3072, 4096].map(|bits| Key::rs256_of(bits).public());
    let lines: Vec<_> = keys.iter().zip(["a", "b", "c"]).map(|(key, id)| line(id, key)).collect();
    assert_eq!(import(&passlink, &lines.join("\n")).lines(), [json!({ "imported": 3 })]);
    let exported = passlink.cli(&["passkey", "export"]).lines();
    let exported: BTreeSet<_> =
        exported.iter().map(|it| it["publicKey"].as_str().unwrap()).collect();
    let given: Vec<_> = keys.iter().map(|key| encoded(key)).collect();
    assert_eq!(exported, given.iter().map(String::as_str).collect());
    for octets in [128, 255, 513, 1024] {
        let key = rsa_public_key(&vec![0xc5; octets], &[1, 0, 1]);
        let stderr = import(&passlink, &line("d", &key)).failed(1);
        assert!(stderr.contains("RS256 with 2048 to 4096 bits"), "{octets}: {stderr}");
    }
}

#[tokio::test]
async fn a_user_is_added_whom_authenticators_know_already() {
    let passlink = Passlink::with_mail_dir().started().await;
    let handle = [7; 64];
    let ada =
        passlink.caller("ada@example.com", &["--user-handle", &BASE64_STANDARD.encode(handle)]);
    let (options, _) = options(&passlink, &ada).await;
    assert_eq!(options["publicKey"]["user"]["id"], encoded(&handle));
    let add = |handle: &[u8]| {
        let handle = format!("--user-handle={}", encoded(handle));
        passlink.cli(&["user", "add", "--email", "bob@example.com", &handle])
    };
    assert!(add(&handle).failed(1).contains("names another user"));
    assert!(add(&[7; 65]).failed(2).contains("1 to 64 octets"));
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 1);
    add(&[8; 1]).done();
}

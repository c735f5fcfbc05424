//! Users are changed, locked, deactivated and removed by commands.

use std::collections::BTreeSet;

use passlink_tests::{
    Answer, Api, Caller, MailServer, Passlink, create_passkey,
    mime::Link,
    secrets::{files, search},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Runs a command of `passlink user` that prints a user.
#[track_caller]
fn user(passlink: &Passlink, arguments: &[&str]) -> Value {
    passlink.cli(&[&["user"], arguments].concat()).lines().remove(0)
}

#[test]
fn a_user_is_changed_in_what_is_named_and_nothing_else() {
    let passlink = Passlink::with_mail_dir();
    let before = passlink.user("ada@example.com", &["--id", "1", "--username", "ada"]);
    let more = ["--display-name", "Ada Example", "--language", "de-CH"];
    let after = user(&passlink, &[&["update", "1"], &more[..]].concat());
    let mut expected = before.clone();
    (expected["displayName"], expected["language"]) = ("Ada Example".into(), "de-CH".into());
    expected["sequence"] = 2.into();
    assert_eq!(after, expected);
    assert_eq!(
        user(&passlink, &[&["update", "1"], &more[..]].concat()),
        after,
        "no change, no entry"
    );
    assert_eq!(user(&passlink, &["update", "1", "--unverified"])["emailVerified"], false);
    assert_eq!(user(&passlink, &["update", "1", "--verified"])["emailVerified"], true);
    let moved = user(&passlink, &["update", "1", "--email", "Ada@Example.org", "--username", "al"]);
    assert_eq!((&moved["email"], &moved["username"]), (&json!("Ada@example.org"), &json!("al")));
    assert_eq!((&moved["emailVerified"], &moved["sequence"]), (&json!(true), &json!(5)));
    assert_eq!(passlink.history("1"), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn who_has_no_name_but_the_address_is_greeted_by_the_new_one() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.caller("ada@example.com", &[]);
    let moved = user(&passlink, &["update", &ada.id, "--email", "ada@example.org"]);
    assert_eq!((&moved["username"], &moved["displayName"]), (&moved["email"], &moved["email"]));
    passlink.send_link(&ada.token).await.sequence();
    let text = mails.until_mails(1).await.remove(0).mail.text().text.clone();
    assert!(text.contains("Hello ada@example.org,") && !text.contains("example.com\n"), "{text}");
}

#[test]
fn an_address_of_another_user_is_refused() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1"]);
    passlink.user("bob@example.com", &["--id", "2"]);
    let update = ["user", "update", "2", "--email", "ADA@example.com"];
    assert!(passlink.cli(&update).failed(1).contains("address"));
    assert_eq!(passlink.history("2"), [1]);
}

#[test]
fn an_address_is_one_users_however_it_is_written() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("zoe\u{308}@example.com", &["--id", "1"]);
    assert_eq!(user(&passlink, &["show", "1"])["email"], "zoë@example.com");
    for same in ["zoë@example.com", "ZOË@EXAMPLE.com", "\"zoë\"@example.com"] {
        let again = ["user", "add", "--email", same];
        assert!(passlink.cli(&again).failed(1).contains("address belongs to another"), "{same}");
    }
}

#[test]
fn a_username_of_another_user_is_refused_with_what_to_do() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1", "--username", "Zo\u{eb}"]);
    passlink.user("bob@example.com", &["--id", "2"]);
    let told = "the username belongs to another user of the organisation, 1; give another";
    let (add, update) = (["user", "add", "--email", "eve@example.com"], ["user", "update", "2"]);
    for command in [&add[..], &update] {
        let taken = [command, &["--username", "ZOE\u{308}"]].concat();
        let stderr = passlink.cli(&taken).failed(1);
        assert!(stderr.contains(told), "{stderr}");
    }
    assert_eq!(passlink.history("2"), [1]);
    passlink.user("eve@example.com", &["--org", "other", "--username", "zo\u{eb}"]);
    // It is free again with its user's new one, and when its user is gone.
    user(&passlink, &["update", "1", "--username", "ada"]);
    user(&passlink, &["update", "2", "--username", "zo\u{eb}"]);
    user(&passlink, &["remove", "2"]);
    passlink.user("eve@example.com", &["--username", "zo\u{eb}"]);
}

#[test]
fn an_address_that_can_not_be_mailed_is_refused_with_what_is_wrong_with_it() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1"]);
    let long = format!("{}@example.com", "x".repeat(65));
    for (address, told) in [
        ("\"a b\"@example.com", "must not have a blank before the @"),
        ("\"a<b>\"@example.com", "must not have `<` before the @"),
        ("ada@my_host.example", "must not have `_` in its domain"),
        ("ada@example.com.", "must not have a dot at either end of its domain"),
        ("ada@[192.0.2.1]", "no IP address"),
        (&long, "at most 64 octets before the @; it has 65"),
    ] {
        for command in [&["user", "add"] as &[&str], &["user", "update", "1"]] {
            let stderr = passlink.cli(&[command, &["--email", address]].concat()).failed(2);
            assert!(stderr.contains(told), "{address}: {stderr}");
        }
    }
}

#[test]
fn a_user_has_a_language_only_if_one_was_given() {
    let passlink = Passlink::with_mail_dir();
    let ada = passlink.user("ada@example.com", &["--id", "1"]);
    assert_eq!(ada.get("language"), None, "{ada}");
    assert_eq!(user(&passlink, &["update", "1", "--language", "iw-IL"])["language"], "he-IL");
    assert_eq!(passlink.user("bob@example.com", &["--language", "in"])["language"], "id");
    let cleared = user(&passlink, &["update", "1", "--language", ""]);
    assert_eq!((cleared.get("language"), &cleared["sequence"]), (None, &json!(3)));
    assert_eq!(user(&passlink, &["show", "1"]), cleared);
    assert_eq!(user(&passlink, &["remove", "1"]).get("language"), None);
}

#[tokio::test]
async fn the_pages_are_told_the_language_of_a_user_who_has_one() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let link = passlink.cli(&["link", "create", "--user", &ada.id]).done();
    let link = Link::parse(link.trim_end());
    let inspected = async || {
        let path = format!("/passlink/v1/links/{}/_inspect", link.query["codeID"]);
        let request = passlink.request(Method::POST, &path);
        Answer::to(request.json(&json!({ "code": link.code }))).await.json()
    };
    assert_eq!(inspected().await.get("language"), None);
    user(&passlink, &["update", &ada.id, "--language", "de-AT"]);
    assert_eq!(inspected().await["language"], "de-AT");
}

#[test]
fn wrong_use_of_user_commands_exits_with_2() {
    let passlink = Passlink::with_mail_dir();
    for line in [
        "update 1",
        "update --email ada@example.com",
        "update 1 --email nobody",
        "update 1 --verified --unverified",
        "update 1 --language 1",
        "lock",
        "unlock",
        "deactivate",
        "reactivate",
        "remove",
    ] {
        let arguments: Vec<_> = ["user"].into_iter().chain(line.split(' ')).collect();
        passlink.cli(&arguments).failed(2);
    }
}

#[test]
fn nobody_and_removed_users_are_not_changed() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1"]);
    user(&passlink, &["remove", "1"]);
    for command in ["lock", "unlock", "deactivate", "reactivate", "remove", "update"] {
        let more: &[&str] = if command == "update" { &["--verified"] } else { &[] };
        let run = |id| passlink.cli(&[&["user", command, id], more].concat()).failed(1);
        assert!(run("nobody").contains("no user with this id"), "{command}");
        assert!(run("1").contains("removed"), "{command}");
    }
}

#[tokio::test]
async fn a_changed_address_ends_the_open_links_and_gets_the_next() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    mails.until_mails(1).await;
    user(&passlink, &["update", &ada.id, "--display-name", "Ada"]);
    let states = || -> Vec<Value> {
        let links = passlink.cli(&["link", "list", "--user", &ada.id]).lines();
        links.iter().map(|link| link["state"].clone()).collect()
    };
    assert_eq!(states(), ["sent"]);
    user(&passlink, &["update", &ada.id, "--email", "ada@example.org"]);
    assert_eq!(states(), ["revoked"]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 5);
    assert_eq!(mails.until_mails(2).await[1].envelope.to, ["ada@example.org"]);
    user(&passlink, &["update", &ada.id, "--unverified"]);
    assert_eq!(states(), ["revoked", "revoked"]);
    passlink.send_link(&ada.token).await.assert_error(
        400,
        9,
        "Errors.User.Email.NotVerified",
        "USER-EmailNotVerified",
    );
}

#[tokio::test]
async fn a_locked_or_deactivated_user_can_not_act_until_it_is_undone() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    for (command, state, wrong, undo) in [
        ("lock", "locked", "reactivate", "unlock"),
        ("deactivate", "deactivated", "unlock", "reactivate"),
    ] {
        let link = passlink.cli(&["link", "create", "--user", &ada.id]).done();
        assert!(link.starts_with("https://"));
        let stopped = user(&passlink, &[command, &ada.id]);
        assert_eq!(stopped["state"], state);
        assert_eq!(user(&passlink, &[command, &ada.id]), stopped, "again changes nothing");
        passlink.send_link(&ada.token).await.assert_error(
            400,
            9,
            "Errors.User.NotActive",
            "USER-NotActive",
        );
        let stderr = passlink.cli(&["user", wrong, &ada.id]).failed(1);
        assert!(stderr.contains(undo), "{stderr}");
        assert_eq!(user(&passlink, &[undo, &ada.id])["state"], "active");
        assert_eq!(user(&passlink, &[undo, &ada.id])["state"], "active");
        passlink.send_link(&ada.token).await.sequence();
        let links = passlink.cli(&["link", "list", "--user", &ada.id]).lines();
        let returned = links.iter().filter(|link| link["mailedTo"].is_null());
        assert!(returned.into_iter().all(|link| link["state"] == "revoked"), "{links:?}");
    }
    let length = passlink.history(&ada.id).len() as u64;
    assert_eq!(passlink.history(&ada.id), (1..=length).collect::<Vec<_>>(), "no gaps");
}

/// Registers a passkey as the user.
async fn register_passkey(passlink: &Passlink, user: &Caller) {
    let path = format!("/v2/users/{}/passkeys", user.id);
    let post = async |path: &str, body: &Value| {
        let request = passlink.request(Method::POST, path).bearer_auth(&user.token);
        Answer::to(request.json(body)).await
    };
    let begun = post(&path, &json!({})).await.json();
    let options = &begun["publicKeyCredentialCreationOptions"];
    let created = create_passkey(options, "https://login.example.com").await;
    let path = format!("{path}/{}", begun["passkeyId"].as_str().unwrap());
    let named = json!({ "publicKeyCredential": created, "passkeyName": "Ada's phone" });
    post(&path, &named).await.sequence();
}

#[tokio::test]
async fn of_a_removed_user_the_history_is_left() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    register_passkey(&passlink, &ada).await;
    assert_eq!(passlink.sql("SELECT name FROM passkeys", &[]), [["Ada's phone"]]);
    let removed = user(&passlink, &["remove", &ada.id]);
    assert_eq!(removed["state"], "removed");
    assert_eq!(passlink.sql("SELECT name FROM passkeys", &[]), [] as [Vec<Value>; 0]);
    assert_eq!(removed, user(&passlink, &["show", &ada.id]));
    assert_eq!(passlink.send_link(&ada.token).await.status, 401);
    assert_eq!(passlink.cli(&["user", "list"]).done(), "");
    assert_eq!(passlink.cli(&["token", "list", "--user", &ada.id]).done(), "");
    assert_eq!(passlink.cli(&["link", "list", "--user", &ada.id]).done(), "");
    passlink.cli(&["token", "create", "--user", &ada.id]).failed(1);
    passlink.cli(&["link", "create", "--user", &ada.id]).failed(1);
    let history = passlink.sql("SELECT sequence, kind FROM events ORDER BY sequence", &[]);
    let expected = json!([
        [1, "user.added"],
        [2, "link.requested"],
        [3, "passkey.added"],
        [4, "user.removed"],
    ]);
    assert_eq!(json!(history), expected);

    let again = ["user", "add", "--email", "other@example.com", "--id", &ada.id];
    assert!(passlink.cli(&again).failed(1).contains("id"), "an id is given once");
    passlink.user(&ada.address, &[]);
}

#[tokio::test]
async fn what_is_personal_is_not_left_in_the_database_file_either() {
    let passlink = Passlink::with_mail_dir().on_sqlite().generous().started().await;
    let names = ["--display-name", "Ada Q. Example", "--username", "countess-of-lovelace"];
    let ada = passlink.caller("ada.personal@example.com", &names);
    passlink.token(&ada.id, &["--name", "laptop-of-the-countess"]);
    passlink.send_link(&ada.token).await.sequence();
    let personal =
        ["ada.personal@", "Ada Q. Example", "countess-of-lovelace", "laptop-of-the-countess"];
    let found = || {
        let files = files(passlink.dir()).into_iter();
        let files: Vec<_> = files.filter(|file| !file.starts_with(passlink.mail_dir())).collect();
        let found = search(&files, &personal).into_iter();
        found.map(|(_, index, _)| personal[index]).collect::<BTreeSet<_>>()
    };
    assert_eq!(found(), BTreeSet::from(personal));
    user(&passlink, &["remove", &ada.id]);
    assert_eq!(found(), BTreeSet::new());
}

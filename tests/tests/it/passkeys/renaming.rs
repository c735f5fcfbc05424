//! Renaming passkeys: by their users, and by others who may.

use passlink_tests::{
    Api, Key, MailServer, Passlink, Protocol, Tls,
    sessions::{BackEnd, SigningPasskey},
};
use serde_json::{Value, json};

use super::{methods as call, *};

const WRITE: &str = "user.passkey.write";

/// Renames a passkey of the user, with the caller's token.
async fn rename(passlink: &Passlink, caller: &Caller, passkey: &str, name: &str) -> Answer {
    let path = format!("/passlink/v1/users/{}/passkeys/{passkey}", caller.id);
    let request = passlink.request(Method::PATCH, &path).bearer_auth(&caller.token);
    Answer::to(request.json(&json!({ "name": name }))).await
}

/// Somebody else's token, for the user.
fn with_token(user: &Caller, token: String) -> Caller {
    Caller { token, ..user.clone() }
}

/// A passkey of the user, made with the user's token.
async fn passkey(passlink: &Passlink, user: &Caller, name: &str) -> String {
    let begun = begin(passlink, user).await;
    let credential = begun.answer().credential();
    begun.finish_as(passlink, Some(&user.token), &credential, name).await.sequence();
    begun.id
}

#[tokio::test]
async fn a_user_renames_a_passkey_and_both_lists_show_its_new_name() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let phone = passkey(&passlink, &ada, "Phone").await;
    passkey(&passlink, &ada, "Key").await;
    let renamed = rename(&passlink, &ada, &phone, " Adas Handy 📱 ").await;
    assert_eq!(renamed.sequence(), 4);
    let details = renamed.json()["details"].clone();
    assert_eq!(details["resourceOwner"], "default", "{renamed:?}");
    assert!(details["changeDate"].is_string() && details["creationDate"].is_null(), "{details}");
    assert_eq!(names(&passlink, &ada).await, ["Adas Handy 📱", "Key"]);
    let listed = passlink.cli(&["passkey", "list", "--user", &ada.id]).lines();
    assert_eq!(listed[0]["name"], "Adas Handy 📱");
    // Names are for people: two passkeys may share one.
    assert_eq!(rename(&passlink, &ada, &phone, "Key").await.sequence(), 5);
    assert_eq!(names(&passlink, &ada).await, ["Key", "Key"]);
}

#[tokio::test]
async fn a_renamed_passkey_signs_in_as_before() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    let key = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    for name in ["Work key", "Home key"] {
        rename(&passlink, &ada, &key.passkey, name).await.sequence();
        let session = app.ask(None).await;
        app.sign_in(&session, &key.sign(&session)).await;
        assert_eq!(names(&passlink, &ada).await, [name]);
    }
}

#[tokio::test]
async fn who_gives_the_name_that_it_has_changes_nothing_and_is_told_of_the_last_change() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    assert_eq!(rename(&passlink, &ada, &id, "Phone").await.sequence(), 2);
    let renamed = rename(&passlink, &ada, &id, "Work phone").await.json();
    for same in ["Work phone", "  Work phone\t"] {
        assert_eq!(rename(&passlink, &ada, &id, same).await.json(), renamed);
    }
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
    assert_eq!(rename(&passlink, &ada, &id, "work phone").await.sequence(), 4);
}

#[tokio::test]
async fn passkeys_are_renamed_on_all_protocols() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let name = format!("Phone {protocol:?}");
        let rename = call::rename(&ada, &id, &name);
        let outcome = protocol.call(&passlink, Some(&ada.token), &rename).await;
        let answer = protocol.answer(&rename, &outcome);
        assert_eq!(answer["details"]["sequence"], (number + 3).to_string(), "{answer}");
        assert_eq!(names(&passlink, &ada).await, [name]);
    }
}

#[tokio::test]
async fn who_has_the_permission_renames_for_users_of_the_organisation_and_nobody_else_does() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let id = passkey(&passlink, &ada, "Phone").await;
    let service = |organisation: &str, permission: &str| {
        let more = ["--organisation", organisation, "--permission", permission];
        with_token(&ada, passlink.service("shop", &more))
    };
    let person = |more: &[&str]| with_token(&ada, passlink.token(&bob.id, more));
    let denied = [service("default", "user.passkey.read"), service("default", "user.write")];
    for caller in denied.iter().chain([&person(&[])]) {
        let answer = rename(&passlink, caller, &id, "Taken").await;
        answer.assert_error(403, 7, "Errors.PermissionDenied", "AUTH-Denied");
    }
    let answer = rename(&passlink, &service("other", WRITE), &id, "Taken").await;
    answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);

    let allowed =
        [service("default", WRITE), service("*", WRITE), person(&["--permission", WRITE])];
    for (number, caller) in allowed.iter().enumerate() {
        let name = format!("Phone {number}");
        rename(&passlink, caller, &id, &name).await.sequence();
        assert_eq!(names(&passlink, &ada).await, [name]);
    }
}

#[tokio::test]
async fn unknown_and_removed_passkeys_and_those_of_others_are_not_found() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let [removed, open] =
        [passkey(&passlink, &ada, "Phone").await, begin(&passlink, &ada).await.id];
    let bobs = passkey(&passlink, &bob, "Bob's").await;
    remove(&passlink, &ada, &removed).await.sequence();
    for id in ["unknown", &removed, &open, &bobs] {
        assert_not_found(&rename(&passlink, &ada, id, "Mine").await);
    }
    assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
    assert_eq!(names(&passlink, &bob).await, ["Bob's"]);
}

#[tokio::test]
async fn a_name_that_nobody_could_read_is_refused_and_says_why() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    let control = "must not contain line breaks or other control characters";
    for (name, why) in [
        ("", "must not be empty"),
        (" \u{a0}\t", "must not be empty"),
        (&"📱".repeat(201), "must have at most 200 characters"),
        ("Ada's\nphone", control),
        ("Ada's\u{7}phone", control),
        ("Ada's\u{2028}phone", control),
    ] {
        let answer = rename(&passlink, &ada, &id, name).await;
        answer.assert_error(400, 3, &format!("Errors.Invalid: name: {why}"), "REQUEST-Invalid");
    }
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
    let longest = "📱".repeat(200);
    rename(&passlink, &ada, &id, &longest).await.sequence();
    assert_eq!(names(&passlink, &ada).await, [longest]);
}

#[tokio::test]
async fn a_user_who_is_locked_renames_nothing_and_an_operator_still_can() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    passlink.cli(&["user", "lock", &ada.id]).done();
    let by_service = with_token(&ada, passlink.service("shop", &["--permission", WRITE]));
    for caller in [&ada, &by_service] {
        let answer = rename(&passlink, caller, &id, "Taken").await;
        answer.assert_error(400, 9, "Errors.User.NotActive", "USER-NotActive");
    }
    passlink.cli(&["passkey", "rename", &id, "Lost phone"]).done();
    passlink.cli(&["user", "unlock", &ada.id]).done();
    assert_eq!(names(&passlink, &ada).await, ["Lost phone"]);
}

/// The name in the line of a mail that says which passkey it is about.
fn named(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("Passkey: "))
}

#[tokio::test]
async fn mails_and_the_page_that_undoes_call_a_passkey_as_it_is_called_by_then() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    let added = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(named(&added.text().text), Some("Phone"));
    rename(&passlink, &ada, &id, "Work phone").await.sequence();
    let code = added.undo_link().code;
    let seen = at_passkey(&passlink, &id, "inspect_undo", &code).await.json();
    assert_eq!(seen["passkeyName"], "Work phone", "{seen}");
    assert_eq!(undo(&passlink, &id, &code).await.status, 200);
    let removed = mails.until_mails(2).await.remove(1).mail;
    assert_eq!(named(&removed.text().text), Some("Work phone"));
    let seen = at_passkey(&passlink, &id, "inspect_undo", &code).await.json();
    let expected = (&Value::from("UNDO_STATE_DONE"), &Value::from("Work phone"));
    assert_eq!((&seen["state"], &seen["passkeyName"]), expected);
}

#[tokio::test]
async fn a_mail_that_still_waits_calls_the_passkey_by_its_new_name_and_renaming_itself_mails_nothing()
 {
    let mut mails = MailServer::shut(Tls::None);
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let id = passkey(&passlink, &ada, "Phone").await;
    rename(&passlink, &ada, &id, "Work phone").await.sequence();
    let waiting = passlink.sql("SELECT count(*) FROM outbox", &[]);
    assert_eq!(waiting[0][0], 1);
    mails.open();
    let added = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(named(&added.text().text), Some("Work phone"));
}

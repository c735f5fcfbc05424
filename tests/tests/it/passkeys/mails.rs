//! The mails that tell of passkeys, by the way that links take.

use std::time::Duration;

use passlink_tests::{Api, MailServer, Passlink, Protocol, Tls, until, until_within};
use reqwest::header::USER_AGENT;
use serde_json::json;

use super::{methods as call, *};

#[tokio::test]
async fn a_user_is_told_of_a_passkey_that_was_added_and_of_one_that_was_removed() {
    const PIXEL: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36";
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let code = mailed(&passlink, &mails, &ada).await;
    let begun = begin_with(&passlink, &ada, &code).await;
    let body = json!({
        "publicKeyCredential": begun.answer().credential(), "passkeyName": "Work phone",
    });
    let request = passlink.request(Method::POST, &begun.path).json(&body);
    Answer::to(request.header(USER_AGENT, PIXEL)).await.sequence();
    let added = mails.until_mails(2).await.remove(1);
    assert_eq!(added.envelope.to, ["ada@example.com"]);
    let said = &added.mail.text().text;
    assert_eq!(added.mail.header("Subject"), "A passkey was added to your account · Passlink");
    for line in ["Passkey: Work phone", "Added with: Chrome on Android", "at Passlink"] {
        assert!(said.contains(line), "{line} in {said}");
        assert!(added.mail.html().words.contains(line.split(": ").last().unwrap()), "{line}");
    }
    let link = added.mail.undo_link();
    assert_eq!(link.page, "https://login.example.com/passkeys/undo");
    assert_eq!(link.query["passkeyID"], begun.id);

    let undone = undo(&passlink, &begun.id, &link.code).await;
    assert_eq!((undone.status, &*undone.text), (200, "{}"));
    assert_eq!(names(&passlink, &ada).await, Vec::<String>::new());
    let removed = mails.until_mails(3).await.remove(2);
    assert_eq!(removed.envelope.to, ["ada@example.com"]);
    assert_eq!(
        removed.mail.header("Subject"),
        "A passkey was removed from your account · Passlink"
    );
    assert!(removed.mail.text().text.contains("Passkey: Work phone"), "{:?}", removed.mail);
    assert_ne!(removed.mail.header("Message-ID"), added.mail.header("Message-ID"));
    // Requested, added, removed.
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_mails_are_in_the_users_language() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.caller("ada@example.com", &["--language", "de-CH"]);
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Telefon").await;
    let added = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(added.html().language.as_deref(), Some("de"));
    assert!(added.text().text.contains("Telefon"), "{added:?}");
    remove(&passlink, &ada, &passkey).await.sequence();
    let removed = mails.until_mails(2).await.remove(1).mail;
    assert_eq!(removed.html().language.as_deref(), Some("de"));
    assert!(removed.text().text.contains("Telefon"), "{removed:?}");
}

#[tokio::test]
async fn a_notice_outlives_a_mail_server_that_is_down_and_a_crash() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    passlink.kill();
    mails.open();
    passlink.start().await;
    let link = mails.until_mails(1).await.remove(0).mail.undo_link();
    assert_eq!(undo(&passlink, &passkey, &link.code).await.status, 200);
    mails.until_mails(2).await;
}

#[tokio::test]
async fn a_notice_that_is_over_before_it_is_sent_is_not() {
    let mut mails = MailServer::shut(Tls::None);
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    remove(&passlink, &ada, &passkey).await.sequence();
    mails.open();
    let told = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(told.header("Subject"), "A passkey was removed from your account · Passlink");
    until("the other to be done with", async || {
        let failed = passlink.cli(&["outbox", "list", "--failed"]).lines();
        (failed.len() == 1).then_some(())
    })
    .await;
    assert_eq!(mails.count(), 1);
}

#[tokio::test]
async fn who_has_no_address_that_is_known_to_be_theirs_is_told_nothing() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.caller("ada@example.com", &["--unverified"]);
    let begun = begin(&passlink, &ada).await;
    let credential = begun.answer().credential();
    begun.finish(&passlink, Some(&ada.token), &credential).await.sequence();
    remove(&passlink, &ada, &begun.id).await.sequence();
    assert_eq!(passlink.sql("SELECT count(*) FROM outbox", &[])[0][0], 0);
}

/// The shortest that a link can live.
const LIFETIME: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_link_that_expired_is_mailed_again_once() {
    let mails = MailServer::plain();
    let passlink =
        Passlink::with_mail_server(&mails).generous().set("links.lifetime", "1m").started().await;
    let mut links = Vec::new();
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let user = passlink.caller(&format!("user{number}@example.com"), &[]);
        let code = mailed(&passlink, &mails, &user).await;
        assert_code_invalid(&at_link(&passlink, &code, "_resend").await);
        links.push((protocol, user, code));
    }
    until_within(2 * LIFETIME, "the links to expire", async || {
        let seen = inspect(&passlink, &links[3].2).await.json();
        (seen["state"] == "LINK_STATE_EXPIRED").then_some(())
    })
    .await;
    for (round, (protocol, user, code)) in links.iter().enumerate() {
        let before = 4 + 2 * round;
        let resend = call::resend(code["id"].as_str().unwrap(), code["code"].as_str().unwrap());
        let outcome = protocol.call(&passlink, None, &resend).await;
        assert_eq!(protocol.answer(&resend, &outcome), json!({}));
        let again = protocol.call(&passlink, None, &resend).await;
        assert_eq!((again.code, again.id()), (3, "LINK-CodeInvalid"), "{again:?}");
        assert_code_invalid(&try_to_begin(&passlink, user, code).await);
        let received = mails.until_mails(before + 1).await.remove(before);
        assert_eq!(received.envelope.to, [user.address.as_str()]);
        let new = code_of(&received.mail.register_link());
        register_with(&passlink, user, &new, "Phone").await;
        mails.until_mails(before + 2).await;
    }
}

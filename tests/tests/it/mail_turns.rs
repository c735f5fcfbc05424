//! Whose mail goes out next: nobody's trouble holds up another's mail.

use std::time::Duration;

use passlink_tests::{Api, Caller, MailServer, Passlink, Tls, until};
use serde_json::json;

/// Longer than the longest waits between tries, all together.
const PATIENCE: Duration = Duration::from_secs(300);
/// What is logged when the mail server can't be used, and when it can again.
const DOWN: &str = "the mail server takes no mail";
const BACK: &str = "the mail server takes mail again";

/// Moves users to an organisation and a domain.
fn moved(passlink: &Passlink, users: &[Caller], organisation: &str, domain: &str) {
    for user in users {
        let address = format!("{}@{domain}", user.id);
        let update = "UPDATE users SET organisation = ?, email = ?, email_key = ? WHERE id = ?";
        passlink.sql(update, &[organisation, &address, &address, &user.id]);
    }
}

async fn send_to(passlink: &Passlink, users: &[Caller]) {
    for user in users {
        passlink.send_link(&user.token).await.sequence();
    }
}

/// How many mails the server took before the one to this address.
fn before(mails: &MailServer, address: &str) -> usize {
    let received = mails.mails();
    let place = received.iter().position(|it| it.envelope.to == [address]);
    place.unwrap_or_else(|| panic!("{address} got no mail"))
}

/// Sends many mails to a domain for which the mail server hangs, and then one to another.
async fn hanging_at(stage: &str) {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": stage, "recipient": "@hangs.example", "delay": 3600 }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(12);
    moved(&passlink, &crowd[..10], "default", "hangs.example");
    send_to(&passlink, &crowd[..10]).await;
    mails.until_in_hand().await;
    send_to(&passlink, &crowd[10..]).await;
    mails.until_mails(2).await;
    let most = mails.mails().iter().map(|it| it.envelope.connections_at_once).max();
    assert!(most <= Some(4), "{most:?} connections where 4 may be");
}

#[tokio::test]
async fn a_mail_server_that_hangs_for_one_domain_after_the_message_holds_up_no_other() {
    hanging_at("data").await;
}

#[tokio::test]
async fn a_mail_server_that_hangs_for_one_domain_at_the_recipient_holds_up_no_other() {
    hanging_at("rcpt").await;
}

#[tokio::test]
async fn a_mail_server_that_hangs_for_many_domains_holds_up_no_other() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": "data", "recipient": "@hangs", "delay": 3600 }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(14);
    let (hanging, others) = crowd.split_at(12);
    for (number, user) in hanging.iter().enumerate() {
        let (organisation, domain) =
            (format!("organisation-{}", number % 6), format!("hangs{number}.example"));
        moved(&passlink, std::slice::from_ref(user), &organisation, &domain);
    }
    send_to(&passlink, &others[..1]).await;
    mails.until_mails(1).await;
    send_to(&passlink, hanging).await;
    // To a domain that is known to be served.
    send_to(&passlink, &others[1..]).await;
    let received = mails.until_mails(2).await;
    let most = received.iter().map(|it| it.envelope.connections_at_once).max();
    assert!(most <= Some(4), "{most:?} connections where 4 may be");
}

#[tokio::test]
async fn a_flood_of_one_organisation_goes_on_beside_anothers_mail() {
    let mut mails = MailServer::shut(Tls::None);
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(61);
    let (flood, small) = crowd.split_at(60);
    moved(&passlink, flood, "flood", "example.net");
    send_to(&passlink, &crowd).await;
    mails.open();
    mails.until_mails_within(PATIENCE, 61).await;
    let place = before(&mails, &small[0].address);
    assert!(place < 20, "{place} mails went out before it");
}

#[tokio::test]
async fn a_domain_that_refuses_for_now_holds_up_no_other() {
    let mails = MailServer::plain();
    mails.rules(&json!([
        { "stage": "rcpt", "recipient": "@later.example", "answer": "451 4.3.0 Later" },
        { "stage": "rcpt", "recipient": "@slow.example", "answer": "450 4.7.1 Too many mails" },
        { "stage": "rcpt", "recipient": "@closes.example", "answer": "421 4.7.0 Slow down" },
    ]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(31);
    for (users, domain) in crowd.chunks(10).zip(["later.example", "slow.example", "closes.example"])
    {
        moved(&passlink, users, "default", domain);
    }
    send_to(&passlink, &crowd).await;
    mails.until_mails(1).await;
    assert!(!passlink.log().contains(DOWN), "the mail server works");
}

#[tokio::test]
async fn a_domain_that_asks_to_slow_down_gets_its_mail_later() {
    let mails = MailServer::plain();
    let answer = "450 4.7.1 Too many mails from you";
    mails
        .rules(&json!([{ "stage": "rcpt", "recipient": "0[1-5]@", "answer": answer, "times": 1 }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    send_to(&passlink, &passlink.crowd(5)).await;
    mails.until_mails_within(PATIENCE, 5).await;
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_told_once_and_all_mails_go_out_when_it_is_back() {
    let mut mails = MailServer::shut(Tls::None);
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(40);
    send_to(&passlink, &crowd).await;
    let listed = until("some probes", async || {
        let tries = passlink.sql("SELECT sum(tries) FROM outbox", &[])[0][0].clone();
        let listed = passlink.cli(&["outbox", "list"]).lines();
        let told = listed.iter().any(|mail| mail["lastAnswer"].is_string());
        (told && tries.as_i64() > Some(4)).then_some(listed)
    })
    .await;
    assert_eq!(listed.len(), 40);
    let log = passlink.log();
    assert_eq!(log.matches(DOWN).count(), 1, "{log}");
    assert!(!log.contains("mail to be tried again"), "{log}");
    mails.open();
    mails.until_mails_within(PATIENCE, 40).await;
    until("the log to say so", async || passlink.log().contains(BACK).then_some(())).await;
    assert_eq!(passlink.log().matches(BACK).count(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_the_sender_ends_no_mail() {
    let mails = MailServer::plain();
    let answer = "550 5.7.1 This account is suspended";
    mails.rules(&json!([{ "stage": "mail", "recipient": "", "answer": answer }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(10);
    send_to(&passlink, &crowd).await;
    until("the log to say so", async || passlink.log().contains(DOWN).then_some(())).await;
    assert!(passlink.log().contains("suspended"), "{}", passlink.log());
    assert!(passlink.cli(&["outbox", "list", "--failed"]).lines().is_empty());
    mails.rules(&json!([]));
    mails.until_mails_within(PATIENCE, 10).await;
}

#[tokio::test]
async fn who_was_served_before_a_restart_is_served_after_it_whoever_hangs() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": "data", "recipient": "@hangs", "delay": 3600 }]));
    let mut passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let crowd = passlink.crowd(7);
    let (hanging, other) = crowd.split_at(6);
    for (number, user) in hanging.iter().enumerate() {
        let domain = format!("hangs{number}.example");
        moved(&passlink, std::slice::from_ref(user), &domain, &domain);
    }
    send_to(&passlink, other).await;
    mails.until_mails(1).await;
    until("the record", async || passlink.log().contains("mail sent").then_some(())).await;
    passlink.kill();
    passlink.start().await;
    send_to(&passlink, hanging).await;
    mails.until_in_hand().await;
    send_to(&passlink, other).await;
    mails.until_mails(2).await;
}

#[tokio::test]
async fn after_an_outage_who_has_just_asked_is_served_first() {
    let mut mails = MailServer::shut(Tls::None);
    let passlink =
        Passlink::with_mail_server(&mails).set("mail.max_connections", "1").started().await;
    let crowd = passlink.crowd(41);
    for (number, user) in crowd.iter().enumerate() {
        let organisation = format!("organisation-{number}");
        moved(&passlink, std::slice::from_ref(user), &organisation, "example.com");
    }
    send_to(&passlink, &crowd[..40]).await;
    let aged = "UPDATE outbox SET queued_at = queued_at - 600000, due_at = due_at - 600000 \
        WHERE leased_until IS NULL";
    passlink.sql(aged, &[]);
    send_to(&passlink, &crowd[40..]).await;
    // It stays fresh, however long this takes.
    until("the mail to be in nobody's hand", async || {
        let fresh = "UPDATE outbox SET queued_at = queued_at + 600000, due_at = due_at + 600000 \
            WHERE user_id = ? AND leased_until IS NULL RETURNING id";
        (!passlink.sql(fresh, &[&crowd[40].id]).is_empty()).then_some(())
    })
    .await;
    mails.open();
    mails.until_mails_within(PATIENCE, 41).await;
    // One that was in hand may have come before it.
    let place = before(&mails, &crowd[40].address);
    assert!(place < 3, "{place} old mails went out before the fresh one");
}

#[tokio::test]
async fn a_link_goes_out_before_mails_that_tell_of_something() {
    let mut mails = MailServer::shut(Tls::None);
    let passlink =
        Passlink::with_mail_server(&mails).set("mail.max_connections", "1").started().await;
    let crowd = passlink.crowd(30);
    send_to(&passlink, &crowd).await;
    // All but the last tell of passkeys that were removed.
    let news = "UPDATE outbox SET urgency = 1 WHERE user_id <> ? AND leased_until IS NULL";
    passlink.sql(news, &[&crowd[29].id]);
    mails.open();
    mails.until_mails_within(PATIENCE, 30).await;
    let place = before(&mails, &crowd[29].address);
    assert!(place < 3, "{place} mails went out before the link");
}

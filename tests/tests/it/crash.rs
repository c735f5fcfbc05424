//! What is promised is kept over crashes.

use std::time::Duration;

use passlink_tests::{MailServer, Passlink, Tls};
use serde_json::json;

/// A mail that was claimed when its worker died comes back when its lease ends.
const LEASE: Duration = Duration::from_secs(90);

#[tokio::test]
async fn ten_times_in_a_row_a_mail_outlives_a_shut_mail_server_and_a_killed_process() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    for round in 1..=10 {
        let answer = passlink.send_link(&ada.token).await;
        assert_eq!(answer.sequence(), round + 1);
        passlink.kill();
        passlink.start().await;
        mails.open();
        let received = mails.until_mails_within(2 * LEASE, round as usize).await;
        assert_eq!(received.last().unwrap().envelope.to, ["ada@example.com"]);
        mails.close();
    }
    let mut links: Vec<_> =
        mails.mails().iter().map(|received| received.mail.register_link().whole).collect();
    links.sort();
    links.dedup();
    assert_eq!(links.len(), 10, "each mail has its own link");
    assert_eq!(passlink.history(&ada.id), (1..=11).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_answered_before_a_kill_under_load_is_sent() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(40);
    let mut promised = Vec::new();
    for user in &crowd {
        passlink.send_link(&user.token).await.sequence();
        promised.push(user.address.clone());
    }
    passlink.kill();
    mails.open();
    passlink.start().await;
    let received = mails.until_mails_within(2 * LEASE, 40).await;
    let mut reached: Vec<_> = received.iter().map(|it| it.envelope.to[0].clone()).collect();
    reached.sort();
    assert_eq!(reached, promised);
}

#[tokio::test]
async fn a_mail_that_was_in_hand_at_a_kill_comes_again_as_the_same_mail() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "delay": 1.5 }]));
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_in_hand().await;
    passlink.kill();
    passlink.start().await;
    // What the lease is there for, without the wait.
    passlink.sql("UPDATE outbox SET due_at = queued_at WHERE state = 'waiting'", &[]);
    let first = mails.until_mails(1).await.remove(0);
    tokio::time::sleep(Duration::from_secs(4)).await;
    for again in mails.mails() {
        assert_eq!(again.mail.header("Message-ID"), first.mail.header("Message-ID"));
        assert_eq!(again.mail.register_link(), first.mail.register_link());
    }
    assert!(passlink.cli(&["outbox", "list"]).lines().is_empty());
}

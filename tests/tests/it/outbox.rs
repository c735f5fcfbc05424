//! What becomes of mails that aren't taken at once.

use passlink_tests::{Api, MailServer, Passlink, until};
use serde_json::{Value, json};

fn rule(recipient: &str, stage: &str, answer: &str) -> Value {
    json!({ "recipient": recipient, "stage": stage, "answer": answer })
}

fn listed(passlink: &Passlink, more: &[&str]) -> Vec<Value> {
    passlink.cli(&[&["outbox", "list"], more].concat()).lines()
}

async fn failed(passlink: &Passlink) -> Value {
    let what = "a mail that failed";
    let mut mails = until(what, async || {
        let mails = listed(passlink, &["--failed"]);
        (!mails.is_empty()).then_some(mails)
    })
    .await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

#[tokio::test]
async fn a_refused_recipient_is_listed_with_the_servers_answer_and_blocks_nobody() {
    let mails = MailServer::plain();
    mails.rules(&json!([rule("^user-00001@", "rcpt", "550 5.1.1 Nobody of that name lives here")]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(3);
    for user in &crowd {
        passlink.send_link(&user.token).await.sequence();
    }
    let received = mails.until_mails(2).await;
    let mut reached: Vec<_> = received.iter().map(|it| it.envelope.to[0].clone()).collect();
    reached.sort();
    assert_eq!(reached, [crowd[1].address.clone(), crowd[2].address.clone()]);

    let mail = failed(&passlink).await;
    assert_eq!((&mail["user"], &mail["state"]), (&json!(crowd[0].id), &json!("failed")));
    let answer = mail["lastAnswer"].as_str().unwrap();
    assert!(answer.contains("550"), "{answer}");
    assert!(answer.contains("Nobody of that name lives here"), "{answer}");
    assert_eq!(mail["tries"], 1, "a permanent refusal ends it");
}

#[tokio::test]
async fn an_operator_can_have_a_refused_mail_tried_again() {
    let mails = MailServer::plain();
    mails.rules(&json!([rule("ada@", "data", "554 5.7.1 Not on a Sunday")]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let id = failed(&passlink).await["id"].as_str().unwrap().to_owned();
    mails.rules(&json!([]));
    passlink.cli(&["outbox", "retry", &id]).done();
    let received = mails.until_mails(1).await.remove(0);
    let first = mails.refused().remove(0);
    assert_eq!(received.mail.header("Message-ID"), first.mail.header("Message-ID"));
    until("the outbox to be empty", async || listed(&passlink, &[]).is_empty().then_some(())).await;
    let stderr = passlink.cli(&["outbox", "retry", &id]).failed(1);
    assert!(stderr.contains("sent already"), "{stderr}");
}

#[tokio::test]
async fn a_mail_that_is_not_taken_now_is_tried_again_under_the_same_message_id() {
    let mails = MailServer::plain();
    let mut later = rule("ada@", "data", "451 4.3.0 Come back later");
    later["times"] = json!(2);
    mails.rules(&json!([later]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let waiting = until("a mail that waits", async || {
        let mails = listed(&passlink, &[]);
        mails.into_iter().find(|mail| mail["lastAnswer"].is_string())
    })
    .await;
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["lastAnswer"].as_str().unwrap().contains("Come back later"), "{waiting}");

    let received = mails.until_mails(1).await.remove(0);
    let refused = mails.refused();
    assert_eq!(refused.len(), 2);
    for earlier in refused {
        assert_eq!(earlier.mail.header("Message-ID"), received.mail.header("Message-ID"));
        assert_eq!(earlier.mail.register_link(), received.mail.register_link());
    }
    until("the outbox to be empty", async || listed(&passlink, &[]).is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_recipient_who_is_not_taken_now_is_tried_again() {
    let mails = MailServer::plain();
    let mut later = rule("ada@", "rcpt", "450 4.2.1 Greylisted");
    later["times"] = json!(1);
    mails.rules(&json!([later]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_mails(1).await;
}

#[tokio::test]
async fn a_mail_that_can_not_be_made_blocks_no_other() {
    let mut mails = MailServer::shut(passlink_tests::Tls::None);
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(8);
    for user in &crowd {
        passlink.send_link(&user.token).await.sequence();
    }
    for user in &crowd[..6] {
        passlink.sql("UPDATE users SET state = 'nonsense' WHERE id = ?", &[&user.id]);
    }
    mails.open();
    let received = mails.until_mails(2).await;
    let mut reached: Vec<_> = received.iter().map(|it| it.envelope.to[0].clone()).collect();
    reached.sort();
    assert_eq!(reached, [crowd[6].address.clone(), crowd[7].address.clone()]);
}

#[tokio::test]
async fn a_slow_mail_server_delays_each_mail_on_its_own() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(6);
    let other = "UPDATE users SET organisation = 'other', \
        email = id || '@example.org', email_key = id || '@example.org' WHERE id IN (?, ?, ?)";
    passlink.sql(other, &[&crowd[3].id, &crowd[4].id, &crowd[5].id]);
    // Domains of which something is known.
    for (count, user) in [(1, &crowd[0]), (2, &crowd[3])] {
        passlink.send_link(&user.token).await.sequence();
        mails.until_mails(count).await;
    }
    mails.rules(&json!([{ "delay": 10 }]));
    for user in [&crowd[1], &crowd[2], &crowd[4], &crowd[5]] {
        passlink.send_link(&user.token).await.sequence();
    }
    let received = mails.until_mails(6).await;
    let most = received.iter().map(|it| it.envelope.connections_at_once).max();
    assert_eq!(most, Some(4), "several connections at a time");
}

/// Queues a mail while nobody takes it, changes the user, and opens the mail server.
async fn changed_meanwhile(statement: &str, link_state: &str) {
    let mut mails = MailServer::shut(passlink_tests::Tls::None);
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let other = passlink.caller("other@example.com", &[]);
    passlink.send_link(&ada.token).await.sequence();
    passlink.sql(statement, &[&ada.id]);
    mails.open();
    let mail = failed(&passlink).await;
    assert_eq!(mail["user"], ada.id, "{mail}");
    let states = passlink.sql("SELECT state FROM links WHERE user_id = ?", &[&ada.id]);
    assert_eq!(states, [[json!(link_state)]]);
    passlink.send_link(&other.token).await.sequence();
    let received = mails.until_mails(1).await.remove(0);
    assert_eq!(received.envelope.to, [other.address]);
}

#[tokio::test]
async fn a_user_who_was_deactivated_meanwhile_gets_no_mail() {
    changed_meanwhile("UPDATE users SET state = 'deactivated' WHERE id = ?", "revoked").await;
}

#[tokio::test]
async fn an_address_that_was_changed_meanwhile_gets_no_mail_and_neither_does_the_old_one() {
    let statement = "UPDATE users SET email = 'eve@example.com', email_key = 'eve@example.com' \
        WHERE id = ?";
    changed_meanwhile(statement, "revoked").await;
}

#[tokio::test]
async fn a_link_that_was_revoked_meanwhile_is_not_mailed() {
    changed_meanwhile("UPDATE links SET state = 'revoked' WHERE user_id = ?", "revoked").await;
}

#[tokio::test]
async fn a_link_that_expired_meanwhile_is_not_mailed() {
    let statement = "UPDATE links SET expires_at = requested_at + 1 WHERE user_id = ?";
    changed_meanwhile(statement, "expired").await;
}

#[tokio::test]
async fn the_mail_with_a_newer_link_replaces_the_older_ones() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    for count in 1..=3 {
        passlink.send_link(&ada.token).await.sequence();
        mails.until_mails(count).await;
    }
    let select = "SELECT state FROM links ORDER BY requested_at, id";
    until("the older links to be replaced", async || {
        (passlink.sql(select, &[]) == [["replaced"], ["replaced"], ["sent"]]).then_some(())
    })
    .await;
}

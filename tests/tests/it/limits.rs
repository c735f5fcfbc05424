//! How often a user can have a link.

use passlink_tests::{MailServer, Passlink, until};

#[tokio::test]
async fn a_second_link_at_once_is_refused_and_says_when_to_come_back() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((1..=60).contains(&wait), "{wait} s of the default cooldown of 60 s");
    let other = passlink.token(&ada.id, &[]);
    passlink.send_link(&other).await.assert_too_many();
    assert_eq!(passlink.history(&ada.id), [1, 2]);
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_not_refused_again() {
    let passlink = Passlink::with_mail_dir().set("links.cooldown", "1h").started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((1..=3600).contains(&wait), "{wait} s");
    passlink.sql(&format!("UPDATE links SET requested_at = requested_at - {wait}000"), &[]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
}

#[tokio::test]
async fn no_more_than_so_many_links_an_hour() {
    let limits =
        Passlink::with_mail_dir().set("links.cooldown", "0s").set("links.max_per_hour", "3");
    let passlink = limits.started().await;
    let ada = passlink.ada();
    for sequence in 2..=4 {
        assert_eq!(passlink.send_link(&ada.token).await.sequence(), sequence);
    }
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((3500..=3600).contains(&wait), "{wait} s");
    passlink.sql("UPDATE links SET requested_at = requested_at - 3600 * 1000", &[]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 5);
}

#[tokio::test]
async fn limits_hold_for_each_user_alone() {
    let passlink = Passlink::with_mail_dir().started().await;
    for user in passlink.crowd(3) {
        assert_eq!(passlink.send_link(&user.token).await.sequence(), 2);
        passlink.send_link(&user.token).await.assert_too_many();
    }
}

#[tokio::test]
async fn limits_outlive_a_restart() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    passlink.kill();
    passlink.start().await;
    passlink.send_link(&ada.token).await.assert_too_many();
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait_for_longer_than_the_cooldown() {
    let passlink = Passlink::with_mail_dir().set("links.cooldown", "2s").started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    // As the clock had recorded it while it was ahead.
    passlink.sql("UPDATE links SET requested_at = requested_at + 86400000", &[]);
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((1..=2).contains(&wait), "{wait} s");
    until("the cooldown to end", async || {
        let answer = passlink.send_link(&ada.token).await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_gets_so_many_links_an_hour_from_all_nodes_users_and_organisations() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).set("limits.mails_per_mailbox", "3");
    let passlink = passlink.started().await;
    let addresses =
        ["ada@example.com", "ADA+1@example.com", "ada+2@example.com", "Ada+3@example.com"];
    let mut callers = Vec::new();
    for (number, address) in addresses.into_iter().enumerate() {
        let organisation = if number % 2 == 0 { "default" } else { "other" };
        callers.push(passlink.caller(address, &["--org", organisation]));
    }
    for caller in &callers[..3] {
        passlink.send_link(&caller.token).await.sequence();
    }
    let refused = passlink.send_link(&callers[3].token).await;
    let wait = refused.assert_too_many();
    assert!((3500..=3600).contains(&wait), "{refused:?}");
    let link = passlink.cli(&["link", "create", "--user", &callers[3].id, "--send"]);
    assert!(link.failed(1).contains("too many links"));
    passlink.cli(&["link", "create", "--user", &callers[3].id]).done();
    mails.until_mails(3).await;

    // As if somebody had set the clock back.
    let day = 24 * 3600 * 1000_i64;
    let times = passlink.sql("SELECT mailed_at FROM mailboxes", &[]).remove(0).remove(0);
    let times = times.as_str().unwrap();
    let ahead: String = (0..3)
        .map(|n| (times[13 * n..13 * (n + 1)].parse::<i64>().unwrap() + day).to_string())
        .collect();
    passlink.sql("UPDATE mailboxes SET mailed_at = ?", &[&ahead]);
    let refused = passlink.send_link(&callers[3].token).await;
    assert!((3500..=3600).contains(&refused.assert_too_many()), "{refused:?}");
    let now = passlink.sql("SELECT mailed_at FROM mailboxes", &[]).remove(0).remove(0);
    assert!(now.as_str().unwrap() < ahead.as_str(), "it counts from now on");

    // It counts for all who have the mailbox, and is forgotten when it no longer counts.
    passlink.cli(&["user", "remove", &callers[0].id]).done();
    passlink.send_link(&callers[3].token).await.assert_too_many();
    let earlier: String = (0..3)
        .map(|n| (times[13 * n..13 * (n + 1)].parse::<i64>().unwrap() - day).to_string())
        .collect();
    passlink.sql("UPDATE mailboxes SET mailed_at = ?", &[&earlier]);
    until("it to be forgotten", async || {
        (passlink.sql("SELECT count(*) FROM mailboxes", &[])[0][0] == 0).then_some(())
    })
    .await;
}

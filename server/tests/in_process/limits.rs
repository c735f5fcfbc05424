//! How often a user can have a link.

use std::time::Duration;

use passlink_application::{links::ExpireLinks, users::ManageUsers};
use passlink_tests::Api;

use crate::installation::Installation;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_second_link_within_a_minute_is_refused_and_says_when_to_come_back() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    assert_eq!(passlink.send_link(&ada.token).await.assert_too_many(), 60);
    passlink.pass(13 * SECOND);
    let other = passlink.token(&ada.id, None).await;
    assert_eq!(passlink.send_link(&other).await.assert_too_many(), 47);
    assert_eq!(passlink.history(&ada.id), [1, 2]);
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_not_refused_again() {
    let passlink = Installation::with(&[("links.cooldown", "1h")]).await;
    let ada = passlink.ada().await;
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    passlink.pass(Duration::from_millis(1));
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert_eq!(wait, 3600);
    passlink.pass(Duration::from_secs(wait));
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
}

#[tokio::test]
async fn no_more_than_so_many_links_an_hour() {
    let passlink =
        Installation::with(&[("links.cooldown", "0s"), ("links.max_per_hour", "3")]).await;
    let ada = passlink.ada().await;
    for sequence in 2..=4 {
        assert_eq!(passlink.send_link(&ada.token).await.sequence(), sequence);
        passlink.pass(600 * SECOND);
    }
    assert_eq!(passlink.send_link(&ada.token).await.assert_too_many(), 1800);
    passlink.pass(1799 * SECOND);
    assert_eq!(passlink.send_link(&ada.token).await.assert_too_many(), 1);
    passlink.pass(SECOND);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 5);
    assert_eq!(passlink.send_link(&ada.token).await.assert_too_many(), 600);
}

#[tokio::test]
async fn limits_hold_for_each_user_alone() {
    let passlink = Installation::new().await;
    for name in ["ada", "bob", "eve"] {
        let user = passlink.user(&format!("{name}@example.com"), |_| ()).await;
        assert_eq!(passlink.send_link(&user.token).await.sequence(), 2);
        passlink.send_link(&user.token).await.assert_too_many();
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait_for_longer_than_the_cooldown() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    passlink.send_link(&ada.token).await.sequence();
    passlink.set_back(24 * HOUR);
    assert_eq!(passlink.send_link(&ada.token).await.assert_too_many(), 60);
    passlink.pass(60 * SECOND);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
}

#[tokio::test]
async fn a_mailbox_gets_so_many_links_an_hour_of_all_users_and_organisations() {
    let passlink = Installation::with(&[("limits.mails_per_mailbox", "3")]).await;
    let addresses =
        ["ada@example.com", "ADA+1@example.com", "ada+2@example.com", "Ada+3@example.com"];
    let mut callers = Vec::new();
    for (address, organisation) in addresses.iter().zip(["default", "other"].iter().cycle()) {
        let organisation = organisation.parse().unwrap();
        callers.push(passlink.user(address, |user| user.organisation = organisation).await);
    }
    let [others @ .., last] = &callers[..] else { unreachable!() };
    for caller in others {
        passlink.send_link(&caller.token).await.sequence();
    }
    assert_eq!(passlink.send_link(&last.token).await.assert_too_many(), 3600);
    // A link that is returned is no mail.
    let path = format!("/v2/users/{}/passkeys/registration_link", last.id);
    passlink
        .post(Some(&last.token), &path, &serde_json::json!({ "returnCode": {} }))
        .await
        .sequence();
    passlink.deliver().await;
    assert_eq!(passlink.mails(), 3);

    // It counts from when the clock was set back, and for all who have the mailbox.
    passlink.set_back(24 * HOUR);
    assert_eq!(passlink.send_link(&last.token).await.assert_too_many(), 3600);
    ManageUsers(passlink.ports()).remove(others[0].id.parse().unwrap()).await.unwrap();
    assert_eq!(passlink.send_link(&last.token).await.assert_too_many(), 3600);

    // It is forgotten when it no longer counts.
    passlink.pass(HOUR + SECOND);
    ExpireLinks(passlink.ports()).run().await.unwrap();
    assert_eq!(passlink.count("mailboxes"), 0);
}

#[tokio::test]
async fn an_organisation_gets_so_many_links_an_hour_of_all_its_users() {
    let passlink = Installation::with(&[("limits.mails_per_hour", "3")]).await;
    let mut callers = Vec::new();
    for number in 0..5 {
        callers.push(passlink.user(&format!("user{number}@example.com"), |_| ()).await);
    }
    let organisation = "other".parse().unwrap();
    let other = passlink.user("ada@example.org", |user| user.organisation = organisation).await;
    let [first, second, third, fourth, last] = &callers[..] else { unreachable!() };
    for caller in [first, second, third] {
        passlink.send_link(&caller.token).await.sequence();
        passlink.pass(600 * SECOND);
    }
    // The first was mailed 22.421 seconds into a minute.
    let wait = passlink.send_link(&last.token).await.assert_too_many();
    assert_eq!(wait, 61 * 60 - 1800 - 22);
    assert_eq!(passlink.history(&last.id), [1]);
    // What another limit refuses does not count, and a link that is returned is no mail.
    passlink.send_link(&other.token).await.sequence();
    passlink.send_link(&other.token).await.assert_too_many();
    let path = format!("/v2/users/{}/passkeys/registration_link", last.id);
    let returned = serde_json::json!({ "returnCode": {} });
    passlink.post(Some(&last.token), &path, &returned).await.sequence();
    passlink.deliver().await;
    assert_eq!(passlink.mails(), 4);

    passlink.pass(Duration::from_secs(wait - 1));
    assert_eq!(passlink.send_link(&last.token).await.assert_too_many(), 1);
    passlink.pass(SECOND);
    assert_eq!(passlink.send_link(&last.token).await.sequence(), 3);
    assert_eq!(passlink.send_link(&fourth.token).await.assert_too_many(), 600);

    // It counts from when the clock was set back.
    passlink.set_back(24 * HOUR);
    let wait = passlink.send_link(&fourth.token).await.assert_too_many();
    assert!(wait > 3600 && wait <= 3660, "{wait}");
    passlink.pass(Duration::from_secs(wait));
    assert_eq!(passlink.send_link(&fourth.token).await.sequence(), 2);

    // It is forgotten when it no longer counts; what the other one got was counted a day ahead.
    for (time, kept) in [(HOUR + 60 * SECOND, 1), (24 * HOUR, 0)] {
        passlink.pass(time);
        ExpireLinks(passlink.ports()).run().await.unwrap();
        assert_eq!(passlink.count("organisation_mails"), kept);
    }
}

#[tokio::test]
async fn no_limit_of_organisations_is_set_by_itself() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    passlink.send_link(&ada.token).await.sequence();
    assert_eq!(passlink.count("organisation_mails"), 0);
}

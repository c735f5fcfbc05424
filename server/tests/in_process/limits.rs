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

//! How often a user can have a link.

use std::time::Duration;

use passlink_tests::Passlink;

#[tokio::test]
async fn a_second_link_at_once_is_refused_and_says_when_to_come_back() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((30..=60).contains(&wait), "{wait} s of the default cooldown of 60 s");
    let other = passlink.token(&ada.id, &[]);
    passlink.send_link(&other).await.assert_too_many();
    assert_eq!(passlink.history(&ada.id), [1, 2]);
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_not_refused_again() {
    let passlink = Passlink::with_mail_dir().set("links.cooldown", "3s").started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    let wait = passlink.send_link(&ada.token).await.assert_too_many();
    assert!((1..=3).contains(&wait), "{wait} s");
    tokio::time::sleep(Duration::from_secs(wait)).await;
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

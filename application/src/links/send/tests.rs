use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use passlink_domain::{EventKind, LinkPolicy, LinkState, NotReachable, Purpose, UserState};

use super::*;
use crate::{
    callers::Acting,
    fakes::{World, presented},
    links::{ResendError, ResendLink},
};

#[tokio::test]
async fn a_link_its_mail_and_the_change_are_recorded_together() {
    let world = World::new();
    let caller = world.user("ada").await;
    let (_, details) = world.send_link().send(None, caller).await.unwrap();
    let state = world.state();
    assert_eq!(details.sequence.get(), 2);
    assert_eq!(details.created, Some(details.changed));
    assert_eq!(state.links.len(), 1);
    assert_eq!(state.links[0].state, LinkState::Requested);
    assert_eq!(state.mails[0].about, MailSubject::Link(state.links[0].id.clone()));
    assert_eq!(state.users["ada"].sequence.get(), 2);
    assert_eq!(state.events[1].kind, EventKind::LinkRequested(state.links[0].id.clone()));
    assert_eq!(world.woken.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_second_link_waits_for_the_cooldown_and_leaves_no_trace_before() {
    let world = World::new();
    let caller = world.user("ada").await;
    let send = world.send_link();
    send.send(None, caller.clone()).await.unwrap();
    world.pass(20);
    let refused = send.send(None, caller.clone()).await.unwrap_err();
    let UserLinkError::TooMany(limit) = refused else { panic!("{refused}") };
    assert_eq!(limit.retry_after, Duration::from_secs(40));
    assert_eq!(world.state().links.len(), 1);
    assert_eq!(world.state().events.len(), 2);
    world.pass(40);
    assert_eq!(send.send(None, caller).await.unwrap().1.sequence.get(), 3);
}

#[tokio::test]
async fn the_sixth_link_of_an_hour_waits_until_the_first_is_an_hour_old() {
    let world = World::new();
    let caller = world.user("ada").await;
    let send = world.send_link();
    for _ in 0..5 {
        send.send(None, caller.clone()).await.unwrap();
        world.pass(100);
    }
    let refused = send.send(None, caller).await.unwrap_err();
    let UserLinkError::TooMany(limit) = refused else { panic!("{refused}") };
    assert_eq!(limit.retry_after, Duration::from_secs(3100));
}

#[tokio::test]
async fn who_can_not_be_reached_gets_no_link() {
    let world = World::new();
    let caller = world.user("ada").await;
    for (state, verified, expected) in [
        (UserState::Deactivated, true, NotReachable::NotActive),
        (UserState::Locked, true, NotReachable::NotActive),
        (UserState::Removed, true, NotReachable::Removed),
        (UserState::Active, false, NotReachable::EmailNotVerified),
    ] {
        world.change(|all| {
            let user = all.users.get_mut("ada").unwrap();
            user.state = state;
            user.email.as_mut().unwrap().verified = verified;
        });
        let refused = world.send_link().send(None, caller.clone()).await.unwrap_err();
        assert!(matches!(refused, UserLinkError::NotReachable(why) if why == expected));
    }
    let nobody = World::acting("bob");
    let refused = world.send_link().send(None, nobody).await.unwrap_err();
    assert!(matches!(refused, UserLinkError::UserNotFound));
    assert!(world.state().links.is_empty() && world.state().mails.is_empty());
}

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_from_the_next_link() {
    let world = World::new();
    let caller = world.user("ada").await;
    let send = world.send_link();
    let refused = async || match send.send(None, caller.clone()).await {
        Err(UserLinkError::TooMany(limit)) => limit.retry_after.as_secs() as i64,
        other => panic!("{other:?}"),
    };
    for _ in 0..5 {
        send.send(None, caller.clone()).await.unwrap();
        world.pass(60);
    }
    world.set_clock(-DAY);
    // The hour is full, and counts from now on, once.
    assert_eq!(refused().await, 3600);
    world.pass(60);
    assert_eq!(refused().await, 3540);
    world.pass(3540);
    send.send(None, caller.clone()).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_set_back_starts_the_cooldown_once_more_and_not_again_and_again() {
    let world = World::new();
    let caller = world.user("ada").await;
    let code = world.mailed_link(&caller, Purpose::Register).await;
    world.pass(3600);
    world.send_link().send(None, caller.clone()).await.unwrap();
    world.set_clock(-DAY);
    let resend = ResendLink { codes: world.codes(), send: world.send_link() };
    world.change(|state| state.links[0].state = LinkState::Expired);
    let again = || presented(code.id.clone(), &code.code);
    let refused = resend.by_code(again()).await;
    let Err(ResendError::TooMany(limit)) = refused else { panic!("{refused:?}") };
    assert_eq!(limit.retry_after.as_secs(), 60);
    world.pass(60);
    resend.by_code(again()).await.unwrap();
}

#[tokio::test]
async fn a_newer_link_replaces_one_that_a_clock_which_was_ahead_recorded() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller.clone()).await.unwrap();
    world.set_clock(-30);
    let desk = LinkIssuer {
        policy: LinkPolicy { cooldown: Duration::ZERO, ..World::policy() },
        ..world.issuer()
    };
    SendLink { issuer: desk, wake: world.clone() }.send(None, caller).await.unwrap();
    let [older, newer] = &world.state().links[..] else { panic!() };
    assert!(older.requested < newer.requested);
}

/// Users whose mails go to one mailbox.
async fn of_one_mailbox(world: &Arc<World>, count: usize) -> Vec<Acting> {
    let mut callers = Vec::new();
    for number in 0..count {
        let id = format!("user{number}");
        callers.push(world.user(&id).await);
        let address =
            format!("{}+{number}@example.com", if number % 2 == 0 { "Ada" } else { "ada" });
        world.change_user(&id, |user| {
            user.email.as_mut().unwrap().address = address.parse().unwrap()
        });
    }
    callers
}

#[tokio::test]
async fn a_mailbox_gets_so_many_links_an_hour_whosever_they_are() {
    let world = World::new();
    let callers = of_one_mailbox(&world, 12).await;
    let send = world.send_link();
    for caller in &callers[..10] {
        send.send(None, caller.clone()).await.unwrap();
        world.pass(1);
    }
    let before = world.state();
    let wait = async |caller: &Acting| match send.send(None, caller.clone()).await {
        Err(UserLinkError::TooMany(limit)) => limit.retry_after.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(&callers[10]).await, 3590);
    assert_eq!((world.state().links, world.state().mails), (before.links, before.mails));
    send.send(None, world.user("bob").await).await.unwrap();
    world.pass(3590);
    send.send(None, callers[10].clone()).await.unwrap();
    assert_eq!(wait(&callers[11]).await, 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_closes_no_mailbox() {
    let world = World::new();
    let callers = of_one_mailbox(&world, 11).await;
    let send = world.send_link();
    for caller in &callers[..10] {
        send.send(None, caller.clone()).await.unwrap();
    }
    world.set_clock(-DAY);
    for (passed, left) in [(0, 3600), (600, 3000)] {
        world.pass(passed);
        let refused = send.send(None, callers[10].clone()).await;
        let Err(UserLinkError::TooMany(limit)) = refused else { panic!("{refused:?}") };
        assert_eq!(limit.retry_after, Duration::from_secs(left));
    }
    world.pass(3000);
    send.send(None, callers[10].clone()).await.unwrap();
}

/// Sends of this many links in an hour, for all users of an organisation.
fn send_limited(world: &Arc<World>, most: u32) -> SendLink {
    let policy = LinkPolicy { max_per_organisation: Some(most), ..World::policy() };
    SendLink { issuer: LinkIssuer { policy, ..world.issuer() }, wake: world.clone() }
}

async fn users(world: &Arc<World>, count: usize) -> Vec<Acting> {
    let mut callers = Vec::new();
    for number in 0..count {
        callers.push(world.user(&format!("user{number}")).await);
    }
    callers
}

async fn wait(send: &SendLink, caller: &Acting) -> u64 {
    match send.send(None, caller.clone()).await {
        Err(UserLinkError::TooMany(limit)) => limit.retry_after.as_secs(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_organisation_gets_so_many_links_an_hour_whosever_they_are() {
    let world = World::new();
    let callers = users(&world, 6).await;
    let send = send_limited(&world, 3);
    // The clock begins 20 seconds into a minute.
    for caller in &callers[..3] {
        send.send(None, caller.clone()).await.unwrap();
        world.pass(60);
    }
    let before = world.state();
    assert_eq!(wait(&send, &callers[3]).await, 61 * 60 - 180 - 20);
    let after = world.state();
    assert_eq!((after.links, after.mails), (before.links, before.mails));
    assert_eq!((after.users, after.organisations), (before.users, before.organisations));
    world.change_user("user4", |user| user.organisation = "other".parse().unwrap());
    send.send(None, callers[4].clone()).await.unwrap();
    world.pass(61 * 60 - 180 - 21);
    assert_eq!(wait(&send, &callers[3]).await, 1);
    world.pass(1);
    send.send(None, callers[3].clone()).await.unwrap();
    assert_eq!(wait(&send, &callers[5]).await, 60);
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted_for_organisations() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller).await.unwrap();
    assert!(world.state().organisations.is_empty());
}

#[tokio::test]
async fn a_link_that_another_limit_refuses_does_not_count_for_the_organisation() {
    let world = World::new();
    let callers = users(&world, 2).await;
    let send = send_limited(&world, 2);
    send.send(None, callers[0].clone()).await.unwrap();
    assert_eq!(wait(&send, &callers[0]).await, 60);
    send.send(None, callers[1].clone()).await.unwrap();
    // Nor does a full organisation hide it.
    assert_eq!(wait(&send, &callers[0]).await, 60);
}

#[tokio::test]
async fn a_clock_that_is_set_back_closes_no_organisation() {
    let world = World::new();
    let callers = users(&world, 3).await;
    let send = send_limited(&world, 2);
    for caller in &callers[..2] {
        send.send(None, caller.clone()).await.unwrap();
    }
    world.set_clock(-DAY);
    for (passed, left) in [(0, 3640), (600, 3040)] {
        world.pass(passed);
        assert_eq!(wait(&send, &callers[2]).await, left);
    }
    world.pass(3040);
    send.send(None, callers[2].clone()).await.unwrap();
}

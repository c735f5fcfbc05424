use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use passlink_domain::{EventKind, LinkPolicy, LinkState, NotReachable, Purpose, UserState};

use super::*;
use crate::{
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

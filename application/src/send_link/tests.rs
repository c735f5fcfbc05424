use std::{sync::atomic::Ordering, time::Duration};

use passlink_domain::{EventKind, LinkState, NotReachable, UserState};

use super::*;
use crate::fakes::World;

#[tokio::test]
async fn a_link_its_mail_and_the_change_are_recorded_together() {
    let world = World::new();
    let caller = world.user("ada").await;
    let details = world.send_link().to_caller(caller).await.unwrap();
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
    send.to_caller(caller.clone()).await.unwrap();
    world.pass(20);
    let refused = send.to_caller(caller.clone()).await.unwrap_err();
    let UserLinkError::TooMany(limit) = refused else { panic!("{refused}") };
    assert_eq!(limit.retry_after, Duration::from_secs(40));
    assert_eq!(world.state().links.len(), 1);
    assert_eq!(world.state().events.len(), 2);
    world.pass(40);
    assert_eq!(send.to_caller(caller).await.unwrap().sequence.get(), 3);
}

#[tokio::test]
async fn the_sixth_link_of_an_hour_waits_until_the_first_is_an_hour_old() {
    let world = World::new();
    let caller = world.user("ada").await;
    let send = world.send_link();
    for _ in 0..5 {
        send.to_caller(caller.clone()).await.unwrap();
        world.pass(100);
    }
    let refused = send.to_caller(caller).await.unwrap_err();
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
        let refused = world.send_link().to_caller(caller.clone()).await.unwrap_err();
        assert!(matches!(refused, UserLinkError::NotReachable(why) if why == expected));
    }
    let nobody = Caller { user: "bob".parse().unwrap(), token_name: None };
    let refused = world.send_link().to_caller(nobody).await.unwrap_err();
    assert!(matches!(refused, UserLinkError::UserNotFound));
    assert!(world.state().links.is_empty() && world.state().mails.is_empty());
}

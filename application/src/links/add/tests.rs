use passlink_domain::{LinkPolicy, UserState};

use super::*;
use crate::fakes::World;

#[tokio::test]
async fn a_returned_link_is_recorded_and_no_mail_is_queued() {
    let world = World::new();
    let caller = world.user("ada").await;
    let added = AddLink { issuer: world.issuer(), offered: true }.add(caller).await.unwrap();
    assert_eq!(added.details.sequence.get(), 2);
    assert_eq!(added.lifetime, Duration::from_secs(3600));
    let state = world.state();
    assert!(added.url.expose().contains(state.links[0].id.as_str()));
    assert_eq!(format!("{:?}", added.url), "[redacted]");
    assert!(state.mails.is_empty());
}

#[tokio::test]
async fn a_user_without_a_verified_address_can_have_one_and_an_inactive_one_can_not() {
    let world = World::new();
    let caller = world.user("ada").await;
    let add = AddLink { issuer: world.issuer(), offered: true };
    world.change(|all| all.users.get_mut("ada").unwrap().email = None);
    add.add(caller.clone()).await.unwrap();
    world.change(|all| all.users.get_mut("ada").unwrap().state = UserState::Locked);
    assert!(matches!(add.add(caller).await, Err(UserLinkError::NotReachable(_))));
}

#[tokio::test]
async fn returned_and_mailed_links_count_alike_in_the_hour_and_only_mailed_ones_cool_down() {
    let world = World::new();
    let caller = world.user("ada").await;
    let (add, send) = (AddLink { issuer: world.issuer(), offered: true }, world.send_link());
    add.add(caller.clone()).await.unwrap();
    send.send(None, caller.clone()).await.unwrap();
    for _ in 0..3 {
        add.add(caller.clone()).await.unwrap();
    }
    assert!(matches!(add.add(caller).await, Err(UserLinkError::TooMany(_))));
}

#[tokio::test]
async fn where_links_are_not_returned_nobody_gets_one() {
    let world = World::new();
    let caller = world.user("ada").await;
    let refused = AddLink { issuer: world.issuer(), offered: false }.add(caller).await;
    assert!(matches!(refused, Err(UserLinkError::NotOffered)));
    assert!(world.state().links.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_from_the_next_link() {
    let world = World::new();
    let caller = world.user("ada").await;
    let policy = LinkPolicy { max_per_hour: 100, ..World::policy() };
    let add = AddLink { issuer: LinkIssuer { policy, ..world.issuer() }, offered: true };
    for _ in 0..MAX_RETURNED {
        add.add(caller.clone()).await.unwrap();
    }
    world.set_clock(-24 * 3600);
    for (passed, left) in [(0, 3600), (600, 3000)] {
        world.pass(passed);
        let refused = add.add(caller.clone()).await;
        let Err(UserLinkError::TooMany(limit)) = refused else { panic!("{refused:?}") };
        assert_eq!(limit.retry_after, Duration::from_secs(left));
    }
    world.pass(3000);
    add.add(caller).await.unwrap();
}

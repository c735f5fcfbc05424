use std::sync::Arc;

use passlink_domain::{EventKind, LinkState};

use super::*;
use crate::{
    callers::{ManageTokens, NewToken},
    fakes::World,
};

fn users(world: &Arc<World>) -> ManageUsers {
    ManageUsers(world.ports())
}

fn email(address: &str) -> UserChanges {
    UserChanges { email: Some(address.parse().unwrap()), ..Default::default() }
}

/// A world with Ada, who has a token and a link that waits to be mailed.
async fn with_ada() -> (Arc<World>, UserId) {
    let world = World::new();
    let caller = world.user("ada").await;
    let tokens = ManageTokens(world.ports());
    let new = NewToken::of(caller.user.clone());
    tokens.create(new).await.unwrap();
    world.send_link().send(None, caller.clone()).await.unwrap();
    (world, caller.user)
}

fn kinds(world: &World) -> Vec<(u64, &'static str)> {
    let events = world.state().events;
    events.iter().map(|event| (event.sequence.get(), event.kind.name())).collect()
}

#[tokio::test]
async fn each_change_is_one_entry_of_the_history_and_no_change_is_none() {
    let (world, ada) = with_ada().await;
    let users = users(&world);
    for change in [StateChange::Lock, StateChange::Lock, StateChange::Unlock] {
        users.move_to(ada.clone(), change).await.unwrap();
    }
    for _ in 0..2 {
        let changed = users.update(ada.clone(), email("ada@example.org")).await.unwrap();
        assert_eq!(changed.sequence.get(), 5);
    }
    let expected = [
        (1, "user.added"),
        (2, "link.requested"),
        (3, "user.locked"),
        (4, "user.unlocked"),
        (5, "user.email_changed"),
    ];
    assert_eq!(kinds(&world), expected);
    assert_eq!(world.state().users["ada"].sequence.get(), 5);
}

#[tokio::test]
async fn a_changed_address_ends_the_open_links_and_a_changed_name_does_not() {
    let (world, ada) = with_ada().await;
    let name = UserChanges { username: Some("al".parse().unwrap()), ..Default::default() };
    users(&world).update(ada.clone(), name).await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Requested);
    users(&world).update(ada, email("ada@example.org")).await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Revoked);
    world.deliver(world.claim().await.remove(0)).await;
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_address_of_another_user_is_refused_and_nothing_is_recorded() {
    let (world, ada) = with_ada().await;
    world.user("bob").await;
    let taken = users(&world).update(ada, email("bob@example.com")).await;
    let taken = taken.unwrap_err().to_string();
    assert_eq!(taken, "the address belongs to another user of the organisation, bob");
    assert_eq!(world.state().users["ada"].sequence.get(), 2);
    assert_eq!(world.state().links[0].state, LinkState::Requested);
}

#[tokio::test]
async fn a_username_of_another_user_is_refused_and_nothing_is_recorded() {
    let (world, ada) = with_ada().await;
    world.user("bob").await;
    let rename = async |username: &str| {
        let username = Some(username.parse().unwrap());
        users(&world).update(ada.clone(), UserChanges { username, ..Default::default() }).await
    };
    // Bob's address is Bob's username as well.
    let told = rename("BOB@example.com").await.unwrap_err().to_string();
    assert_eq!(told, "the username belongs to another user of the organisation, bob; give another");
    assert_eq!(world.state().users["ada"].sequence.get(), 2);
    let bob = UserChanges { username: Some("bob".parse().unwrap()), ..Default::default() };
    users(&world).update("bob".parse().unwrap(), bob).await.unwrap();
    assert!(rename("bob@example.com").await.is_ok(), "another's address is no username");
}

#[tokio::test]
async fn who_may_not_act_loses_open_links_and_keeps_tokens() {
    for (change, back) in [
        (StateChange::Lock, StateChange::Unlock),
        (StateChange::Deactivate, StateChange::Reactivate),
    ] {
        let (world, ada) = with_ada().await;
        users(&world).move_to(ada.clone(), change).await.unwrap();
        users(&world).move_to(ada, back).await.unwrap();
        assert_eq!(world.state().links[0].state, LinkState::Revoked, "for good");
        assert!(world.state().tokens[0].0.revoked.is_none(), "suspended");
    }
}

#[tokio::test]
async fn of_a_removed_user_only_the_history_is_left() {
    let (world, ada) = with_ada().await;
    world.user("bob").await;
    let removed = users(&world).remove(ada.clone()).await.unwrap();
    assert_eq!((removed.state, removed.sequence.get()), (UserState::Removed, 3));
    let state = world.state();
    assert!(state.links.is_empty() && state.tokens.is_empty() && state.mails.is_empty());
    assert_eq!(state.users["ada"], removed);
    let mut of_ada = state.events.iter().filter(|event| event.user == ada);
    assert_eq!(of_ada.next_back().unwrap().kind, EventKind::UserRemoved);
    let listed = users(&world).list(None, 9).await.unwrap();
    assert_eq!(listed.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["bob"]);
    let again = users(&world).remove(ada).await;
    assert!(matches!(again, Err(UserError::Refused(ChangeRefused::Removed))));
}

#[tokio::test]
async fn nobody_can_not_be_changed() {
    let nobody: UserId = "nobody".parse().unwrap();
    let users = users(&World::new());
    assert!(matches!(users.remove(nobody.clone()).await, Err(UserError::NotFound)));
    let locked = users.move_to(nobody, StateChange::Lock).await;
    assert!(matches!(locked, Err(UserError::NotFound)));
}

#[tokio::test]
async fn how_much_was_mailed_to_a_mailbox_counts_for_others_who_have_it() {
    let (world, ada) = with_ada().await;
    users(&world).update(ada.clone(), email("ada@example.org")).await.unwrap();
    users(&world).remove(ada).await.unwrap();
    assert_eq!(world.state().mailboxes.len(), 1);
}

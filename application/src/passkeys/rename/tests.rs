use std::sync::Arc;

use super::*;
use crate::fakes::{World, credential};
use passlink_domain::Sequence;

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

async fn with_passkey(world: &Arc<World>, id: &str) -> (Acting, PasskeyId) {
    let acting = world.user(id).await;
    let passkey = Passkey {
        id: format!("passkey-of-{id}").parse().unwrap(),
        user: acting.user.clone(),
        name: text("Phone"),
        rp_id: "example.com".to_owned(),
        credential: credential(id),
        asked: None,
        device: None,
        created: world.ports().clock.now(),
        last_used: None,
        removed: None,
        undo: None,
    };
    world.change(|state| state.passkeys.push(passkey.clone()));
    (acting, passkey.id)
}

fn renames(world: &Arc<World>) -> RenamePasskey {
    RenamePasskey(world.passkeys())
}

#[tokio::test]
async fn a_new_name_is_a_change_in_the_users_history_and_the_same_one_is_none() {
    let world = World::new();
    let (ada, passkey) = with_passkey(&world, "ada").await;
    for _ in 0..2 {
        let named = renames(&world).rename(ada.clone(), passkey.clone(), text("Work phone")).await;
        assert_eq!(named.unwrap().sequence, Sequence::recorded(2));
    }
    assert_eq!(world.state().passkeys[0].name, text("Work phone"));
    let event = world.state().events.pop().unwrap();
    assert_eq!((event.kind, event.actor), (EventKind::PasskeyRenamed(passkey), ada.actor));
}

#[tokio::test]
async fn passkeys_of_others_removed_ones_and_those_of_users_who_are_not_active_keep_their_names() {
    let world = World::new();
    let (ada, passkey) = with_passkey(&world, "ada").await;
    let (bob, _) = with_passkey(&world, "bob").await;
    let refused = renames(&world).rename(bob, passkey.clone(), text("Mine")).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)));
    world.change_user("ada", |user| user.state = passlink_domain::UserState::Locked);
    let refused = renames(&world).rename(ada, passkey.clone(), text("Mine")).await;
    assert!(matches!(refused, Err(PasskeyError::NotReachable(_))));
    let named = renames(&world).rename_for_operator(passkey.clone(), text("Lost phone")).await;
    assert_eq!(named.unwrap().name, text("Lost phone"));
    let at = world.ports().clock.now();
    world.change(|state| state.passkeys[0].removed = Some(at));
    let refused = renames(&world).rename_for_operator(passkey, text("Gone")).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)));
}

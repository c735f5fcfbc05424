use std::sync::Arc;

use passlink_domain::{NotReachable, UserHandle, UserState};

use super::*;
use crate::{
    callers::Asker,
    fakes::{World, credential},
    passkeys::{ImportPasskeys, ImportedPasskey},
};

/// Ada and Bob, each with a passkey, and a removed one of Ada's.
async fn world() -> Arc<World> {
    let world = World::new();
    let mut lines = Vec::new();
    for (line, user, id) in [(1, "ada", "one"), (2, "bob", "two"), (3, "ada", "gone")] {
        if !world.state().users.contains_key(user) {
            world.user(user).await;
        }
        let imported = ImportedPasskey {
            id: Some(id.parse().unwrap()),
            user: user.parse().unwrap(),
            handle: UserHandle::new(user.as_bytes().to_vec()).unwrap(),
            name: None,
            rp_id: None,
            credential: credential(id),
            created: None,
            last_used: None,
        };
        lines.push((line, Ok(imported)));
    }
    ImportPasskeys(world.passkeys()).import(lines, || ()).await.unwrap();
    world.change(|state| state.passkeys[2].removed = Some(state.passkeys[2].created));
    world
}

#[tokio::test]
async fn a_caller_sees_their_own_passkeys_and_where_their_history_stands() {
    let world = world().await;
    let list = ListPasskeys { ports: world.ports(), domain: World::domain() };
    let (passkeys, details) = list.list(Asker::Known(World::acting("ada"))).await.unwrap();
    assert_eq!(passkeys, [world.state().passkeys[0].clone()]);
    assert_eq!((details.sequence.get(), details.created), (3, None));
    assert_eq!(details.changed, world.state().events.last().unwrap().at);
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    let refused = list.list(Asker::Known(World::acting("ada"))).await;
    assert!(matches!(refused, Err(PasskeyError::NotReachable(NotReachable::NotActive))));
    let refused = list.list(Asker::Known(World::acting("eve"))).await;
    assert!(matches!(refused, Err(PasskeyError::UserNotFound)));
}

#[tokio::test]
async fn an_operator_sees_the_passkeys_of_a_user_however_the_user_stands() {
    let world = world().await;
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    let ports = world.ports();
    let passkeys = ListPasskeys::list_for_operator(&ports, "ada".parse().unwrap()).await.unwrap();
    assert_eq!(passkeys, [world.state().passkeys[0].clone()]);
    let refused = ListPasskeys::list_for_operator(&ports, "eve".parse().unwrap()).await;
    assert!(matches!(refused, Err(PasskeyError::UserNotFound)));
}

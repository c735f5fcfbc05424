use passlink_domain::Purpose;

use super::*;
use crate::ports::{Clock, RetiredKey};
use crate::{
    codes::CodeError,
    fakes::World,
    links::{AddLink, UserLinkError},
    passkeys::{CeremonyKey, NewPasskey, PasskeyError, RegisterPasskey, RegistrationAnswer},
};

fn retire(world: &World) {
    let retired = RetiredKey { key: World::keys().newest().id().clone(), at: world.now() };
    world.change(|state| state.retired.push(retired));
}

#[tokio::test]
async fn nothing_is_made_with_a_key_that_was_retired() {
    let world = World::new();
    let ada = world.user("ada").await;
    retire(&world);
    let before = world.state();
    let sent = world.send_link().send(None, ada.clone()).await;
    assert!(matches!(sent, Err(UserLinkError::Store(StoreError::KeyRetired(_)))), "{sent:?}");
    let added = AddLink { issuer: world.issuer(), offered: true }.add(ada.clone()).await;
    assert!(matches!(added, Err(UserLinkError::Store(StoreError::KeyRetired(_)))), "{added:?}");
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    let begun = register.begin(World::acting("ada"), new).await;
    assert!(matches!(begun, Err(PasskeyError::Store(StoreError::KeyRetired(_)))), "{begun:?}");
    let after = world.state();
    assert_eq!((after.links.len(), after.events.len()), (before.links.len(), before.events.len()));
    assert!(after.ceremonies.is_empty());
}

#[tokio::test]
async fn what_was_made_with_it_opens_nothing_whoever_made_it_when() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Register).await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    register.begin(World::acting("ada"), new.clone()).await.unwrap();
    let credential = world.answer("one");
    retire(&world);
    let refused = world.codes().link(&code, Purpose::Register).await;
    assert!(matches!(refused, Err(CodeError::Invalid)), "{refused:?}");
    let refused = register.begin_with_code("ada".parse().unwrap(), new, code).await;
    assert!(matches!(refused, Err(PasskeyError::Code(CodeError::Invalid))), "{refused:?}");
    let answer = RegistrationAnswer { credential, name: String::new(), user_agent: None };
    let refused =
        register.finish(CeremonyKey::Challenge { acting: World::acting("ada") }, answer).await;
    assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
    assert!(world.state().passkeys.is_empty());
}

#[tokio::test]
async fn retiring_a_key_ends_its_ceremonies_and_is_remembered() {
    let world = World::new();
    world.user("ada").await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    register.begin(World::acting("ada"), new).await.unwrap();
    let key = World::keys().newest().id().clone();
    let retire = RetireKey(world.ports());
    let ended = retire.retire(key.clone(), "k2".parse().unwrap()).await.unwrap();
    assert_eq!(ended.ceremonies, 1);
    assert!(world.state().ceremonies.is_empty());
    assert_eq!(world.state().retired, [RetiredKey { key, at: world.now() }]);
}

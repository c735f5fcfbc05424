use std::sync::Arc;

use passlink_domain::{Text, UNDO_FOR, UserState};

use super::*;
use crate::{
    callers::{Acting, ManageTokens, NewToken},
    fakes::{World, presented},
    passkeys::{CeremonyKey, NewPasskey, RegisterPasskey, RegistrationAnswer, RemovePasskey},
};

/// Ada's passkey, registered with a link of the caller's.
async fn registered(world: &Arc<World>, ada: &Acting) -> passlink_domain::Passkey {
    let code = world.returned_link(ada).await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    let begun = register.begin_with_code("ada".parse().unwrap(), new, code).await.unwrap();
    let credential = world.answer(begun.passkey.as_str());
    let answer = RegistrationAnswer { credential, name: "Phone".into(), user_agent: None };
    let key = CeremonyKey::Passkey { user: ada.user.clone(), id: begun.passkey, acting: None };
    register.finish(key, answer).await.unwrap();
    world.state().passkeys.pop().unwrap()
}

fn code(passkey: &passlink_domain::Passkey) -> PresentedCode<PasskeyId> {
    let (key, binding) = passkey.undo_binding().unwrap();
    presented(passkey.id.clone(), World::keys().derive(key, &binding).unwrap().expose())
}

#[tokio::test]
async fn a_page_learns_what_it_can_undo_and_changes_nothing() {
    let world = World::new();
    let ada = world.user("ada").await;
    let passkey = registered(&world, &ada).await;
    let inspect = InspectUndo(world.codes());
    let before = world.state();
    let view = inspect.by_code(code(&passkey)).await.unwrap();
    let expected = UndoView {
        state: UndoState::Open,
        passkey: Text::parse("Phone").unwrap(),
        display_name: "Ada Example".into(),
        masked_email: "a•••@example.com".into(),
        language: "en".parse().ok(),
        created: passkey.created,
        expires: passkey.undo.as_ref().unwrap().until,
        can_revoke_token: false,
    };
    assert_eq!(view, expected);
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    assert_eq!(inspect.by_code(code(&passkey)).await.unwrap(), expected);
    assert_eq!(world.state().passkeys, before.passkeys);
    world.pass(UNDO_FOR.as_secs() as i64);
    assert_eq!(inspect.by_code(code(&passkey)).await.unwrap().state, UndoState::Expired);
    world.pass(-1);
    let remove = RemovePasskey(world.passkeys());
    remove.undo(&world.codes(), code(&passkey), false).await.unwrap();
    assert_eq!(inspect.by_code(code(&passkey)).await.unwrap().state, UndoState::Done);
    let wrong = inspect.by_code(presented(passkey.id, "wrong")).await;
    assert!(matches!(wrong, Err(CodeError::Invalid)), "{wrong:?}");
}

#[tokio::test]
async fn a_token_can_be_revoked_as_long_as_it_holds() {
    let world = World::new();
    let ada = world.user("ada").await.user;
    let tokens = ManageTokens(world.ports());
    let new = NewToken::of(ada);
    let (token, bearer) = tokens.create(new).await.unwrap();
    let caller = world.acting_by(&bearer).await.unwrap();
    let passkey = registered(&world, &caller).await;
    let inspect = InspectUndo(world.codes());
    assert!(inspect.by_code(code(&passkey)).await.unwrap().can_revoke_token);
    tokens.revoke(token.id).await.unwrap();
    assert!(!inspect.by_code(code(&passkey)).await.unwrap().can_revoke_token);
}

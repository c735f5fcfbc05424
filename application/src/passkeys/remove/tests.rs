use std::sync::Arc;

use passlink_domain::{EventKind, LinkId, NotReachable, Purpose, UNDO_FOR, UserState};

use super::*;
use crate::{
    callers::{Acting, ManageTokens, NewToken},
    fakes::{State, World, presented},
    passkeys::{CeremonyKey, NewPasskey, RegisterPasskey, RegistrationAnswer},
    ports::MailSubject,
};

fn remove(world: &Arc<World>) -> RemovePasskey {
    RemovePasskey(world.passkeys())
}

/// A passkey of Ada's.
async fn passkey(world: &Arc<World>) -> Passkey {
    world.user("ada").await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    register.begin(World::acting("ada"), new).await.unwrap();
    let credential = world.answer("one");
    let answer = RegistrationAnswer { credential, name: String::new(), user_agent: None };
    register.finish(CeremonyKey::Challenge { acting: World::acting("ada") }, answer).await.unwrap();
    world.state().passkeys.remove(0)
}

/// The code that undoes its registration.
fn undo_code(passkey: &Passkey) -> PresentedCode<PasskeyId> {
    let (key, binding) = passkey.undo_binding().unwrap();
    presented(passkey.id.clone(), World::keys().derive(key, &binding).unwrap().expose())
}

fn is_removed(world: &World) -> bool {
    world.state().passkeys[0].removed.is_some()
}

#[tokio::test]
async fn a_passkey_is_removed_once_with_a_change_and_a_mail() {
    let world = World::new();
    let passkey = passkey(&world).await;
    world.pass(5);
    let details = remove(&world).remove(World::acting("ada"), passkey.id.clone()).await.unwrap();
    assert_eq!((details.sequence.get(), details.created), (3, None));
    let state = world.state();
    assert_eq!(state.passkeys[0].removed, Some(details.changed));
    assert_eq!(state.events[2].kind, EventKind::PasskeyRemoved(passkey.id.clone()));
    assert_eq!(state.mails[1].about, MailSubject::PasskeyRemoved(passkey.id.clone()));
    let again = remove(&world).remove(World::acting("ada"), passkey.id.clone()).await;
    assert!(matches!(again, Err(PasskeyError::NotFound)));
    assert!(matches!(
        remove(&world).remove_for_operator(passkey.id).await,
        Err(PasskeyError::NotFound)
    ));
    assert_eq!((world.state().events.len(), world.state().mails.len()), (3, 2));
}

#[tokio::test]
async fn nobody_removes_anothers() {
    let world = World::new();
    let passkey = passkey(&world).await;
    world.user("bob").await;
    let refused = remove(&world).remove(World::acting("bob"), passkey.id).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)));
    assert!(!is_removed(&world));
}

#[tokio::test]
async fn a_locked_user_removes_nothing_and_an_operator_does_all_the_same() {
    let world = World::new();
    let passkey = passkey(&world).await;
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    let refused = remove(&world).remove(World::acting("ada"), passkey.id.clone()).await;
    assert!(matches!(refused, Err(PasskeyError::NotReachable(NotReachable::NotActive))));
    let removed = remove(&world).remove_for_operator(passkey.id).await.unwrap();
    assert_eq!(world.state().passkeys, [removed]);
    assert!(is_removed(&world));
    assert_eq!(world.state().users["ada"].sequence.get(), 3);
}

#[tokio::test]
async fn the_code_of_the_mail_undoes_the_registration_however_often_it_is_used() {
    let world = World::new();
    let passkey = passkey(&world).await;
    let codes = world.codes();
    remove(&world).undo(&codes, undo_code(&passkey), false).await.unwrap();
    assert!(is_removed(&world));
    remove(&world).undo(&codes, undo_code(&passkey), false).await.unwrap();
    assert_eq!((world.state().events.len(), world.state().mails.len()), (3, 2));
    let wrong = presented(passkey.id.clone(), "wrong");
    let refused = remove(&world).undo(&codes, wrong, false).await;
    assert!(matches!(refused, Err(PasskeyError::Code(CodeError::Invalid))), "{refused:?}");
}

#[tokio::test]
async fn a_registration_is_undone_for_a_user_who_may_not_act_as_well() {
    for state in [UserState::Locked, UserState::Deactivated] {
        let world = World::new();
        let passkey = passkey(&world).await;
        world.change_user("ada", |ada| ada.state = state);
        remove(&world).undo(&world.codes(), undo_code(&passkey), false).await.unwrap();
        assert!(is_removed(&world), "{state:?}");
        assert_eq!(world.state().mails[1].about, MailSubject::PasskeyRemoved(passkey.id));
    }
}

#[tokio::test]
async fn a_registration_can_be_undone_for_seven_days_and_by_no_other_code() {
    let world = World::new();
    let passkey = passkey(&world).await;
    let codes = world.codes();
    // The register code of a link that has the passkey's id.
    let ada = World::acting("ada");
    let link = world.mailed_link(&ada, Purpose::Register).await.id;
    world.change(|state| state.links[0].id = LinkId::parse(passkey.id.as_str()).unwrap());
    let foreign = world.state().links[0].clone();
    assert_ne!(foreign.id, link);
    let binding = foreign.code_binding(Purpose::Register);
    let code = World::keys().derive(&foreign.key, &binding).unwrap();
    for wrong in [code.expose(), "", "wrong"] {
        let refused =
            remove(&world).undo(&codes, presented(passkey.id.clone(), wrong), false).await;
        assert!(matches!(refused, Err(PasskeyError::Code(CodeError::Invalid))), "{refused:?}");
    }
    world.pass(UNDO_FOR.as_secs() as i64);
    let late = remove(&world).undo(&codes, undo_code(&passkey), false).await;
    assert!(matches!(late, Err(PasskeyError::Code(CodeError::Invalid))), "{late:?}");
    assert!(!is_removed(&world));
    world.pass(-1);
    remove(&world).undo(&codes, undo_code(&passkey), false).await.unwrap();
}

/// A token of Ada's, and a passkey that was registered with a link that it made.
async fn with_token(world: &Arc<World>) -> (Acting, Passkey) {
    let ada = world.user("ada").await;
    let tokens = ManageTokens(world.ports());
    let new = NewToken::of(ada.user.clone());
    let (_, bearer) = tokens.create(new).await.unwrap();
    let ada = world.acting_by(&bearer).await.unwrap();
    let code = world.returned_link(&ada).await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    let begun = register.begin_with_code("ada".parse().unwrap(), new, code).await.unwrap();
    let credential = world.answer("one");
    let answer = RegistrationAnswer { credential, name: String::new(), user_agent: None };
    let key = CeremonyKey::Passkey { user: ada.user.clone(), id: begun.passkey, acting: None };
    register.finish(key, answer).await.unwrap();
    (ada, world.state().passkeys.remove(0))
}

fn revoked(world: &World) -> Vec<bool> {
    world.state().tokens.iter().map(|(token, _)| token.revoked.is_some()).collect()
}

#[tokio::test]
async fn undo_revokes_the_token_that_made_the_link_when_asked_and_ends_its_other_links() {
    let world = World::new();
    let (ada, passkey) = with_token(&world).await;
    let other = ManageTokens(world.ports());
    let new = NewToken::of(ada.user.clone());
    other.create(new).await.unwrap();
    world.returned_link(&ada).await;
    world.mailed_link(&ada, Purpose::Register).await;
    let operators = Acting { token: None, ..ada };
    world.returned_link(&operators).await;
    let codes = world.codes();
    remove(&world).undo(&codes, undo_code(&passkey), false).await.unwrap();
    assert_eq!((is_removed(&world), revoked(&world)), (true, vec![false, false]));
    for _ in 0..2 {
        remove(&world).undo(&codes, undo_code(&passkey), true).await.unwrap();
        assert_eq!(revoked(&world), [true, false]);
    }
    let states: Vec<_> = world.state().links.iter().map(|link| link.state).collect();
    let expected =
        [LinkState::Redeemed, LinkState::Revoked, LinkState::Revoked, LinkState::Requested];
    assert_eq!(states, expected);
    assert_eq!(world.counted(LinkState::Revoked), 2);
    assert_eq!(world.state().mails.len(), 3, "added, link, removed once");
}

#[tokio::test]
async fn undo_revokes_no_token_of_somebody_else_none_without_a_link_and_none_after_its_time() {
    for (case, change) in [
        (
            "another's",
            &(|state: &mut State| {
                state.tokens[0].0.holder = passlink_domain::Holder::Person("bob".parse().unwrap())
            }) as &(dyn Fn(&mut State) + Sync),
        ),
        ("an operator's link", &|state| state.passkeys[0].undo.as_mut().unwrap().token = None),
    ] {
        let world = World::new();
        let (_, passkey) = with_token(&world).await;
        world.change(change);
        remove(&world).undo(&world.codes(), undo_code(&passkey), true).await.unwrap();
        assert_eq!((is_removed(&world), revoked(&world)), (true, vec![false]), "{case}");
    }
    let world = World::new();
    let (_, passkey) = with_token(&world).await;
    remove(&world).undo(&world.codes(), undo_code(&passkey), false).await.unwrap();
    world.pass(UNDO_FOR.as_secs() as i64);
    remove(&world).undo(&world.codes(), undo_code(&passkey), true).await.unwrap();
    assert_eq!(revoked(&world), [false]);
}

use std::sync::{Arc, atomic::Ordering};

use passlink_domain::*;

use super::*;
use crate::fakes::{World, credential, everything::*, presented};

mod whose_and_when;

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1";

fn register(world: &Arc<World>) -> RegisterPasskey {
    RegisterPasskey { registry: world.passkeys(), codes: world.codes() }
}

/// What the authenticator answers to the options.
fn answer(begun: &BegunRegistration, credential: &str) -> RegistrationAnswer {
    let options = begun.options.split_once("challenge=").unwrap().1;
    let challenge = options.split_once(' ').unwrap().0;
    RegistrationAnswer {
        credential: format!("{challenge}:{credential}"),
        name: "Phone".into(),
        user_agent: None,
    }
}

/// The ceremony that makes the passkey, finished by somebody of whom nothing is known.
fn by_link(begun: &BegunRegistration) -> CeremonyKey {
    CeremonyKey::Passkey { user: "ada".parse().unwrap(), id: begun.passkey.clone(), acting: None }
}

fn by_bearer(begun: &BegunRegistration, caller: &str) -> CeremonyKey {
    let acting = Some(World::acting(caller));
    CeremonyKey::Passkey { user: "ada".parse().unwrap(), id: begun.passkey.clone(), acting }
}

/// Ada with a link, and a ceremony begun with it.
async fn begun_with_link(world: &Arc<World>) -> (Acting, LinkId, BegunRegistration) {
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Register).await;
    let link = code.id.clone();
    let begun = register(world)
        .begin_with_code("ada".parse().unwrap(), NewPasskey::default(), code)
        .await
        .unwrap();
    (ada, link, begun)
}

async fn registered(world: &Arc<World>, user: &str, credential: &str) -> PasskeyId {
    let begun = register(world).begin(World::acting(user), NewPasskey::default()).await.unwrap();
    let user: UserId = user.parse().unwrap();
    let (id, acting) = (begun.passkey.clone(), Some(World::acting(user.as_str())));
    let key = CeremonyKey::Passkey { user, id, acting };
    register(world).finish(key, answer(&begun, credential)).await.unwrap();
    begun.passkey
}

fn link_state(world: &World) -> LinkState {
    world.state().links[0].state
}

#[tokio::test]
async fn a_link_registers_a_passkey_and_is_used_up_in_one_change() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    world.pass(60);
    let woken = world.woken.load(Ordering::Relaxed);
    let answer = RegistrationAnswer { user_agent: Some(IPHONE.into()), ..answer(&begun, "one") };
    let details = register(&world).finish(by_link(&begun), answer).await.unwrap();
    let state = world.state();
    assert_eq!((details.sequence.get(), details.created), (3, Some(details.changed)));
    let passkey = state.passkeys[0].clone();
    let until = passkey.created.saturating_add(UNDO_FOR).unwrap();
    let undo =
        Undo { domain: "id.example.com".into(), key: "k1".parse().unwrap(), until, token: None };
    let expected = Passkey {
        id: begun.passkey.clone(),
        user: "ada".parse().unwrap(),
        name: Text::parse("Phone").unwrap(),
        rp_id: "example.com".into(),
        credential: credential("one"),
        asked: None,
        device: Some(Text::parse("Safari on iPhone").unwrap()),
        created: details.changed,
        last_used: None,
        removed: None,
        undo: Some(undo),
    };
    assert_eq!(passkey, expected);
    assert_eq!(link_state(&world), LinkState::Redeemed);
    assert!(state.ceremonies.is_empty());
    assert_eq!(state.events[2].kind, EventKind::PasskeyAdded(begun.passkey.clone()));
    assert_eq!(state.mails[1].about, MailSubject::PasskeyAdded(begun.passkey));
    assert_eq!(world.woken.load(Ordering::Relaxed), woken + 1);
    assert_eq!(world.counted(LinkState::Redeemed), 1);
}

#[tokio::test]
async fn beginning_changes_nothing_but_the_ceremonies_and_the_handle_stays() {
    let world = World::new();
    let (ada, _, begun) = begun_with_link(&world).await;
    assert_eq!((begun.details.sequence.get(), begun.details.created), (2, None));
    let handle = world.state().handles["ada"].clone();
    assert!(begun.options.contains(&format!("{handle:?}")), "{}", begun.options);
    register(&world).begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    let state = world.state();
    assert_eq!(state.handles["ada"], handle);
    assert_ne!(handle.as_bytes(), ada.user.as_str().as_bytes());
    assert_eq!((state.events.len(), state.mails.len()), (2, 1));
    assert_eq!(link_state(&world), LinkState::Requested);
}

#[tokio::test]
async fn an_authenticator_is_told_of_the_users_other_credentials_and_what_is_wanted() {
    let world = World::new();
    world.user("ada").await;
    registered(&world, "ada", "one").await;
    let removed = registered(&world, "ada", "two").await;
    let elsewhere = registered(&world, "ada", "three").await;
    world.change(|state| {
        for passkey in &mut state.passkeys {
            if passkey.id == removed {
                passkey.removed = Some(passkey.created);
            } else if passkey.id == elsewhere {
                passkey.rp_id = "other.example.com".into();
            }
        }
    });
    let new = NewPasskey { attachment: Some(Attachment::CrossPlatform), ..NewPasskey::default() };
    let options = register(&world).begin(World::acting("ada"), new).await.unwrap().options;
    let exclude = format!("exclude={:?}", [b"one"]);
    assert!(options.contains(&exclude), "{options}");
    assert!(options.ends_with("attachment=Some(CrossPlatform)"), "{options}");
    assert_eq!(world.state().ceremonies[0].asked, Some(Attachment::CrossPlatform));
}

#[tokio::test]
async fn at_most_ten_ceremonies_of_a_user_are_open_and_the_oldest_makes_room() {
    let world = World::new();
    let (_, _, first) = begun_with_link(&world).await;
    for _ in 0..10 {
        register(&world).begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    }
    assert_eq!(world.state().ceremonies.len(), 10);
    let displaced = register(&world).finish(by_link(&first), answer(&first, "one")).await;
    assert!(matches!(displaced, Err(PasskeyError::NotFound)), "{displaced:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_verify_or_has_a_bad_name_uses_nothing_up() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    let register = register(&world);
    let good = answer(&begun, "one");
    for credential in ["other:one", "nothing"] {
        let bad = RegistrationAnswer { credential: credential.into(), ..good.clone() };
        let refused = register.finish(by_link(&begun), bad).await;
        assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
    }
    for (name, expected) in
        [("a\nb".to_owned(), TextError::Control), ("a".repeat(201), TextError::TooLong)]
    {
        let bad = RegistrationAnswer { name, ..good.clone() };
        let refused = register.finish(by_link(&begun), bad).await;
        assert!(matches!(refused, Err(PasskeyError::Name(why)) if why == expected));
    }
    assert!(world.state().passkeys.is_empty());
    assert_eq!(link_state(&world), LinkState::Requested);
    register.finish(by_link(&begun), good).await.unwrap();
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_within_five_minutes() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    world.pass(300);
    let late = register(&world).finish(by_link(&begun), answer(&begun, "one")).await;
    assert!(matches!(late, Err(PasskeyError::NotVerified)), "{late:?}");
    assert_eq!(link_state(&world), LinkState::Requested);
    let begun = register(&world).begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    world.pass(299);
    let finish = || register(&world);
    finish().finish(by_bearer(&begun, "ada"), answer(&begun, "one")).await.unwrap();
    let again = finish().finish(by_bearer(&begun, "ada"), answer(&begun, "one")).await;
    assert!(matches!(again, Err(PasskeyError::NotVerified)), "{again:?}");
    assert_eq!(world.state().passkeys.len(), 1);
}

#[tokio::test]
async fn a_credential_is_registered_once_whoever_has_it_until_it_is_removed() {
    let world = World::new();
    world.user("bob").await;
    let bobs = registered(&world, "bob", "one").await;
    let (_, _, begun) = begun_with_link(&world).await;
    let register = register(&world);
    let refused = register.finish(by_link(&begun), answer(&begun, "one")).await;
    assert!(matches!(refused, Err(PasskeyError::Exists)), "{refused:?}");
    assert_eq!(link_state(&world), LinkState::Requested);
    world.change(|state| {
        let passkey = state.passkeys.iter_mut().find(|passkey| passkey.id == bobs).unwrap();
        passkey.removed = Some(passkey.created);
    });
    register.finish(by_link(&begun), answer(&begun, "one")).await.unwrap();
}

#[tokio::test]
async fn a_user_has_so_many_passkeys_and_no_more() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    for credential in ["one", "two", "three"] {
        registered(&world, "ada", credential).await;
    }
    let register = register(&world);
    let refused = register.finish(by_link(&begun), answer(&begun, "four")).await;
    assert!(matches!(refused, Err(PasskeyError::TooMany)), "{refused:?}");
    let refused = register.begin(World::acting("ada"), NewPasskey::default()).await;
    assert!(matches!(refused, Err(PasskeyError::TooMany)), "{refused:?}");
    assert_eq!(link_state(&world), LinkState::Requested);
    world.change(|state| state.passkeys[0].removed = Some(state.passkeys[0].created));
    register.finish(by_link(&begun), answer(&begun, "four")).await.unwrap();
}

#[tokio::test]
async fn without_a_name_the_model_gives_one_and_else_the_device() {
    let world = World::new();
    world.user("ada").await;
    let register = register(&world);
    for (credential, user_agent, name) in [
        ("known", Some(IPHONE), "Example Keychain"),
        ("one", Some(IPHONE), "Safari on iPhone"),
        ("two", None, "Passkey"),
    ] {
        let begun = register.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
        let answer = RegistrationAnswer {
            name: "  ".into(),
            user_agent: user_agent.map(str::to_owned),
            ..answer(&begun, credential)
        };
        register.finish(by_bearer(&begun, "ada"), answer).await.unwrap();
        assert_eq!(world.state().passkeys.last().unwrap().name.as_str(), name);
    }
}

#[tokio::test]
async fn a_domain_is_one_that_the_relying_party_serves_or_left_out() {
    let world = World::new();
    world.user("ada").await;
    let begin = async |domain: &str| {
        let new = NewPasskey { domain: domain.into(), ..NewPasskey::default() };
        register(&world).begin(World::acting("ada"), new).await
    };
    for domain in ["", "example.com", "id.example.com"] {
        begin(domain).await.unwrap();
    }
    assert!(matches!(begin("example.org").await, Err(PasskeyError::Domain)));
}

#[tokio::test]
async fn a_ceremony_of_another_relying_party_is_not_finished() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    world.change(|state| state.ceremonies[0].rp_id = "example.org".into());
    let refused = register(&world).finish(by_link(&begun), answer(&begun, "one")).await;
    assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
}

#[tokio::test]
async fn who_may_not_act_begins_nothing_and_who_has_no_address_gets_no_mail() {
    let world = World::new();
    world.user("ada").await;
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    let refused = register(&world).begin(World::acting("ada"), NewPasskey::default()).await;
    let locked = |why| why == NotReachable::NotActive;
    assert!(matches!(refused, Err(PasskeyError::NotReachable(why)) if locked(why)));
    let refused = register(&world).begin(World::acting("eve"), NewPasskey::default()).await;
    assert!(matches!(refused, Err(PasskeyError::UserNotFound)));
    world.change_user("ada", |ada| {
        (ada.state, ada.email) = (UserState::Active, None);
    });
    registered(&world, "ada", "one").await;
    assert_eq!((world.state().passkeys.len(), world.state().mails.len()), (1, 0));
}

#[tokio::test]
async fn an_authenticator_that_is_not_what_was_asked_for_registers_nothing() {
    let world = World::new();
    world.user("ada").await;
    let register = register(&world);
    // The one that answers is a part of its device.
    let begin = |attachment| NewPasskey { attachment, ..NewPasskey::default() };
    let begun =
        register.begin(World::acting("ada"), begin(Some(Attachment::CrossPlatform))).await.unwrap();
    let refused = register.finish(by_bearer(&begun, "ada"), answer(&begun, "one")).await;
    assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
    let begun =
        register.begin(World::acting("ada"), begin(Some(Attachment::Platform))).await.unwrap();
    register.finish(by_bearer(&begun, "ada"), answer(&begun, "one")).await.unwrap();
    assert_eq!(world.state().passkeys[0].asked, Some(Attachment::Platform));
}

#[tokio::test]
async fn without_its_key_a_ceremony_is_as_one_that_has_ended() {
    let world = World::new();
    let (_, _, with_link) = begun_with_link(&world).await;
    let register = register(&world);
    let by_token = register.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    let answers = [answer(&with_link, "one"), answer(&by_token, "two")];
    world.change(|state| {
        state.ceremonies.iter_mut().for_each(|it| it.key = "elsewhere".parse().unwrap());
    });
    assert!(!register.needs_bearer(&by_token.passkey).await.unwrap());
    for (key, answer) in [
        (by_link(&with_link), &answers[0]),
        (by_link(&by_token), &answers[1]),
        (by_bearer(&by_token, "ada"), &answers[1]),
    ] {
        let refused = register.finish(key, answer.clone()).await;
        assert!(matches!(refused, Err(PasskeyError::NotFound)), "{refused:?}");
    }
    let key = CeremonyKey::Challenge { acting: World::acting("ada") };
    let refused = register.finish(key, answers[1].clone()).await;
    assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
    assert_eq!(link_state(&world), LinkState::Requested);
}

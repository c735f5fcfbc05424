use std::sync::Arc;

use passlink_domain::*;

use super::*;
use crate::fakes::{World, everything::*};

/// A caller of that token, as one who acts for the user.
async fn act(
    world: &Arc<World>,
    token: &BearerToken,
    user: Option<&str>,
) -> Result<Acting, CallerError> {
    let user = user.map(|user| user.parse().unwrap());
    let callers = world.callers();
    callers.acting(callers.caller(token, &|| true).await?, user.as_ref(), Permission::PasskeyWrite)
}

async fn service(world: &Arc<World>, reach: &str, permissions: &str) -> BearerToken {
    let holder = Holder::Service { name: "shop".parse().unwrap(), reach: reach.parse().unwrap() };
    let permissions = permissions.parse().unwrap();
    let new = NewToken { holder, permissions, name: None, lifetime: None };
    ManageTokens(world.ports()).create(new).await.unwrap().1
}

async fn person(world: &Arc<World>, id: &str, permissions: &str) -> BearerToken {
    let permissions = permissions.parse().unwrap();
    let new = NewToken { permissions, ..NewToken::of(id.parse().unwrap()) };
    ManageTokens(world.ports()).create(new).await.unwrap().1
}

async fn sends(world: &Arc<World>, acting: Acting) -> bool {
    match world.send_link().send(None, acting).await {
        Ok(_) => true,
        Err(UserLinkError::UserNotFound) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_person_acts_for_themselves_and_with_a_permission_for_their_organisation() {
    let world = World::new();
    for id in ["ada", "bob", "eve"] {
        world.user(id).await;
    }
    world.change_user("eve", |eve| eve.organisation = "acme".parse().unwrap());
    let plain = person(&world, "ada", "user.passkey.read").await;
    assert!(sends(&world, act(&world, &plain, None).await.unwrap()).await);
    let denied = act(&world, &plain, Some("bob")).await;
    assert!(matches!(denied, Err(CallerError::Denied)), "{denied:?}");
    let desk = person(&world, "ada", "user.passkey.write").await;
    let acting = act(&world, &desk, Some("bob")).await.unwrap();
    assert_eq!(acting.actor, Actor::Person("ada".parse().unwrap()));
    assert!(sends(&world, acting).await);
    assert!(!sends(&world, act(&world, &desk, Some("eve")).await.unwrap()).await);
    // Who may not act has no permissions either.
    world.change_user("ada", |ada| ada.state = UserState::Locked);
    let denied = act(&world, &desk, Some("bob")).await;
    assert!(matches!(denied, Err(CallerError::Denied)), "{denied:?}");
}

#[tokio::test]
async fn a_service_acts_for_the_users_that_it_reaches_and_never_for_itself() {
    let world = World::new();
    world.user("ada").await;
    for (reach, permissions, expected) in [
        ("default", "user.passkey.write", Some(true)),
        ("*", "user.passkey.write user.read", Some(true)),
        ("acme", "user.passkey.write", Some(false)),
        ("default", "user.passkey.read session.write", None),
        ("*", "", None),
    ] {
        world.pass(3600);
        let token = service(&world, reach, permissions).await;
        let nobody = act(&world, &token, None).await;
        assert!(matches!(nobody, Err(CallerError::NoUser(_))), "{nobody:?}");
        match (act(&world, &token, Some("ada")).await, expected) {
            (Ok(acting), Some(expected)) => {
                assert_eq!(acting.actor, Actor::Service("shop".parse().unwrap()));
                assert_eq!(sends(&world, acting).await, expected, "{reach} {permissions}");
            }
            (Err(CallerError::Denied), None) => {}
            (other, _) => panic!("{reach} {permissions}: {other:?}"),
        }
    }
    assert_eq!(world.state().links[0].requested_by.as_ref().unwrap().as_str(), "shop");
}

#[tokio::test]
async fn a_change_needs_a_sign_in_that_is_recent_and_a_service_needs_none() {
    let world = World::new();
    world.user("ada").await;
    let callers = Callers { max_auth_age: Some(Duration::from_secs(300)), ..world.callers() };
    let caller = |age: Option<i64>| Caller {
        holder: Holder::Person("ada".parse().unwrap()),
        permissions: Permissions::default(),
        organisation: None,
        token_name: None,
        token: None,
        session: None,
        authenticated: age.map(|age| earlier(world.now(), Duration::from_secs(age as u64))),
    };
    for (age, holds) in [(Some(0), true), (Some(300), true), (Some(301), false), (None, false)] {
        let acting = callers.acting(caller(age), None, Permission::PasskeyWrite);
        match acting {
            Err(CallerError::StepUp { max_age }) => {
                assert_eq!((holds, max_age.as_secs()), (false, 300), "{age:?}");
            }
            other => assert!(other.is_ok() && holds, "{age:?} {other:?}"),
        }
        assert!(callers.acting(caller(age), None, Permission::PasskeyRead).is_ok(), "{age:?}");
    }
    let token = service(&world, "*", "user.passkey.write").await;
    let service = callers.caller(&token, &|| true).await.unwrap();
    let ada = "ada".parse().unwrap();
    assert!(callers.acting(service, Some(&ada), Permission::PasskeyWrite).is_ok());
}

#[tokio::test]
async fn it_is_noted_to_a_minute_when_a_services_token_was_last_used() {
    let world = World::new();
    world.user("ada").await;
    let (token, own) = (service(&world, "*", "").await, person(&world, "ada", "").await);
    let last_used = || world.state().tokens.remove(0).0.last_used;
    assert_eq!(last_used(), None);
    let mut noted = None;
    for (seconds, is_news) in [(0, true), (59, false), (1, true)] {
        world.pass(seconds);
        world.callers().caller(&token, &|| true).await.unwrap();
        noted = if is_news { Some(world.now()) } else { noted };
        assert_eq!(last_used(), noted);
    }
    world.callers().caller(&own, &|| true).await.unwrap();
    assert_eq!(world.state().tokens[1].0.last_used, None);
}

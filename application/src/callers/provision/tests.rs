use jiff::Timestamp;
use passlink_domain::*;

use crate::fakes::{World, everything::*};

fn token() -> BearerToken {
    BearerToken::presented("a.b.c").unwrap()
}

fn profile(address: &str) -> Profile {
    Profile {
        email: Some(address.parse().unwrap()),
        email_verified: Some(true),
        display_name: Some("Ada Example".parse().unwrap()),
        ..Profile::default()
    }
}

/// A person's token, issued at that second.
fn claims(subject: &str, issued: i64, profile: Option<Profile>) -> Claims {
    Claims {
        identity: Identity {
            issuer: "https://login.example.com".to_owned(),
            subject: subject.parse().unwrap(),
        },
        speaks_for: SpeaksFor::Person { user: None, profile },
        organisation: "default".parse().unwrap(),
        issued: Timestamp::from_second(issued).ok(),
        authenticated: None,
    }
}

async fn call(world: &std::sync::Arc<World>, claims: Claims) -> Result<UserId, CallerError> {
    *world.claims.lock().unwrap() = Some(claims);
    Ok(world.acting_by(&token()).await?.user)
}

fn user(world: &World, id: &UserId) -> User {
    world.state().users[id.as_str()].clone()
}

#[tokio::test]
async fn somebody_unknown_becomes_a_user_with_the_first_call_where_that_is_wanted() {
    let world = World::new();
    let unknown = call(&world, claims("17", 1, None)).await;
    assert!(matches!(unknown, Err(CallerError::NoUser(_))), "{unknown:?}");
    let ada = call(&world, claims("17", 1, Some(profile("ada@example.com")))).await.unwrap();
    let added = user(&world, &ada);
    assert_eq!(added.verified_address().unwrap().as_str(), "ada@example.com");
    assert_eq!(added.display_name.as_str(), "Ada Example");
    assert_eq!(added.username.as_str(), "ada@example.com");
    let event = world.state().events.remove(0);
    assert_eq!(event.kind, EventKind::UserAdded);
    assert_eq!(event.actor, Actor::Issuer("https://login.example.com".to_owned()));
    assert_eq!(call(&world, claims("17", 1, Some(profile("x@example.com")))).await.unwrap(), ada);
    assert_eq!(call(&world, claims("17", 1, None)).await.unwrap(), ada, "it stays known");
    assert_eq!(world.state().users.len(), 1);
}

#[tokio::test]
async fn a_newer_token_changes_what_is_known_and_an_older_one_does_not() {
    let world = World::new();
    let ada = call(&world, claims("17", 10, Some(profile("ada@example.com")))).await.unwrap();
    for (issued, address, expected) in [
        (9, "old@example.com", "ada@example.com"),
        (10, "old@example.com", "ada@example.com"),
        (11, "new@example.com", "new@example.com"),
        (10, "ada@example.com", "new@example.com"),
    ] {
        call(&world, claims("17", issued, Some(profile(address)))).await.unwrap();
        let email = user(&world, &ada).email.unwrap();
        assert_eq!(email.address.as_str(), expected, "{issued}");
    }
    // An address that is not known to be the person's is not taken over, and the old one no longer holds.
    let unverified = Profile { email_verified: Some(false), ..profile("boss@example.com") };
    call(&world, claims("17", 12, Some(unverified))).await.unwrap();
    let email = user(&world, &ada).email.unwrap();
    assert_eq!((email.address.as_str(), email.verified), ("new@example.com", false));
    world.user("boss").await;
    // A token that says nothing of the address, and UserInfo does not either.
    *world.user_info.lock().unwrap() = Some(Ok(Profile::default()));
    call(&world, claims("17", 13, Some(Profile::default()))).await.unwrap();
    assert_eq!(user(&world, &ada).email.unwrap().address.as_str(), "new@example.com");
}

#[tokio::test]
async fn only_a_verified_address_makes_a_user() {
    let world = World::new();
    let silent = Profile { email_verified: None, ..profile("ada@example.com") };
    let unverified = Profile { email_verified: Some(false), trust_email: true, ..silent.clone() };
    for refused in [silent.clone(), unverified] {
        *world.user_info.lock().unwrap() = Some(Ok(Profile::default()));
        let refused = call(&world, claims("17", 1, Some(refused))).await;
        assert!(matches!(refused, Err(CallerError::EmailNotVerified)), "{refused:?}");
    }
    assert!(world.state().users.is_empty());
    *world.user_info.lock().unwrap() = None;
    let trusted = Profile { trust_email: true, ..silent };
    call(&world, claims("17", 1, Some(trusted))).await.unwrap();
    assert_eq!(world.state().users.len(), 1);
}

#[tokio::test]
async fn user_info_is_asked_where_the_token_lacks_what_it_says_of_the_address() {
    let world = World::new();
    let nothing = || claims("17", 1, Some(Profile::default()));
    let ask = |answer| *world.user_info.lock().unwrap() = Some(answer);
    ask(Err(IdentityError::Refused("no openid".to_owned())));
    let refused = call(&world, nothing()).await;
    assert!(matches!(refused, Err(CallerError::EmailNotVerified)), "{refused:?}");
    ask(Err(IdentityError::Unavailable("down".into())));
    let refused = call(&world, nothing()).await;
    assert!(matches!(refused, Err(CallerError::Unavailable(_))), "{refused:?}");
    ask(Ok(profile("ada@example.com")));
    let ada = call(&world, nothing()).await.unwrap();
    // Once for a token, and not again for the same.
    assert_eq!(call(&world, nothing()).await.unwrap(), ada);
    // Who is known may call although UserInfo is down; the next call asks again.
    let newer = || claims("17", 2, Some(Profile::default()));
    ask(Err(IdentityError::Unavailable("down".into())));
    assert_eq!(call(&world, newer()).await.unwrap(), ada);
    ask(Ok(profile("new@example.com")));
    assert_eq!(call(&world, newer()).await.unwrap(), ada);
    assert_eq!(user(&world, &ada).email.unwrap().address.as_str(), "new@example.com");
}

#[tokio::test]
async fn an_address_of_another_user_is_never_taken_over() {
    let world = World::new();
    world.user("bob").await;
    let refused = call(&world, claims("17", 1, Some(profile("BOB@example.com")))).await;
    assert!(matches!(refused, Err(CallerError::EmailTaken)), "{refused:?}");
    let ada = call(&world, claims("17", 1, Some(profile("ada@example.com")))).await.unwrap();
    let refused = call(&world, claims("17", 2, Some(profile("bob@example.com")))).await;
    assert!(matches!(refused, Err(CallerError::EmailTaken)), "{refused:?}");
    assert_eq!(user(&world, &ada).email.unwrap().address.as_str(), "ada@example.com");
}

#[tokio::test]
async fn a_username_of_another_user_is_never_taken_over() {
    let world = World::new();
    world.user("bob").await;
    let named = |address: &str, name: &str| {
        Some(Profile { username: Some(name.parse().unwrap()), ..profile(address) })
    };
    let refused = call(&world, claims("17", 1, named("ada@example.com", "BOB@example.com"))).await;
    assert!(matches!(refused, Err(CallerError::UsernameTaken)), "{refused:?}");
    let inspected = world.callers().inspect(&token()).await;
    assert!(matches!(inspected, Err(CallerError::UsernameTaken)), "{inspected:?}");
    let ada = call(&world, claims("17", 1, named("ada@example.com", "ada"))).await.unwrap();
    // Who is known goes on with the name that they have.
    let again = claims("17", 2, named("new@example.com", "bob@example.com"));
    assert_eq!(call(&world, again).await.unwrap(), ada);
    assert_eq!(user(&world, &ada).username.as_str(), "ada");
    assert_eq!(user(&world, &ada).email.unwrap().address.as_str(), "new@example.com");
}

#[tokio::test]
async fn a_newcomer_whose_address_is_anothers_username_is_called_by_their_id() {
    let world = World::new();
    let odd = Profile {
        username: Some("ada@example.com".parse().unwrap()),
        ..profile("mallory@example.com")
    };
    call(&world, claims("16", 1, Some(odd))).await.unwrap();
    let ada = call(&world, claims("17", 1, Some(profile("ada@example.com")))).await.unwrap();
    assert_eq!(user(&world, &ada).username.as_str(), ada.as_str());
}

#[tokio::test]
async fn a_user_who_may_not_act_stays_so_whatever_a_token_says() {
    let world = World::new();
    let ada = call(&world, claims("17", 1, Some(profile("ada@example.com")))).await.unwrap();
    let users = ManageUsers(world.ports());
    users.move_to(ada.clone(), StateChange::Lock).await.unwrap();
    call(&world, claims("17", 2, Some(profile("new@example.com")))).await.unwrap();
    assert_eq!(user(&world, &ada).state, UserState::Locked);
    users.remove(ada.clone()).await.unwrap();
    for issued in [2, 3] {
        let again = call(&world, claims("17", issued, Some(profile("new@example.com")))).await;
        assert_eq!(again.unwrap(), ada, "and no new user");
    }
    assert_eq!(user(&world, &ada).email, None);
    assert_eq!(world.state().users.len(), 1);
}

#[tokio::test]
async fn a_claim_that_holds_the_users_id_decides() {
    let world = World::new();
    let with_id = |id: &str, profile| {
        let user = Some(id.parse().unwrap());
        Claims { speaks_for: SpeaksFor::Person { user, profile }, ..claims("17", 1, None) }
    };
    world.user("ada").await;
    assert_eq!(call(&world, with_id("ada", None)).await.unwrap().as_str(), "ada");
    let bob = call(&world, with_id("bob", Some(profile("bob@example.com")))).await.unwrap();
    assert_eq!(bob.as_str(), "bob");
    let other = call(&world, with_id("ada", Some(profile("ada@example.com")))).await;
    assert!(matches!(other, Err(CallerError::NoUser(_))), "the subject is another user: {other:?}");
    let elsewhere = Claims { organisation: "acme".parse().unwrap(), ..with_id("ada", None) };
    *world.claims.lock().unwrap() = Some(elsewhere);
    let acting = world.acting_by(&token()).await.unwrap();
    let sent = world.send_link().send(None, acting).await;
    assert!(matches!(sent, Err(UserLinkError::UserNotFound)), "{sent:?}");
}

#[test]
fn a_profile_is_filled_and_not_replaced_by_what_user_info_says() {
    let address = |address: &str, email_verified| Profile {
        email: Some(address.parse().unwrap()),
        email_verified,
        ..Profile::default()
    };
    let ada = || address("ada@example.com", None);
    let filled = ada().filled_from(profile("ada@example.com"));
    assert_eq!((filled.email_verified, filled.display_name.is_some()), (Some(true), true));
    let other = ada().filled_from(profile("eve@example.com"));
    assert_eq!((&other.email, other.email_verified), (&ada().email, None));
    let said = address("ada@example.com", Some(false)).filled_from(profile("ada@example.com"));
    assert_eq!(said.email_verified, Some(false));
    let from_both = Profile::default().filled_from(profile("ada@example.com"));
    assert_eq!((from_both.email, from_both.email_verified), (ada().email, Some(true)));
}

//! Who may finish a ceremony, and until when.

use super::*;

#[tokio::test]
async fn a_link_that_stops_to_hold_between_begin_and_finish_registers_nothing() {
    type Change = fn(&mut crate::fakes::State);
    let changes: [(&str, Change); 6] = [
        ("deactivated", |all| all.users.get_mut("ada").unwrap().state = UserState::Deactivated),
        ("removed", |all| all.users.get_mut("ada").unwrap().state = UserState::Removed),
        ("moved", |all| {
            let email = all.users.get_mut("ada").unwrap().email.as_mut().unwrap();
            email.address = "ada@example.org".parse().unwrap();
        }),
        ("unverified", |all| {
            all.users.get_mut("ada").unwrap().email.as_mut().unwrap().verified = false;
        }),
        ("revoked", |all| all.links[0].state = LinkState::Revoked),
        ("replaced", |all| all.links[0].state = LinkState::Replaced),
    ];
    for (what, change) in changes {
        let world = World::new();
        let (_, _, begun) = begun_with_link(&world).await;
        world.change(change);
        let refused = register(&world).finish(by_link(&begun), answer(&begun, "one")).await;
        let invalid = matches!(refused, Err(PasskeyError::Code(CodeError::Invalid)));
        assert!(invalid, "{what}: {refused:?}");
        assert!(world.state().passkeys.is_empty(), "{what}");
        assert_eq!(world.state().mails.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_link_is_used_up_by_the_first_of_its_ceremonies() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.returned_link(&ada).await;
    let register = register(&world);
    let mut begun = Vec::new();
    for _ in 0..2 {
        let again = presented(code.id.clone(), &code.code);
        begun.push(
            register
                .begin_with_code("ada".parse().unwrap(), NewPasskey::default(), again)
                .await
                .unwrap(),
        );
    }
    register.finish(by_link(&begun[1]), answer(&begun[1], "one")).await.unwrap();
    let second = register.finish(by_link(&begun[0]), answer(&begun[0], "two")).await;
    assert!(matches!(second, Err(PasskeyError::Code(CodeError::Invalid))), "{second:?}");
    let third = register.begin_with_code("ada".parse().unwrap(), NewPasskey::default(), code).await;
    assert!(matches!(third, Err(PasskeyError::Code(CodeError::Invalid))), "{third:?}");
    assert_eq!(world.state().passkeys.len(), 1);
}

#[tokio::test]
async fn who_comes_after_another_learns_that_the_link_is_used_however_late_and_wrong_the_answer() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.returned_link(&ada).await;
    let register = register(&world);
    let late = register
        .begin_with_code(
            "ada".parse().unwrap(),
            NewPasskey::default(),
            presented(code.id.clone(), &code.code),
        )
        .await
        .unwrap();
    let first = register
        .begin_with_code("ada".parse().unwrap(), NewPasskey::default(), code)
        .await
        .unwrap();
    register.finish(by_link(&first), answer(&first, "one")).await.unwrap();
    let wrong = RegistrationAnswer { credential: "other:two".into(), ..answer(&late, "two") };
    for (seconds, answer) in [(0, &wrong), (300, &wrong), (0, &answer(&late, "two"))] {
        world.pass(seconds);
        let refused = register.finish(by_link(&late), answer.clone()).await;
        assert!(matches!(refused, Err(PasskeyError::Code(CodeError::Invalid))), "{refused:?}");
    }
    assert_eq!(world.state().passkeys.len(), 1);
}

#[tokio::test]
async fn an_answer_that_comes_again_is_told_apart_from_one_whose_passkey_was_removed() {
    let world = World::new();
    let (_, _, begun) = begun_with_link(&world).await;
    let register = register(&world);
    register.finish(by_link(&begun), answer(&begun, "one")).await.unwrap();
    let again = register.finish(by_link(&begun), answer(&begun, "one")).await;
    assert!(matches!(again, Err(PasskeyError::NotVerified)), "{again:?}");
    world.change(|state| state.passkeys[0].removed = Some(state.passkeys[0].created));
    let again = register.finish(by_link(&begun), answer(&begun, "one")).await;
    assert!(matches!(again, Err(PasskeyError::NotFound)), "{again:?}");
}

#[tokio::test]
async fn a_link_is_its_users_alone() {
    let world = World::new();
    let ada = world.user("ada").await;
    world.user("bob").await;
    let code = world.returned_link(&ada).await;
    let register = register(&world);
    let refused =
        register.begin_with_code("bob".parse().unwrap(), NewPasskey::default(), code).await;
    assert!(matches!(refused, Err(PasskeyError::Code(CodeError::Invalid))), "{refused:?}");
    let begun = register.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    let bob: UserId = "bob".parse().unwrap();
    let (id, acting) = (begun.passkey.clone(), Some(World::acting("bob")));
    let key = CeremonyKey::Passkey { user: bob, id, acting };
    let refused = register.finish(key, answer(&begun, "one")).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)), "{refused:?}");
}

#[tokio::test]
async fn what_a_bearer_began_is_finished_by_that_users_bearer_only() {
    let world = World::new();
    world.user("ada").await;
    world.user("bob").await;
    let register = register(&world);
    let begun = register.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    assert!(register.needs_bearer(&begun.passkey).await.unwrap());
    for key in [by_link(&begun), by_bearer(&begun, "bob")] {
        let refused = register.finish(key, answer(&begun, "one")).await;
        assert!(matches!(refused, Err(PasskeyError::NoBearer)), "{refused:?}");
    }
    assert!(world.state().passkeys.is_empty());
    register.finish(by_bearer(&begun, "ada"), answer(&begun, "one")).await.unwrap();
    assert_eq!(world.counted(LinkState::Redeemed), 0);
}

#[tokio::test]
async fn a_callers_own_ceremony_is_found_by_its_challenge_and_a_links_is_not() {
    let world = World::new();
    let (_, _, with_link) = begun_with_link(&world).await;
    let register = register(&world);
    assert!(!register.needs_bearer(&with_link.passkey).await.unwrap());
    let [one, two] = [
        register.begin(World::acting("ada"), NewPasskey::default()).await,
        register.begin(World::acting("ada"), NewPasskey::default()).await,
    ];
    let by_challenge = || CeremonyKey::Challenge { acting: World::acting("ada") };
    for (begun, credential) in [(two.unwrap(), "two"), (one.unwrap(), "one")] {
        register.finish(by_challenge(), answer(&begun, credential)).await.unwrap();
        assert_eq!(world.state().passkeys.last().unwrap().id, begun.passkey);
    }
    let refused = register.finish(by_challenge(), answer(&with_link, "three")).await;
    assert!(matches!(refused, Err(PasskeyError::NotVerified)), "{refused:?}");
    assert_eq!(link_state(&world), LinkState::Requested);
}

use super::*;

/// A world with a passkey of Ada's, and a session that asks for one.
async fn asked(expected: Option<UserCheck>) -> (Arc<World>, Passkey, ChangedSession) {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let made = sessions(&world).create(service(&world, "*"), new(expected)).await.unwrap();
    (world, passkey, made)
}

async fn assert_refused(
    world: &Arc<World>,
    asked: &ChangedSession,
    assertion: &SoftAssertion,
    why: SignInRefused,
) {
    let change = SessionChange { assertion: Some(assertion.write()), ..change(&asked.session.id) };
    let refused = sessions(world).set(service(world, "*"), change).await;
    assert!(matches!(refused, Err(SessionError::NotVerified)), "{refused:?}");
    assert_eq!(outcome(world), Some(Err(why)));
    let session = world.state().sessions[0].0.clone();
    assert_eq!((session.factor, session.sequence), (None, 1));
    assert_eq!(world.state().passkeys[0].last_used, None);
}

#[tokio::test]
async fn another_challenge_an_old_one_and_one_that_was_answered_are_refused() {
    let (world, passkey, made) = asked(None).await;
    let right = assertion(&world, &passkey, &made);
    let wrong = SoftAssertion { challenge: "00".to_owned(), ..right.clone() };
    assert_refused(&world, &made, &wrong, SignInRefused::Challenge).await;
    world.pass(300);
    assert_refused(&world, &made, &right, SignInRefused::Challenge).await;

    let (world, passkey, made) = asked(None).await;
    let right = assertion(&world, &passkey, &made);
    let set = |assertion: &SoftAssertion| {
        let answer = Some(assertion.write());
        let change = SessionChange { assertion: answer, ..change(&made.session.id) };
        let (sessions, access) = (sessions(&world), service(&world, "*"));
        async move { sessions.set(access, change).await }
    };
    set(&right).await.unwrap();
    assert!(matches!(set(&right).await, Err(SessionError::NotVerified)));
    assert_eq!(outcome(&world), Some(Err(SignInRefused::Challenge)));
}

#[tokio::test]
async fn a_challenge_whose_key_was_retired_is_not_answered() {
    let (world, passkey, made) = asked(None).await;
    let at = world.now();
    world.change(|state| state.retired.push(RetiredKey { key: "k1".parse().unwrap(), at }));
    let right = assertion(&world, &passkey, &made);
    assert_refused(&world, &made, &right, SignInRefused::Challenge).await;
}

#[tokio::test]
async fn credentials_that_nobody_has_and_passkeys_that_were_removed_are_refused() {
    let (world, passkey, made) = asked(by_id("ada")).await;
    let right = assertion(&world, &passkey, &made);
    let credential = CredentialId::new(b"unknown".to_vec()).unwrap();
    let unknown = SoftAssertion { credential, ..right.clone() };
    assert_refused(&world, &made, &unknown, SignInRefused::UnknownCredential).await;
    let at = world.now();
    world.change(|state| state.passkeys[0].removed = Some(at));
    assert_refused(&world, &made, &right, SignInRefused::UnknownCredential).await;
    world.change(|state| {
        (state.passkeys[0].removed, state.passkeys[0].rp_id) = (None, "example.org".to_owned());
    });
    assert_refused(&world, &made, &right, SignInRefused::UnknownCredential).await;
}

#[tokio::test]
async fn another_user_than_the_expected_one_is_refused() {
    for expected in [by_id("ada"), by_name("ada@example.com"), by_name("nobody@example.com")] {
        let (world, _, made) = asked(expected).await;
        let other = with_passkey(&world, "bob").await;
        let right = assertion(&world, &other, &made);
        assert_refused(&world, &made, &right, SignInRefused::OtherUser).await;
    }
}

#[tokio::test]
async fn users_whom_the_caller_does_not_reach_are_refused() {
    let (world, passkey, made) = asked(None).await;
    world.change_user("ada", |user| user.organisation = "other".parse().unwrap());
    let mine = sessions(&world).create(service(&world, "default"), new(None)).await.unwrap();
    let right = assertion(&world, &passkey, &mine);
    let refused = answer(&world, &mine, &right).await;
    assert!(matches!(refused, Err(SessionError::NotVerified)), "{refused:?}");
    assert_eq!(outcome(&world), Some(Err(SignInRefused::OtherUser)));
    let refused = sessions(&world).create(service(&world, "default"), new(by_id("ada"))).await;
    assert!(matches!(refused, Err(SessionError::UserNotFound)));
    drop(made);
}

#[tokio::test]
async fn a_handle_that_is_not_the_users_is_refused_and_so_is_none_where_nobody_is_expected() {
    let (world, passkey, made) = asked(None).await;
    let right = assertion(&world, &passkey, &made);
    let wrong = UserHandle::new(vec![9; 16]).unwrap();
    let wrong = SoftAssertion { user_handle: Some(wrong), ..right.clone() };
    assert_refused(&world, &made, &wrong, SignInRefused::UserHandle).await;
    let none = SoftAssertion { user_handle: None, ..right };
    assert_refused(&world, &made, &none, SignInRefused::UserHandle).await;

    let (world, passkey, made) = asked(by_id("ada")).await;
    let none = SoftAssertion { user_handle: None, ..assertion(&world, &passkey, &made) };
    let change = SessionChange { assertion: Some(none.write()), ..change(&made.session.id) };
    sessions(&world).set(service(&world, "*"), change).await.unwrap();
}

#[tokio::test]
async fn users_who_are_not_active_are_refused() {
    for state in [UserState::Locked, UserState::Deactivated, UserState::Removed] {
        let (world, passkey, made) = asked(by_name("ada@example.com")).await;
        world.change_user("ada", |user| user.state = state);
        let right = assertion(&world, &passkey, &made);
        assert_refused(&world, &made, &right, SignInRefused::UserNotActive).await;
        let named = sessions(&world).create(service(&world, "*"), new(by_id("ada"))).await;
        assert!(matches!(named, Err(SessionError::NotReachable(_))));
    }
}

#[tokio::test]
async fn a_counter_that_goes_back_is_recorded_and_refused() {
    let (world, passkey, made) = asked(None).await;
    world.change(|state| state.passkeys[0].credential.sign_count = 7);
    for count in [0, 7] {
        let made = sessions(&world).create(service(&world, "*"), new(None)).await.unwrap();
        let mut clone = assertion(&world, &passkey, &made);
        clone.verified.sign_count = count;
        let answer = Some(clone.write());
        let change = SessionChange { assertion: answer, ..change(&made.session.id) };
        for why in [SignInRefused::Counter, SignInRefused::Challenge] {
            let refused = sessions(&world).set(service(&world, "*"), change.clone()).await;
            assert!(matches!(refused, Err(SessionError::NotVerified)));
            assert_eq!(outcome(&world), Some(Err(why)));
        }
    }
    let recorded = EventKind::PasskeyCounterWentBack(passkey.id.clone());
    let events: Vec<_> =
        world.state().events.into_iter().filter(|it| it.kind == recorded).collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].sequence, Sequence::recorded(3));
    assert_eq!(world.state().passkeys[0].credential.sign_count, 7);

    let mut right = assertion(&world, &passkey, &made);
    right.verified.sign_count = 8;
    let change = SessionChange { assertion: Some(right.write()), ..change(&made.session.id) };
    sessions(&world).set(service(&world, "*"), change).await.unwrap();
    assert_eq!(world.state().passkeys[0].credential.sign_count, 8);
}

#[tokio::test]
async fn what_is_no_assertion_is_refused_and_so_is_one_that_nobody_asked_for() {
    let (world, passkey, made) = asked(None).await;
    let nonsense = SessionChange { assertion: Some("{}".into()), ..change(&made.session.id) };
    let refused = sessions(&world).set(service(&world, "*"), nonsense).await;
    assert!(matches!(refused, Err(SessionError::NotVerified)));
    assert_eq!(outcome(&world), Some(Err(SignInRefused::Malformed)));
    let right = assertion(&world, &passkey, &made).write();
    let new = NewSession { assertion: Some(right), ..new(None) };
    let refused = sessions(&world).create(service(&world, "*"), new).await;
    assert!(matches!(refused, Err(SessionError::NotVerified)));
}

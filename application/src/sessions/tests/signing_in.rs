use super::*;

#[tokio::test]
async fn a_passkey_signs_in_whoever_is_expected() {
    for expected in [None, by_id("ada"), by_name("ada@example.com"), by_name("ADA@example.com")] {
        let world = World::new();
        let passkey = with_passkey(&world, "ada").await;
        let made = sessions(&world).create(service(&world, "default"), new(expected)).await;
        let made = made.unwrap();
        assert_eq!(made.session.factor, None);
        world.pass(60);
        let signed_in = answer(&world, &made, &assertion(&world, &passkey, &made)).await.unwrap();
        let factor = PasskeyFactor {
            user: passkey.user.clone(),
            passkey: passkey.id.clone(),
            verified: world.now(),
            user_verified: true,
        };
        assert_eq!(signed_in.session.factor, Some(factor));
        assert_eq!((signed_in.session.sequence, &signed_in.session.challenge), (2, &None));
        assert_eq!(signed_in.session.reach, "default".parse().unwrap());
        assert_ne!(signed_in.token.expose(), made.token.expose());
        assert_eq!(outcome(&world), Some(Ok(())));
        assert_eq!(world.state().passkeys[0].last_used, Some(world.now()));
    }
}

#[tokio::test]
async fn a_session_token_speaks_for_its_user_once_a_passkey_was_verified_and_the_old_one_for_nobody()
 {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let made = sessions(&world).create(service(&world, "default"), new(None)).await.unwrap();
    assert!(matches!(world.acting_by(&made.token).await, Err(CallerError::Invalid(_))));
    let signed_in = answer(&world, &made, &assertion(&world, &passkey, &made)).await.unwrap();
    let acting = world.acting_by(&signed_in.token).await.unwrap();
    assert_eq!((&acting.user, acting.session), (&passkey.user, Some(made.session.id.clone())));
    assert!(matches!(world.acting_by(&made.token).await, Err(CallerError::Invalid(_))));
    world.pass(DAY as i64 / 2);
    assert!(matches!(world.acting_by(&signed_in.token).await, Err(CallerError::Invalid(_))));
}

#[tokio::test]
async fn a_passkey_that_did_not_recognise_its_user_signs_in_and_its_token_speaks_for_nobody() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let ask = ChallengeRequest { user_verification: UserVerification::Preferred, ..ask() };
    let new = NewSession { challenge: Some(ask), ..NewSession::default() };
    let made = sessions(&world).create(service(&world, "default"), new).await.unwrap();
    let mut unverified = assertion(&world, &passkey, &made);
    unverified.verified.user_verified = false;
    let signed_in = answer(&world, &made, &unverified).await.unwrap();
    assert!(!signed_in.session.factor.unwrap().user_verified);
    assert!(matches!(world.acting_by(&signed_in.token).await, Err(CallerError::Invalid(_))));
}

#[tokio::test]
async fn a_login_name_that_nobody_has_or_several_have_gets_a_session_like_any_other() {
    let world = World::new();
    with_passkey(&world, "ada").await;
    let sessions = sessions(&world);
    let named = async |name: &str| {
        let made = sessions.create(service(&world, "default"), new(by_name(name))).await.unwrap();
        let options = made.options.unwrap();
        let (_, rest) = options.split_once(':').unwrap();
        let shown = sessions.show(service(&world, "default"), made.session.id.clone(), None).await;
        let shown = shown.unwrap();
        assert_eq!(shown.user, None, "{name}");
        let Session { reach, factor, sequence, .. } = shown.session;
        (rest.to_owned(), reach, factor, sequence)
    };
    assert_eq!(named("ada@example.com").await, named("nobody@example.com").await);
    assert_eq!(named("nobody").await, named("somebody else").await);
}

#[tokio::test]
async fn a_user_who_is_named_by_id_shows_at_once_and_the_browser_is_told_which_passkeys() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    with_passkey(&world, "bob").await;
    let made =
        sessions(&world).create(service(&world, "default"), new(by_id("ada"))).await.unwrap();
    assert_eq!(made.session.user().unwrap().0, &passkey.user);
    let allowed = format!("{:?}", [passkey.credential.id.as_bytes()]);
    assert!(made.options.unwrap().ends_with(&allowed));
}

#[tokio::test]
async fn the_same_user_signs_in_again_and_nobody_else_does() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let other = with_passkey(&world, "bob").await;
    let made = sessions(&world).create(service(&world, "default"), new(None)).await.unwrap();
    answer(&world, &made, &assertion(&world, &passkey, &made)).await.unwrap();
    let again = SessionChange { challenge: Some(ask()), ..change(&made.session.id) };
    let again = sessions(&world).set(service(&world, "default"), again).await.unwrap();
    let refused = answer(&world, &again, &assertion(&world, &other, &again)).await;
    assert!(matches!(refused, Err(SessionError::NotVerified)));
    assert_eq!(outcome(&world), Some(Err(SignInRefused::OtherUser)));
    world.pass(60);
    let signed_in = answer(&world, &again, &assertion(&world, &passkey, &again)).await.unwrap();
    assert_eq!(signed_in.session.factor.unwrap().verified, world.now());
    for check in [by_id("bob"), by_name("bob@example.com"), by_name("nobody")] {
        let named = SessionChange { user: check, ..change(&made.session.id) };
        let refused = sessions(&world).set(service(&world, "default"), named).await;
        assert!(matches!(refused, Err(SessionError::OtherUser)), "{refused:?}");
    }
}

#[tokio::test]
async fn metadata_and_lifetime_are_changed_and_the_challenge_stays() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let new = NewSession { metadata: vec![("a".into(), b"1".to_vec())], ..new(None) };
    let made = sessions(&world).create(service(&world, "default"), new).await.unwrap();
    assert_eq!(made.session.expires, later(world.now(), Duration::from_secs(DAY / 2)));
    let metadata = vec![("a".into(), Vec::new()), ("b".into(), b"2".to_vec())];
    let lifetime = Some(Duration::from_secs(600));
    let set = SessionChange { metadata, lifetime, ..change(&made.session.id) };
    let set = sessions(&world).set(service(&world, "default"), set).await.unwrap();
    assert_eq!(set.session.expires, later(world.now(), Duration::from_secs(600)));
    assert_eq!(set.session.metadata.values().keys().collect::<Vec<_>>(), ["b"]);
    answer(&world, &made, &assertion(&world, &passkey, &made)).await.unwrap();
}

#[tokio::test]
async fn lifetimes_of_nothing_and_of_over_thirty_days_are_refused() {
    let world = World::new();
    for seconds in [0, 30 * DAY + 1] {
        let lifetime = Some(Duration::from_secs(seconds));
        let new = NewSession { lifetime, ..new(None) };
        let refused = sessions(&world).create(service(&world, "default"), new).await;
        assert!(matches!(refused, Err(SessionError::Lifetime)));
    }
    assert_eq!(world.state().sessions.len(), 0);
}

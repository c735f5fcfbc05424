use super::*;

#[tokio::test]
async fn a_sign_in_is_told_with_its_passkey_and_the_time_from_the_challenge() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let ask = ChallengeRequest { user_verification: UserVerification::Preferred, ..ask() };
    let new = NewSession { challenge: Some(ask), ..NewSession::default() };
    let made = sessions(&world).create(service(&world, "default"), new).await.unwrap();
    assert_eq!(told(&world), None);
    world.pass(7);
    let mut right = assertion(&world, &passkey, &made);
    right.verified.user_verified = false;
    answer(&world, &made, &right).await.unwrap();
    let signed_in = SignedIn { after: Duration::from_secs(7), user_verified: false };
    let of_ada = (passkey.id.clone(), passkey.user.clone());
    let session = made.session.id;
    let expected =
        SignIn { session: Some(session.clone()), passkey: Some(of_ada), outcome: Ok(signed_in) };
    assert_eq!(world.sign_ins.lock().unwrap()[..], [expected]);
    let only_metadata = SessionChange { metadata: Vec::new(), ..change(&session) };
    sessions(&world).set(service(&world, "default"), only_metadata).await.unwrap();
    assert_eq!(world.sign_ins.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_passkey_that_was_found_and_with_none_otherwise() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let made = sessions(&world).create(service(&world, "default"), new(None)).await.unwrap();
    let right = assertion(&world, &passkey, &made);
    let (session, of_ada) =
        (Some(made.session.id.clone()), Some((passkey.id.clone(), passkey.user.clone())));
    // Before the signature holds ...
    let wrong = SoftAssertion { challenge: "00".to_owned(), ..right.clone() };
    answer(&world, &made, &wrong).await.unwrap_err();
    let outcome = Err(SignInRefused::Challenge);
    let expected = SignIn { session: session.clone(), passkey: of_ada.clone(), outcome };
    assert_eq!(told(&world), Some(expected.clone()));
    // ... after it did ...
    world.change_user("ada", |user| user.state = UserState::Locked);
    answer(&world, &made, &right).await.unwrap_err();
    let outcome = Err(SignInRefused::UserNotActive);
    assert_eq!(told(&world), Some(SignIn { outcome, ..expected.clone() }));
    // ... and where nobody has the credential.
    let credential = CredentialId::new(b"unknown".to_vec()).unwrap();
    let unknown = SoftAssertion { credential, ..right.clone() };
    answer(&world, &made, &unknown).await.unwrap_err();
    let outcome = Err(SignInRefused::UnknownCredential);
    assert_eq!(told(&world), Some(SignIn { passkey: None, outcome, ..expected }));
    // A session that is only to be created has no id.
    let new = NewSession { assertion: Some(right.write()), ..new(None) };
    sessions(&world).create(service(&world, "default"), new).await.unwrap_err();
    let outcome = Err(SignInRefused::Challenge);
    assert_eq!(told(&world), Some(SignIn { session: None, passkey: None, outcome }));
}

#[tokio::test]
async fn sessions_are_counted_when_they_begin_and_with_what_ends_them() {
    let world = World::new();
    let created = || {
        let counts = world.session_counts.lock().unwrap();
        counts.iter().filter(|(end, _)| end.is_none()).count()
    };
    let user = |id: &str| id.parse::<UserId>().unwrap();
    let first = signed_in(&world, "ada").await;
    signed_in(&world, "bob").await;
    for name in ["cal", "dan", "eve"] {
        signed_in(&world, name).await;
    }
    assert_eq!(created(), 5);
    sessions(&world).create(service(&world, "default"), new(by_id("nobody"))).await.unwrap_err();
    assert_eq!(created(), 5);

    let (sessions, id) = (sessions(&world), first.session.id);
    let end = || sessions.end(service(&world, "default"), id.clone(), None);
    end().await.unwrap();
    end().await.unwrap_err();
    assert_eq!(world.counted_ended(SessionEnd::Deleted), 1);
    let remove = RemovePasskey(world.passkeys());
    remove.remove(World::acting("bob"), "passkey-of-bob".parse().unwrap()).await.unwrap();
    assert_eq!(world.counted_ended(SessionEnd::PasskeyRemoved), 1);
    let users = ManageUsers(world.ports());
    users.move_to(user("cal"), StateChange::Lock).await.unwrap();
    users.move_to(user("dan"), StateChange::Deactivate).await.unwrap();
    assert_eq!(world.counted_ended(SessionEnd::UserLocked), 2);
    users.remove(user("eve")).await.unwrap();
    assert_eq!(world.counted_ended(SessionEnd::UserRemoved), 1);
}

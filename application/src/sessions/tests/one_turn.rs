use std::sync::atomic::Ordering;

use super::*;

async fn token(world: &Arc<World>, permissions: &str) -> BearerToken {
    let holder = Holder::Service { name: Text::parse("App").unwrap(), reach: Reach::All };
    let permissions = permissions.parse().unwrap();
    let new = NewToken { holder, permissions, name: None, lifetime: None };
    ManageTokens(world.ports()).create(new).await.unwrap().1
}

/// Whoever has the token, which nobody has looked up.
fn who(world: &Arc<World>, token: &BearerToken) -> Asker<SessionAccess> {
    let pending = PendingToken::new(world.callers(), token, Asked::to_change_sessions(), |_| ());
    Asker::Token(Arc::new(pending))
}

#[tokio::test]
async fn who_calls_is_looked_up_and_an_answer_verified_in_the_turn_that_changes_the_session() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let token = token(&world, "session.write").await;
    let looks = || world.looks.load(Ordering::Relaxed);
    let before = looks();
    let made = sessions(&world).create(who(&world, &token), new(None)).await.unwrap();
    let answer = Some(assertion(&world, &passkey, &made).write());
    let change = SessionChange { assertion: answer, ..change(&made.session.id) };
    let signed_in = sessions(&world).set(who(&world, &token), change.clone()).await.unwrap();
    assert_eq!(signed_in.session.factor.unwrap().user, passkey.user);
    assert_eq!(outcome(&world), Some(Ok(())));
    let again = sessions(&world).set(who(&world, &token), change).await;
    assert!(matches!(again, Err(SessionError::NotVerified)), "{again:?}");
    assert_eq!(outcome(&world), Some(Err(SignInRefused::Challenge)));
    assert_eq!(looks(), before);
}

#[tokio::test]
async fn nobody_tries_to_change_sessions_whose_caller_may_not_sign_people_in() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let made = sessions(&world).create(service(&world, "*"), new(None)).await.unwrap();
    let answer = assertion(&world, &passkey, &made).write();
    let is_denied = |error| matches!(error, SessionError::Caller(CallerError::Denied));
    let is_invalid = |error| matches!(error, SessionError::Caller(CallerError::Invalid(_)));
    let unknown = token(&World::new(), "session.write").await;
    let other = token(&world, "session.read session.delete").await;
    for (token, expected) in [(unknown, &is_invalid as &dyn Fn(_) -> _), (other, &is_denied)] {
        let new = NewSession { assertion: Some(answer.clone()), ..new(None) };
        let refused = sessions(&world).create(who(&world, &token), new).await;
        assert!(expected(refused.unwrap_err()));
        let change = SessionChange { assertion: Some(answer.clone()), ..change(&made.session.id) };
        let refused = sessions(&world).set(who(&world, &token), change).await;
        assert!(expected(refused.unwrap_err()));
    }
    assert_eq!(told(&world), None);
    assert_eq!(world.state().sessions.len(), 1);
    assert_eq!(world.state().sessions[0].0.factor, None);
}

#[tokio::test]
async fn who_calls_is_looked_up_in_the_turn_that_shows_lists_or_ends_sessions() {
    let world = World::new();
    let session = signed_in(&world, "ada").await.session;
    let token = token(&world, "session.read session.delete").await;
    let who = |asked| {
        let pending = PendingToken::new(world.callers(), &token, asked, |_| ());
        Asker::Token(Arc::new(pending))
    };
    let looks = || world.looks.load(Ordering::Relaxed);
    let before = looks();
    let (sessions, id) = (sessions(&world), || session.id.clone());
    let asker = who(Asked::to_touch_session(Permission::SessionRead));
    assert_eq!(sessions.show(asker, id(), None).await.unwrap().session.id, id());
    let filter = SessionFilter { limit: 10, ..SessionFilter::default() };
    let asker = who(Asked::to_list_sessions());
    assert_eq!(sessions.list(asker, filter).await.unwrap().total, 1);
    assert_eq!(looks(), before + 2);
    let asker = who(Asked::to_touch_session(Permission::SessionDelete));
    sessions.end(asker, id(), None).await.unwrap();
    assert_eq!(looks(), before + 2);
}

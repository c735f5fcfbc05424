use super::*;

fn hash(session: &ChangedSession) -> Option<TokenHash> {
    Some(session.token.hash())
}

#[tokio::test]
async fn only_who_has_the_permission_makes_and_changes_sessions() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let ada = person(&world, "ada");
    let made = sessions(&world).create(ada.clone(), new(None)).await;
    assert!(matches!(made, Err(SessionError::Caller(CallerError::Denied))));
    let set = sessions(&world).set(ada, change(&session.session.id)).await;
    assert!(matches!(set, Err(SessionError::Caller(CallerError::Denied))));
}

#[tokio::test]
async fn a_session_shows_to_who_is_permitted_who_signed_in_and_who_has_its_token() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let (id, other) = (session.session.id.clone(), signed_in(&world, "bob").await);
    let show = |access, token| {
        let (sessions, id) = (sessions(&world), id.clone());
        async move { sessions.show(access, id, token).await }
    };
    for reach in ["default", "*"] {
        let shown = show(service(&world, reach), None).await.unwrap();
        assert_eq!(shown.user.unwrap().id.as_str(), "ada");
    }
    show(person(&world, "ada"), None).await.unwrap();
    show(person(&world, "bob"), hash(&session)).await.unwrap();
    let not_found = |shown| matches!(shown, Err(SessionError::NotFound));
    let denied = |shown| matches!(shown, Err(SessionError::Caller(CallerError::Denied)));
    assert!(not_found(show(service(&world, "other"), None).await));
    assert!(not_found(show(person(&world, "bob"), hash(&other)).await));
    assert!(denied(show(person(&world, "bob"), None).await));
    let unknown = "unknown".parse().unwrap();
    assert!(denied(sessions(&world).show(person(&world, "bob"), unknown, None).await));
}

#[tokio::test]
async fn a_session_ends_once() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let end = || sessions(&world);
    let id = session.session.id.clone();
    let ended = end().end(service(&world, "default"), id.clone(), None).await.unwrap();
    assert_eq!((ended.ended, ended.sequence), (Some(world.now()), 3));
    let again = end().end(service(&world, "default"), id.clone(), None).await;
    assert!(matches!(again, Err(SessionError::NotFound)));
    let set = end().set(service(&world, "default"), change(&id)).await;
    assert!(matches!(set, Err(SessionError::NotFound)));
    assert!(world.acting_by(&session.token).await.is_err());
}

#[tokio::test]
async fn sessions_end_with_their_passkey_and_no_others_do() {
    let world = World::new();
    let (ada, bob) = (signed_in(&world, "ada").await, signed_in(&world, "bob").await);
    let remove = RemovePasskey(world.passkeys());
    remove.remove_for_operator("passkey-of-ada".parse().unwrap()).await.unwrap();
    assert!(world.acting_by(&ada.token).await.is_err());
    assert!(world.acting_by(&bob.token).await.is_ok());
}

#[tokio::test]
async fn sessions_end_when_their_user_is_locked_and_stay_ended() {
    for (end, back) in [
        (StateChange::Lock, StateChange::Unlock),
        (StateChange::Deactivate, StateChange::Reactivate),
    ] {
        let world = World::new();
        let session = signed_in(&world, "ada").await;
        let users = ManageUsers(world.ports());
        users.move_to("ada".parse().unwrap(), end).await.unwrap();
        users.move_to("ada".parse().unwrap(), back).await.unwrap();
        assert!(world.acting_by(&session.token).await.is_err());
    }
}

#[tokio::test]
async fn nothing_is_left_of_the_sessions_of_a_user_who_was_removed() {
    let world = World::new();
    signed_in(&world, "ada").await;
    ManageUsers(world.ports()).remove("ada".parse().unwrap()).await.unwrap();
    assert_eq!(world.state().sessions.len(), 0);
}

#[tokio::test]
async fn sessions_are_listed_by_page_to_those_whom_they_concern() {
    let world = World::new();
    let ada = signed_in(&world, "ada").await;
    world.pass(1);
    let bob = signed_in(&world, "bob").await;
    let list = |access, filter| {
        let sessions = sessions(&world);
        async move {
            let found = sessions.list(access, filter).await.unwrap();
            let ids = found.sessions.into_iter().map(|it| it.session.id).collect::<Vec<_>>();
            (ids, found.total)
        }
    };
    let all = || SessionFilter { limit: 10, ..SessionFilter::default() };
    let (ada, bob) = (ada.session.id, bob.session.id);
    let everybody = (vec![bob.clone(), ada.clone()], 2);
    assert_eq!(list(service(&world, "default"), all()).await, everybody);
    assert_eq!(list(service(&world, "*"), all()).await, everybody);
    assert_eq!(list(service(&world, "other"), all()).await, (vec![], 0));
    assert_eq!(list(person(&world, "ada"), all()).await, (vec![ada.clone()], 1));
    let page = SessionFilter { ascending: true, offset: 1, limit: 1, ..all() };
    assert_eq!(list(service(&world, "default"), page).await, (vec![bob.clone()], 2));
    let of_bob = SessionFilter { user: "bob".parse().ok(), ..all() };
    assert_eq!(list(service(&world, "default"), of_bob).await, (vec![bob.clone()], 1));
    let before = SessionFilter { created: vec![(Comparison::Less, world.now())], ..all() };
    assert_eq!(list(service(&world, "default"), before).await, (vec![ada], 1));
    world.pass(DAY as i64 / 2);
    assert_eq!(list(service(&world, "default"), all()).await, (vec![], 0));
}

#[tokio::test]
async fn a_link_is_not_sent_by_a_session_that_has_ended_since_it_was_looked_at() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let acting = world.acting_by(&session.token).await.unwrap();
    world.send_link().send(None, acting.clone()).await.unwrap();
    world.pass(61);
    let id = session.session.id.clone();
    sessions(&world).end(service(&world, "default"), id, None).await.unwrap();
    let refused = world.send_link().send(None, acting).await;
    assert!(matches!(refused, Err(UserLinkError::TokenEnded)), "{refused:?}");
}

/// A link that a session of Ada's makes, and is returned.
async fn link_of(world: &Arc<World>, session: &ChangedSession) {
    let acting = world.acting_by(&session.token).await.unwrap();
    world.returned_link(&acting).await;
}

fn link_states(world: &Arc<World>) -> Vec<LinkState> {
    world.state().links.iter().map(|link| link.state).collect()
}

#[tokio::test]
async fn the_open_links_of_a_session_end_with_it_and_others_stay() {
    let world = World::new();
    let (ada, bob) = (signed_in(&world, "ada").await, signed_in(&world, "bob").await);
    link_of(&world, &ada).await;
    link_of(&world, &bob).await;
    world.returned_link(&World::acting("ada")).await;
    let id = ada.session.id.clone();
    sessions(&world).end(service(&world, "default"), id, None).await.unwrap();
    let expected = [LinkState::Revoked, LinkState::Requested, LinkState::Requested];
    assert_eq!(link_states(&world), expected);
    assert_eq!(world.counted(LinkState::Revoked), 1);
}

#[tokio::test]
async fn the_open_links_of_sessions_end_with_their_passkey() {
    let world = World::new();
    let ada = signed_in(&world, "ada").await;
    link_of(&world, &ada).await;
    world.returned_link(&World::acting("ada")).await;
    let remove = RemovePasskey(world.passkeys());
    remove.remove_for_operator("passkey-of-ada".parse().unwrap()).await.unwrap();
    assert_eq!(link_states(&world), [LinkState::Revoked, LinkState::Requested]);
    assert_eq!(world.counted(LinkState::Revoked), 1);
}

#[tokio::test]
async fn a_session_that_has_ended_since_it_was_looked_at_changes_no_passkey() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let acting = world.acting_by(&session.token).await.unwrap();
    let id = session.session.id.clone();
    sessions(&world).end(service(&world, "default"), id, None).await.unwrap();
    let remove = RemovePasskey(world.passkeys());
    let refused = remove.remove(acting, "passkey-of-ada".parse().unwrap()).await;
    assert!(matches!(refused, Err(PasskeyError::Caller(CallerError::Invalid(_)))), "{refused:?}");
}

#[tokio::test]
async fn a_person_whose_token_is_about_an_organisation_has_no_sessions_in_another() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    let within = |organisation| {
        let ada = Holder::Person("ada".parse().unwrap());
        let caller = caller(ada, Some(organisation), "");
        world.callers().session_access(caller, Permission::SessionRead)
    };
    let all = || SessionFilter { limit: 10, ..SessionFilter::default() };
    for (organisation, count) in [("default", 1), ("other", 0)] {
        let listed = sessions(&world).list(within(organisation), all()).await.unwrap();
        assert_eq!(listed.sessions.len(), count, "{organisation}");
        let id = session.session.id.clone();
        let shown = sessions(&world).show(within(organisation), id, None).await;
        assert_eq!(shown.is_ok(), count == 1, "{organisation}");
    }
}

#[tokio::test]
async fn a_session_lasts_no_longer_than_thirty_days_from_the_sign_in() {
    let world = World::new();
    let session = signed_in(&world, "ada").await;
    world.pass(600);
    let lifetime = Some(Duration::from_secs(30 * DAY));
    let longer = SessionChange { lifetime, ..change(&session.session.id) };
    let set = sessions(&world).set(service(&world, "default"), longer).await.unwrap();
    let verified = set.session.factor.unwrap().verified;
    assert_eq!(set.session.expires, later(verified, Duration::from_secs(30 * DAY)));
}

#[tokio::test]
async fn an_answer_to_a_session_that_has_ended_is_recorded() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    let made = sessions(&world).create(service(&world, "default"), new(None)).await.unwrap();
    let right = assertion(&world, &passkey, &made);
    let id = made.session.id.clone();
    sessions(&world).end(service(&world, "default"), id, None).await.unwrap();
    let refused = answer(&world, &made, &right).await;
    assert!(matches!(refused, Err(SessionError::NotFound)), "{refused:?}");
    assert_eq!(outcome(&world), Some(Err(SignInRefused::Session)));
}

#[tokio::test]
async fn a_user_who_was_named_by_id_is_not_replaced() {
    let world = World::new();
    let passkey = with_passkey(&world, "ada").await;
    with_passkey(&world, "bob").await;
    let made =
        sessions(&world).create(service(&world, "default"), new(by_id("ada"))).await.unwrap();
    for check in [by_id("bob"), by_name("bob@example.com"), by_name("ada@example.com")] {
        let named = SessionChange { user: check, ..change(&made.session.id) };
        let refused = sessions(&world).set(service(&world, "default"), named).await;
        assert!(matches!(refused, Err(SessionError::OtherUser)), "{refused:?}");
    }
    answer(&world, &made, &assertion(&world, &passkey, &made)).await.unwrap();
}

use std::collections::{BTreeMap, BTreeSet};

use super::*;

for_both_stores! {
    a_session_comes_back_as_it_was_put_in_and_as_it_was_changed,
    a_session_is_found_by_its_token_until_it_has_another_or_ends,
    the_sessions_of_a_user_end_with_the_user_or_the_passkey,
    the_open_links_that_sessions_of_a_user_made_are_revoked,
    sessions_are_found_by_what_is_asked_for_and_by_page,
    a_passkey_is_found_by_its_credential_and_notes_that_it_signed_in,
}

fn session(id: &str) -> Session {
    Session {
        id: id.parse().unwrap(),
        reach: Reach::All,
        rp_id: "example.com".to_owned(),
        expected: Expected::Anybody,
        factor: None,
        challenge: None,
        metadata: Metadata::default(),
        user_agent: None,
        created: at(1),
        changed: at(1),
        expires: at(100),
        ended: None,
        sequence: 1,
    }
}

fn signed_in(id: &str, user: &str, passkey: &str) -> Session {
    let factor = PasskeyFactor {
        user: user.parse().unwrap(),
        passkey: passkey.parse().unwrap(),
        verified: at(2),
        user_verified: true,
    };
    Session { reach: "default".parse().unwrap(), factor: Some(factor), ..session(id) }
}

/// A session that expects this user by a login name.
fn named(user: Option<&str>) -> Session {
    let expected = Expected::LoginName(user.map(|user| user.parse().unwrap()));
    Session { expected, ..session("named") }
}

/// What is kept of a token of this session, of which there can be several.
fn token(session: &str, number: u8) -> TokenHash {
    BearerToken::generate_for_session(&session.parse().unwrap(), &[number; 32]).hash()
}

/// What is kept of its first token.
fn hash(session: &str) -> TokenHash {
    token(session, 1)
}

async fn put(store: &Arc<dyn Store>, sessions: Vec<Session>) {
    let put: Result<(), StoreError> = store
        .write(sessions, |sessions, tx| {
            Box::pin(async move {
                for session in sessions {
                    tx.add_session(session, &hash(session.id.as_str())).await?;
                }
                Ok(())
            })
        })
        .await;
    put.unwrap();
}

async fn get(store: &Arc<dyn Store>, id: &str) -> Option<Session> {
    let found: Result<_, StoreError> =
        store.read(id.parse().unwrap(), |id: &SessionId, tx| tx.session(id)).await;
    found.unwrap()
}

async fn a_session_comes_back_as_it_was_put_in_and_as_it_was_changed(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let metadata = vec![("a".to_owned(), vec![0, 255]), ("ü".to_owned(), b"2".to_vec())];
    let full = Session {
        expected: Expected::User { id: "ada".parse().unwrap(), checked: at(1) },
        challenge: Some(SessionChallenge {
            key: "k1".parse().unwrap(),
            number: 1,
            user_verification: UserVerification::Preferred,
            host: Some("app.example.com".to_owned()),
            expires: at(50),
        }),
        metadata: Metadata::default().changed(metadata).unwrap(),
        user_agent: Some(UserAgent {
            fingerprint_id: Some("f".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            description: None,
            header: BTreeMap::from([("accept".to_owned(), vec!["a".to_owned(), "b".to_owned()])]),
        }),
        ..session("full")
    };
    let named = |user: Option<&str>| Expected::LoginName(user.map(|user| user.parse().unwrap()));
    let known = Session { expected: named(Some("ada")), ..session("known") };
    let unknown = Session { expected: named(None), ..session("unknown") };
    let all = [session("bare"), full.clone(), known, unknown];
    put(&store, all.to_vec()).await;
    for session in &all {
        assert_eq!(get(&store, session.id.as_str()).await.as_ref(), Some(session));
    }

    let changed = Session {
        changed: at(3),
        expires: at(200),
        sequence: 2,
        created: full.created,
        user_agent: full.user_agent.clone(),
        expected: full.expected.clone(),
        ..signed_in("full", "ada", "p1")
    };
    unit(&store, {
        let changed = changed.clone();
        move |(), tx| {
            let changed = changed.clone();
            Box::pin(async move {
                let id = &changed.id;
                assert!(tx.session_for_update(id).await?.is_some());
                tx.change_session(&changed, &token("full", 2)).await?;
                assert_eq!(tx.session_for_share(id).await?.as_ref(), Some(&changed));
                Ok(())
            })
        }
    })
    .await;
    assert_eq!(get(&store, "full").await, Some(changed));
    assert_eq!(get(&store, "none").await, None);
}

async fn a_session_is_found_by_its_token_until_it_has_another_or_ends(store: Arc<dyn Store>) {
    put(&store, vec![session("1"), session("2")]).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let one: SessionId = "1".parse().unwrap();
            let of = |found: Option<Session>| found.map(|session| session.id.to_string());
            assert_eq!(of(tx.session_by_token(&hash("1")).await?).as_deref(), Some("1"));
            tx.change_session(&session("1"), &token("1", 2)).await?;
            assert_eq!(of(tx.session_by_token(&hash("1")).await?), None);
            assert_eq!(of(tx.session_by_token(&token("1", 2)).await?).as_deref(), Some("1"));
            assert!(tx.end_session(&one, at(9)).await?);
            assert!(!tx.end_session(&one, at(9)).await?);
            assert!(!tx.end_session(&"3".parse().unwrap(), at(9)).await?);
            assert_eq!(of(tx.session_by_token(&token("1", 2)).await?), None);
            let ended = tx.session(&one).await?.unwrap();
            assert_eq!(ended.ended, Some(at(9)));
            tx.change_session(&session("1"), &token("1", 3)).await?;
            assert_eq!(of(tx.session_by_token(&token("1", 3)).await?), None);
            assert_eq!(of(tx.session_by_token(&hash("2")).await?).as_deref(), Some("2"));
            let asked = SessionChallenge {
                key: "k1".parse().unwrap(),
                number: 1,
                user_verification: UserVerification::Required,
                host: None,
                expires: at(50),
            };
            let with = Session { challenge: Some(asked), ..session("2") };
            tx.change_session(&with, &hash("2")).await?;
            tx.end_challenge(&with.id).await?;
            assert_eq!(tx.session(&with.id).await?, Some(session("2")));
            Ok(())
        })
    })
    .await;
}

async fn the_sessions_of_a_user_end_with_the_user_or_the_passkey(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let expected = Session {
        expected: Expected::User { id: "ada".parse().unwrap(), checked: at(1) },
        ..session("expected")
    };
    let sessions = vec![
        signed_in("1", "ada", "p1"),
        signed_in("2", "ada", "p2"),
        signed_in("3", "bob", "p3"),
        expected,
        named(Some("ada")),
        session("nobody"),
    ];
    put(&store, sessions).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let (ada, p1) = ("ada".parse().unwrap(), "p1".parse().unwrap());
            assert_eq!(tx.end_sessions_of(&ada, Some(&p1), at(9)).await?, 1);
            assert_eq!(tx.end_sessions_of(&ada, Some(&p1), at(9)).await?, 0);
            assert!(tx.session_by_token(&hash("1")).await?.is_none());
            assert!(tx.session_by_token(&hash("2")).await?.is_some());
            assert_eq!(tx.end_sessions_of(&ada, None, at(9)).await?, 2);
            assert!(tx.session_by_token(&hash("3")).await?.is_some());
            assert!(tx.session_by_token(&hash("nobody")).await?.is_some());
            tx.delete_sessions_of(&ada).await?;
            assert!(tx.session(&"1".parse().unwrap()).await?.is_none());
            assert!(tx.session(&"3".parse().unwrap()).await?.is_some());
            // Whoever has a login name does not show by what becomes of a session.
            assert_eq!(tx.session(&"named".parse().unwrap()).await?, Some(named(None)));
            assert!(tx.session_by_token(&hash("named")).await?.is_some());
            Ok(())
        })
    })
    .await;
}

async fn sessions_are_found_by_what_is_asked_for_and_by_page(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let elsewhere = Session { rp_id: "example.org".to_owned(), ..session("elsewhere") };
    let other = Session { reach: "other".parse().unwrap(), created: at(5), ..session("other") };
    let sessions = vec![
        signed_in("1", "ada", "p1"),
        Session { created: at(3), ..signed_in("2", "bob", "p3") },
        session("nobody"),
        Session { expires: at(10), ..session("over") },
        Session { ended: Some(at(2)), ..session("ended") },
        elsewhere,
        other,
    ];
    put(&store, sessions).await;
    let all = || SessionsAmong::Organisations(Organisations::all());
    let one = SessionsAmong::Organisations(Organisations::One("default".parse().unwrap()));
    let but = Organisations::AllBut(BTreeSet::from(["default".parse().unwrap()]));
    let but = SessionsAmong::Organisations(but);
    let search = |among| SessionSearch {
        among,
        other_rp_ids: vec!["example.org".to_owned()],
        ids: None,
        user: None,
        created: Vec::new(),
        now: at(20),
        ascending: true,
        offset: 0,
        limit: 10,
    };
    let ids = |ids: [&str; 2]| Some(ids.map(|id| id.parse().unwrap()).into());
    let every = || search(all());
    let created = |how| SessionSearch { created: vec![(how, at(3))], ..every() };
    let cases: [(SessionSearch, &[&str], u64); 19] = [
        (every(), &["1", "2", "nobody", "other"], 4),
        (search(one), &["1", "2"], 2),
        (search(but), &["nobody", "other"], 2),
        (search(SessionsAmong::User("ada".parse().unwrap(), None)), &["1"], 1),
        (search(SessionsAmong::User("ada".parse().unwrap(), "default".parse().ok())), &["1"], 1),
        (search(SessionsAmong::User("ada".parse().unwrap(), "other".parse().ok())), &[], 0),
        (SessionSearch { ids: Some(BTreeSet::new()), ..every() }, &[], 0),
        (SessionSearch { ascending: false, ..every() }, &["other", "nobody", "2", "1"], 4),
        (SessionSearch { offset: 1, limit: 2, ..every() }, &["2", "nobody"], 4),
        (SessionSearch { offset: 9, ..every() }, &[], 4),
        (SessionSearch { limit: 0, ..every() }, &[], 4),
        (
            SessionSearch { other_rp_ids: Vec::new(), ..search(all()) },
            &["1", "2", "elsewhere", "nobody", "other"],
            5,
        ),
        (SessionSearch { ids: ids(["1", "over"]), ..every() }, &["1"], 1),
        (SessionSearch { user: "bob".parse().ok(), ..every() }, &["2"], 1),
        (created(Comparison::Equals), &["2"], 1),
        (created(Comparison::Greater), &["other"], 1),
        (created(Comparison::GreaterOrEquals), &["2", "other"], 2),
        (created(Comparison::Less), &["1", "nobody"], 2),
        (created(Comparison::LessOrEquals), &["1", "2", "nobody"], 3),
    ];
    for (search, expected, total) in cases {
        let found: Result<_, StoreError> =
            store.read(search.clone(), |search, tx| tx.find_sessions(search)).await;
        let found = found.unwrap();
        let ids: Vec<_> = found.sessions.iter().map(|session| session.id.as_str()).collect();
        assert_eq!((&ids[..], found.total), (expected, total), "{search:?}");
    }
}

async fn a_passkey_is_found_by_its_credential_and_notes_that_it_signed_in(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let passkey = passkey("p1", "key", at(90));
            assert!(tx.add_passkey(&passkey).await?);
            let credential = &passkey.credential.id;
            let found = tx.passkey_of_credential(credential).await?;
            assert_eq!(found.as_ref(), Some(&passkey));
            tx.note_sign_in(&passkey.id, u32::MAX, true, at(7)).await?;
            let noted = tx.passkey(&passkey.id).await?.unwrap();
            assert_eq!((noted.credential.sign_count, noted.last_used), (u32::MAX, Some(at(7))));
            assert!(noted.credential.backup_state);
            tx.remove_passkey(&passkey.id, at(8)).await?;
            assert_eq!(tx.passkey_of_credential(credential).await?, None);
            Ok(())
        })
    })
    .await;
}

async fn the_open_links_that_sessions_of_a_user_made_are_revoked(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    put(&store, vec![signed_in("1", "ada", "p1"), signed_in("2", "bob", "p2")]).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let made = |id: &str, user: &str, token: Option<&str>| PasskeyLink {
                id: id.parse().unwrap(),
                user: user.parse().unwrap(),
                token: token.map(|token| token.parse().unwrap()),
                ..link()
            };
            let links = [
                made("by-session", "ada", Some("1")),
                made("by-token", "ada", Some("token")),
                made("by-operator", "ada", None),
                made("of-bob", "bob", Some("2")),
            ];
            for link in &links {
                tx.add_link(link).await?;
            }
            let (ada, kind, now) =
                ("ada".parse().unwrap(), link().delivery.kind(), link().requested);
            assert_eq!(tx.revoke_links_of_sessions(&ada, kind, now).await?, 1);
            assert_eq!(tx.revoke_links_of_sessions(&ada, kind, now).await?, 0);
            for link in &links {
                let state = tx.link(&link.id).await?.unwrap().state;
                let is_revoked = link.id.as_str() == "by-session";
                assert_eq!(state == LinkState::Revoked, is_revoked, "{}", link.id);
            }
            Ok(())
        })
    })
    .await;
}

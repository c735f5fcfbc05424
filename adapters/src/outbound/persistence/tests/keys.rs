use super::*;

for_both_stores! {
    a_key_is_needed_by_links_that_work_or_can_be_resent_and_by_what_can_be_undone,
    a_key_that_is_retired_ends_links_resends_undos_and_ceremonies_of_its_own_alone,
}

async fn a_key_is_needed_by_links_that_work_or_can_be_resent_and_by_what_can_be_undone(
    store: Arc<dyn Store>,
) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for (id, key, expires, state) in [
                    ("1", "a", 50, LinkState::Sent),
                    ("2", "a", 60, LinkState::Expired),
                    ("3", "a", 70, LinkState::Redeemed),
                    ("4", "b", 40, LinkState::Sent),
                    ("5", "c", 90, LinkState::Requested),
                    ("6", "d", 90, LinkState::Revoked),
                ] {
                    let link = PasskeyLink {
                        id: id.parse().unwrap(),
                        key: key.parse().unwrap(),
                        expires: at(expires),
                        state,
                        ..link()
                    };
                    tx.add_link(&link).await?;
                }
                let users = |links, passkeys| KeyUsers { links, passkeys };
                for (id, key, until, removed) in [
                    ("1", "a", 80, None),
                    ("2", "e", 50, None),
                    ("3", "e", 45, None),
                    ("4", "f", 90, Some(at(41))),
                    ("5", "g", 30, None),
                ] {
                    assert!(tx.add_passkey(&passkey(id, key, at(until))).await?);
                    if let Some(at) = removed {
                        assert!(tx.remove_passkey(&id.parse().unwrap(), at).await?);
                    }
                }
                let need = |key: &str, link: Option<i64>, undo: Option<i64>| KeyNeed {
                    key: key.parse().unwrap(),
                    last_expiry: link.map(at),
                    last_undo: undo.map(at),
                };
                assert_eq!(
                    tx.keys_needed(at(40), at(40)).await?,
                    [
                        need("a", Some(60), Some(80)),
                        need("c", Some(90), None),
                        need("e", None, Some(50)),
                    ]
                );
                assert_eq!(tx.keys_needed(at(90), at(90)).await?, []);
                for (key, expected) in
                    [("a", users(2, 1)), ("d", users(0, 0)), ("e", users(0, 2)), ("f", users(0, 0))]
                {
                    let key = key.parse().unwrap();
                    assert_eq!(tx.users_of_key(&key, at(40), at(40)).await?, expected);
                }
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_key_that_is_retired_ends_links_resends_undos_and_ceremonies_of_its_own_alone(
    store: Arc<dyn Store>,
) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let (a, b): (KeyId, KeyId) = ("a".parse().unwrap(), "b".parse().unwrap());
                for (id, key, expires, state) in [
                    ("1", &a, 60, LinkState::Sent),
                    ("2", &a, 60, LinkState::Requested),
                    ("3", &a, 49, LinkState::Sent),
                    ("4", &a, 49, LinkState::Expired),
                    ("5", &a, 48, LinkState::Expired),
                    ("6", &a, 60, LinkState::Redeemed),
                    ("7", &b, 60, LinkState::Sent),
                    ("8", &a, 39, LinkState::Expired),
                ] {
                    let (id, key) = (id.parse().unwrap(), key.clone());
                    let link = PasskeyLink { id, key, expires: at(expires), state, ..link() };
                    tx.add_link(&link).await?;
                }
                assert!(tx.mark_resent(&"5".parse().unwrap(), at(50)).await?);
                for (id, key, until) in [("1", "a", 60), ("2", "a", 49), ("3", "b", 60)] {
                    assert!(tx.add_passkey(&passkey(id, key, at(until))).await?);
                }
                for (id, key) in [("1", &a), ("2", &a), ("3", &b)] {
                    let ceremony = ceremonies::ceremony(id, &"ada".parse().unwrap(), 45);
                    tx.add_ceremony(&Ceremony { key: key.clone(), ..ceremony }, 9).await?;
                }
                assert!(!tx.is_retired(&a).await?);
                tx.retire_key(&a, at(50)).await?;
                let (mut ended, mut rounds) = (EndedByKey::default(), 0);
                while let Some(some) = tx.end_batch_that_needs(&a, &b, (at(40), at(50)), 2).await? {
                    ended += some;
                    rounds += 1;
                }
                assert_eq!(ended, EndedByKey { links: 2, resends: 2, undos: 1, ceremonies: 2 });
                assert_eq!(rounds, 3, "of five links, two at a time");
                assert_eq!(tx.users_of_key(&a, at(40), at(50)).await?.links, 0);
                assert!(tx.keys_needed(at(40), at(50)).await?.iter().all(|need| need.key == b));
                for (id, state) in [
                    ("1", LinkState::Revoked),
                    ("5", LinkState::Revoked),
                    ("6", LinkState::Redeemed),
                    ("7", LinkState::Sent),
                ] {
                    assert_eq!(tx.link(&id.parse().unwrap()).await?.unwrap().state, state, "{id}");
                }
                let undo = tx.passkey(&"1".parse().unwrap()).await?.unwrap().undo.unwrap();
                assert_eq!((undo.key, undo.until), (b.clone(), at(60)));
                assert_eq!(tx.ceremonies_of(&"ada".parse().unwrap()).await?.len(), 1);

                tx.retire_key(&a, at(70)).await?;
                assert!(tx.is_retired(&a).await? && !tx.is_retired(&b).await?);
                assert_eq!(tx.retired_keys().await?, [RetiredKey { key: a, at: at(50) }]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

use super::*;

for_both_stores! {
    a_passkey_comes_back_as_it_was_put_in,
    a_credential_is_registered_once_whoever_has_it_until_it_is_removed,
    a_users_passkeys_come_by_age_and_pages_by_id_without_those_that_are_removed,
    a_handle_names_one_user,
    nothing_is_left_of_a_users_passkeys_and_anothers_stay,
}

/// Ada's, with this credential.
fn with_credential(id: &str, credential: &str) -> Passkey {
    let mut passkey = passkey(id, "key", at(90));
    passkey.credential.id = CredentialId::new(credential.as_bytes().to_vec()).unwrap();
    passkey
}

fn of_bob(passkey: Passkey) -> Passkey {
    Passkey { user: "bob".parse().unwrap(), ..passkey }
}

fn handle(octets: &[u8]) -> UserHandle {
    UserHandle::new(octets.to_vec()).unwrap()
}

async fn a_passkey_comes_back_as_it_was_put_in(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let bare = Passkey { undo: None, ..passkey("bare", "key", at(90)) };
    let full = Passkey {
        credential: Credential {
            public_key: vec![0, 255, 7],
            sign_count: u32::MAX,
            transports: vec!["hybrid".into(), "smart-card".into()],
            attachment: Some(Attachment::CrossPlatform),
            backup_eligible: true,
            backup_state: true,
            aaguid: Aaguid([9; 16]),
            id: CredentialId::new(vec![255; 1023]).unwrap(),
        },
        asked: Some(Attachment::Platform),
        device: Some(Text::parse("Safari on iPhone").unwrap()),
        last_used: Some(at(7)),
        ..passkey("full", "key", at(90))
    };
    for passkey in [bare, full] {
        let put: Result<_, StoreError> = store
            .write(passkey.clone(), |passkey, tx| {
                Box::pin(async move {
                    assert!(tx.add_passkey(passkey).await?);
                    tx.passkey(&passkey.id).await
                })
            })
            .await;
        assert_eq!(put.unwrap(), Some(passkey));
    }
}

async fn a_credential_is_registered_once_whoever_has_it_until_it_is_removed(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let (first, second) = (with_credential("1", "one"), with_credential("2", "one"));
                assert!(tx.add_passkey(&first).await?);
                assert!(!tx.add_passkey(&second).await?);
                assert!(!tx.add_passkey(&of_bob(second.clone())).await?);
                assert!(!tx.add_passkey(&with_credential("1", "two")).await?, "the id is taken");
                assert!(tx.remove_passkey(&first.id, at(5)).await?);
                assert!(!tx.remove_passkey(&first.id, at(6)).await?);
                assert!(!tx.remove_passkey(&second.id, at(6)).await?);
                assert!(tx.add_passkey(&of_bob(second.clone())).await?);
                assert_eq!(tx.passkey(&first.id).await?.unwrap().removed, Some(at(5)));
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

#[tokio::test]
async fn one_of_many_who_register_a_credential_at_once_has_it() {
    let (_folder, store, _) = store().await;
    add_ada_and_bob(&store).await;
    let register = |number: usize| {
        let store = store.clone();
        async move {
            let passkey = with_credential(&number.to_string(), "one");
            let added: Result<bool, StoreError> =
                store.write(passkey, |passkey, tx| Box::pin(tx.add_passkey(passkey))).await;
            added.unwrap()
        }
    };
    let added = (0..8).map(register).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(added.iter().filter(|added| **added).count(), 1);
}

async fn a_users_passkeys_come_by_age_and_pages_by_id_without_those_that_are_removed(
    store: Arc<dyn Store>,
) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for (id, created) in [("1", 9), ("2", 8), ("3", 7), ("5", 6)] {
                    let passkey = Passkey { created: at(created), ..with_credential(id, id) };
                    assert!(tx.add_passkey(&passkey).await?);
                }
                assert!(tx.add_passkey(&of_bob(with_credential("4", "4"))).await?);
                assert!(tx.remove_passkey(&"2".parse().unwrap(), at(9)).await?);
                let ids = |passkeys: Vec<Passkey>| -> Vec<_> {
                    passkeys.into_iter().map(|it| it.id.to_string()).collect()
                };
                let ada = "ada".parse().unwrap();
                assert_eq!(ids(tx.passkeys_of(&ada).await?), ["5", "3", "1"]);
                let three = "3".parse().unwrap();
                assert_eq!(ids(tx.passkeys_after(None, None, 3).await?), ["1", "3", "4"]);
                assert_eq!(ids(tx.passkeys_after(None, Some(&three), 3).await?), ["4", "5"]);
                assert_eq!(ids(tx.passkeys_after(Some(&ada), None, 2).await?), ["1", "3"]);
                assert_eq!(ids(tx.passkeys_after(Some(&ada), Some(&three), 2).await?), ["5"]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_handle_names_one_user(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
                assert_eq!(tx.handle_of(&ada).await?, None);
                assert!(tx.set_handle(&ada, &handle(&[0, 255])).await?);
                assert!(tx.set_handle(&ada, &handle(&[0, 255])).await?);
                assert!(!tx.set_handle(&bob, &handle(&[0, 255])).await?);
                assert!(tx.set_handle(&bob, &handle(&[0])).await?);
                assert_eq!(tx.handle_of(&ada).await?, Some(handle(&[0, 255])));
                assert_eq!(tx.handle_of(&bob).await?, Some(handle(&[0])));
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

#[tokio::test]
async fn a_handle_that_another_takes_meanwhile_is_taken() {
    let (_folder, store, connection) = store().await;
    add_ada_and_bob(&store).await;
    // The databases write octets differently; they can copy some that are there.
    let bobs = "UPDATE users SET handle = (SELECT credential_id FROM passkeys) WHERE id = 'bob'";
    let registered: Result<bool, StoreError> = store
        .write(with_credential("1", "other"), |passkey, tx| Box::pin(tx.add_passkey(passkey)))
        .await;
    assert!(registered.unwrap());
    let take = store.write((), |(), tx| {
        Box::pin(async move { tx.set_handle(&"ada".parse().unwrap(), &handle(b"other")).await })
    });
    let taken: Result<bool, StoreError> = meanwhile(&connection, bobs, take).await;
    assert!(!taken.unwrap());
}

async fn nothing_is_left_of_a_users_passkeys_and_anothers_stay(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let (ada, bob): (UserId, UserId) = ("ada".parse().unwrap(), "bob".parse().unwrap());
                assert!(tx.add_passkey(&with_credential("1", "1")).await?);
                assert!(tx.add_passkey(&with_credential("2", "2")).await?);
                assert!(tx.remove_passkey(&"2".parse().unwrap(), at(5)).await?);
                assert!(tx.add_passkey(&of_bob(with_credential("3", "3"))).await?);
                for user in [&ada, &bob] {
                    let ceremony = ceremonies::ceremony(user.as_str(), user, 1);
                    tx.add_ceremony(&ceremony, 9).await?;
                    assert!(tx.set_handle(user, &handle(user.as_str().as_bytes())).await?);
                }
                tx.delete_passkeys_of(&ada).await?;
                for (id, stays) in [("1", false), ("2", false), ("3", true)] {
                    assert_eq!(tx.passkey(&id.parse().unwrap()).await?.is_some(), stays, "{id}");
                }
                assert!(tx.ceremonies_of(&ada).await?.is_empty());
                assert_eq!(tx.ceremonies_of(&bob).await?.len(), 1);
                assert_eq!(tx.handle_of(&ada).await?, None);
                assert_eq!(tx.handle_of(&bob).await?, Some(handle(b"bob")));
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

use super::*;

#[tokio::test]
async fn a_key_is_needed_by_links_that_work_or_can_be_sent_again_and_by_what_can_be_undone() {
    let (_folder, store, _) = store().await;
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

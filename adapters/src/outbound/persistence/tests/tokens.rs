use sea_orm::Statement;
use sea_orm_migration::MigratorTrait;
use tokio::task::JoinSet;

use super::*;
use crate::outbound::persistence::migrations::Migrator;

for_both_stores! {
    a_token_is_found_by_its_hash_and_revoked_once,
    a_token_of_a_service_is_found_by_the_services_name,
    those_who_look_for_tokens_together_find_their_own,
    those_who_write_and_look_for_tokens_together_find_their_own,
    one_that_panics_while_many_look_ends_alone,
}

fn token(id: &str, user: &str) -> Token {
    Token {
        id: id.parse().unwrap(),
        holder: Holder::Person(user.parse().unwrap()),
        permissions: Permissions::default(),
        name: None,
        created: at(1),
        expires: None,
        revoked: None,
        last_used: None,
    }
}

fn hash(id: &str) -> TokenHash {
    BearerToken::presented(id).unwrap().hash()
}

async fn a_token_is_found_by_its_hash_and_revoked_once(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let named = Token {
                    name: Some(Text::parse("Ada's laptop").unwrap()),
                    expires: Some(at(90)),
                    ..token("2", "ada")
                };
                for token in [&named, &token("1", "ada"), &token("3", "bob")] {
                    tx.add_token(token, &hash(token.id.as_str())).await?;
                    let found = tx.token_by_hash(&hash(token.id.as_str())).await?;
                    assert_eq!(found.as_ref(), Some(token));
                }
                assert_eq!(tx.token_by_hash(&hash("4")).await?, None);
                assert_eq!(tx.token(&named.id).await?.as_ref(), Some(&named));
                assert_eq!(tx.token(&"4".parse().unwrap()).await?, None);
                let ada = "ada".parse().unwrap();
                assert_eq!(tx.tokens_of(&ada).await?, [token("1", "ada"), named.clone()]);

                let revoked = Token { revoked: Some(at(5)), ..named };
                for second in [5, 6] {
                    let now = tx.revoke_token(&revoked.id, at(second)).await?;
                    assert_eq!(now.as_ref(), Some(&revoked));
                }
                assert_eq!(tx.token_by_hash(&hash("2")).await?, Some(revoked));
                assert_eq!(tx.revoke_token(&"4".parse().unwrap(), at(5)).await?, None);

                tx.delete_tokens_of(&ada).await?;
                assert_eq!(tx.tokens_of(&ada).await?, []);
                assert_eq!(tx.token_by_hash(&hash("1")).await?, None);
                assert_eq!(tx.tokens_of(&"bob".parse().unwrap()).await?, [token("3", "bob")]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_token_of_a_service_is_found_by_the_services_name(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let of = |id: &str, name: &str, reach: &str| Token {
                holder: Holder::Service {
                    name: name.parse().unwrap(),
                    reach: reach.parse().unwrap(),
                },
                permissions: "user.passkey.write user.passkey.read".parse().unwrap(),
                ..token(id, "nobody")
            };
            let tokens = [of("1", "shop", "acme"), of("2", "shop", "*"), of("3", "ada", "acme")];
            for token in &tokens {
                tx.add_token(token, &hash(token.id.as_str())).await?;
                let found = tx.token_by_hash(&hash(token.id.as_str())).await?;
                assert_eq!(found.as_ref(), Some(token));
            }
            tx.note_use(&tokens[1].id, at(9)).await?;
            let used = Token { last_used: Some(at(9)), ..tokens[1].clone() };
            assert_eq!(tx.token_for_share(&used.id).await?.as_ref(), Some(&used));
            let of_shop = tx.tokens_of_service(&"shop".parse().unwrap()).await?;
            assert_eq!(of_shop, [tokens[0].clone(), used]);
            assert_eq!(tx.tokens_of(&"ada".parse().unwrap()).await?, []);
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn tokens_of_earlier_versions_are_kept_with_what_holds_of_them() {
    let (_folder, url) = new_database().await;
    let store = SeaStore::connect(&url, 4).await.unwrap();
    let connection = connection_beside(&store).await;
    let backend = connection.get_database_backend();
    Migrator::up(&connection, Some(14)).await.unwrap();
    let octets = |hash: &TokenHash| {
        let hex: String = hash.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
        match backend {
            DbBackend::Sqlite => format!("x'{hex}'"),
            _ => format!("'\\x{hex}'"),
        }
    };
    let run = async |statement: &str| connection.execute_unprepared(statement).await;
    let columns =
        "INSERT INTO tokens (id, user_id, hash, name, created_at, expires_at, revoked_at)";
    let row = |id: &str, user: &str, hashed: &str, more: &str| {
        format!("{columns} VALUES ('{id}', {user}, {}, {more})", octets(&hash(hashed)))
    };
    for user in ["ada", "bob"] {
        let values = format!("'{user}', 'o', '{user}', 'n', 'en', false, 'active', 1, 0");
        let columns = "id, organisation, username, display_name, language, email_verified, \
            state, sequence, created_at";
        run(&format!("INSERT INTO users ({columns}) VALUES ({values})")).await.unwrap();
    }
    let event = "INSERT INTO events (user_id, sequence, kind, recorded_at) \
        VALUES ('ada', 1, 'user.added', 0)";
    run(event).await.unwrap();
    let named = format!("'Laptop', 1, {}, {}", at(90).as_millisecond(), at(5).as_millisecond());
    run(&row("1", "'ada'", "1", &named)).await.unwrap();
    run(&row("2", "'ada'", "2", "NULL, 2, NULL, NULL")).await.unwrap();
    run(&row("3", "'bob'", "3", "NULL, 3, NULL, NULL")).await.unwrap();

    store.migrate(&|_| ()).await.unwrap();
    let bare = "NULL, 4, NULL, NULL";
    assert!(run(&row("4", "'bob'", "3", bare)).await.is_err(), "two tokens are one");
    assert!(run(&row("4", "'eve'", "4", bare)).await.is_err(), "a token of nobody");
    assert!(run(&row("3", "'bob'", "4", bare)).await.is_err(), "two tokens have one id");
    assert!(run("DELETE FROM users WHERE id = 'bob'").await.is_err(), "a token is left alone");
    let actors = "SELECT * FROM events WHERE actor_kind IS NOT NULL OR actor IS NOT NULL";
    let actors = connection.query_all_raw(Statement::from_string(backend, actors)).await.unwrap();
    assert!(actors.is_empty());

    let store: Arc<dyn Store> = Arc::new(store);
    unit(&store, |(), tx| {
        Box::pin(async move {
            let of = |id: &str, user: &str, milliseconds: i64| Token {
                created: Timestamp::from_millisecond(milliseconds).unwrap(),
                ..token(id, user)
            };
            let first = Token {
                name: Text::parse("Laptop").ok(),
                expires: Some(at(90)),
                revoked: Some(at(5)),
                ..of("1", "ada", 1)
            };
            let all = [first, of("2", "ada", 2), of("3", "bob", 3)];
            for token in &all {
                let found = tx.token_by_hash(&hash(token.id.as_str())).await?;
                assert_eq!(found.as_ref(), Some(token));
            }
            assert_eq!(tx.tokens_of(&"ada".parse().unwrap()).await?, all[..2]);
            let holder = Holder::Service { name: Text::parse("shop").unwrap(), reach: Reach::All };
            let service = Token { holder, ..token("4", "nobody") };
            tx.add_token(&service, &hash("4")).await?;
            assert_eq!(tx.token_by_hash(&hash("4")).await?.as_ref(), Some(&service));
            tx.delete_tokens_of(&"ada".parse().unwrap()).await?;
            assert_eq!(tx.tokens_of(&"bob".parse().unwrap()).await?, all[2..]);
            Ok(())
        })
    })
    .await;
}

/// Tokens `0` to `9`, of Ada and Bob by turns.
async fn add_ten(store: &Arc<dyn Store>) {
    add_ada_and_bob(store).await;
    unit(store, |(), tx| {
        Box::pin(async move {
            for number in 0..10 {
                let token = token(&number.to_string(), ["ada", "bob"][number % 2]);
                tx.add_token(&token, &hash(token.id.as_str())).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// Who looks for each of these tokens, all at the same time.
async fn look_for(
    store: &Arc<dyn Store>,
    ids: impl Iterator<Item = usize>,
) -> Vec<(usize, Result<Option<Token>, StoreError>)> {
    let look = |number: usize| {
        let store = store.clone();
        let found = async move {
            let found = store.read_in_set(number.to_string(), |id, tx| {
                Box::pin(async move {
                    let found = tx.token_by_hash(&hash(id)).await?;
                    assert_ne!(id, "13", "as planned");
                    Ok(found)
                })
            });
            found.await
        };
        async move {
            let found = tokio::spawn(found).await;
            (number, found.unwrap_or_else(|panic| Err(StoreError::Broken(panic.into()))))
        }
    };
    ids.map(look).collect::<JoinSet<_>>().join_all().await
}

async fn those_who_look_for_tokens_together_find_their_own(store: Arc<dyn Store>) {
    add_ten(&store).await;
    // Some for the same one, and some for one that isn't there.
    for (number, found) in look_for(&store, (0..120).map(|number| number % 12)).await {
        let id = found.unwrap().map(|token| token.id.to_string());
        assert_eq!(id, (number < 10).then(|| number.to_string()));
    }
}

async fn those_who_write_and_look_for_tokens_together_find_their_own(store: Arc<dyn Store>) {
    add_ten(&store).await;
    let found = (0..120).map(|number| {
        let store = store.clone();
        async move {
            let id = (number % 12).to_string();
            let find = store.write_in_set(id.clone(), |id, tx| {
                Box::pin(async move { tx.token_by_hash(&hash(id)).await })
            });
            let found: Result<_, StoreError> = find.await;
            (id, found.unwrap().map(|token| token.id.to_string()))
        }
    });
    for (id, found) in found.collect::<JoinSet<_>>().join_all().await {
        assert_eq!(found, (id.len() == 1).then_some(id));
    }
}

async fn one_that_panics_while_many_look_ends_alone(store: Arc<dyn Store>) {
    add_ten(&store).await;
    for (number, found) in look_for(&store, (0..60).map(|number| number % 15)).await {
        assert_eq!(found.is_err(), number == 13, "{number}: {found:?}");
    }
}

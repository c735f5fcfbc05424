use super::*;

for_both_stores! {
    a_token_is_found_by_its_hash_and_revoked_once,
    a_token_of_a_service_is_found_by_the_services_name,
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

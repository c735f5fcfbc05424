use super::*;

for_both_stores! {
    an_identity_is_one_users_for_good,
}

async fn an_identity_is_one_users_for_good(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let [ada, bob]: [UserId; 2] = ["ada", "bob"].map(|id| id.parse().unwrap());
            let of = |issuer: &str, subject: &str| Identity {
                issuer: issuer.to_owned(),
                subject: subject.parse().unwrap(),
            };
            let identity = of("https://a.example", "17");
            assert_eq!(tx.identity(&identity).await?, None);
            assert!(tx.keep_identity(&identity, &ada, None).await?);
            assert!(tx.keep_identity(&identity, &ada, Some(at(5))).await?);
            let known = KnownIdentity { user: ada.clone(), claims_of: Some(at(5)) };
            assert_eq!(tx.identity(&identity).await?.as_ref(), Some(&known));
            for other in [of("https://b.example", "17"), of("https://a.example", "18")] {
                assert_eq!(tx.identity(&other).await?, None);
                assert!(tx.keep_identity(&other, &bob, None).await?);
            }
            assert!(!tx.keep_identity(&identity, &bob, Some(at(6))).await?);
            assert_eq!(tx.identity(&identity).await?.as_ref(), Some(&known));

            tx.erase_identities_of(&ada).await?;
            assert_eq!(tx.identity(&identity).await?.as_ref(), Some(&known));
            Ok(())
        })
    })
    .await;
}

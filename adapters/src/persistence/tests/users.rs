use super::*;

#[tokio::test]
async fn a_user_comes_back_as_it_was_put_in() {
    let (_folder, store, _) = store().await;
    let ada = user("ada", "Ada@example.com");
    assert!(add(&store, ada.clone()).await);
    let found: Result<_, StoreError> =
        store.read(ada.id.clone(), |id, tx| Box::pin(tx.user(id))).await;
    assert_eq!(found.unwrap(), Some(ada));
}

#[tokio::test]
async fn an_address_is_one_users_in_an_organisation_whatever_its_case() {
    let (_folder, store, _) = store().await;
    assert!(add(&store, user("ada", "ada@example.com")).await);
    assert!(!add(&store, user("bob", "Ada@example.com")).await);
    assert!(!add(&store, user("ada", "other@example.com")).await);
    let elsewhere =
        User { organisation: "other".parse().unwrap(), ..user("bob", "ada@example.com") };
    assert!(add(&store, elsewhere).await);
    let owner = async |organisation: &str, address: &str| -> Option<UserId> {
        let whose = (organisation.parse().unwrap(), address.parse().unwrap());
        let owner: Result<_, StoreError> = store
            .read(whose, |(organisation, address), tx| Box::pin(tx.owner_of(organisation, address)))
            .await;
        owner.unwrap()
    };
    assert_eq!(owner("default", "ADA@example.com").await, Some("ada".parse().unwrap()));
    assert_eq!(owner("other", "ada@example.com").await, Some("bob".parse().unwrap()));
    assert_eq!(owner("other", "bob@example.com").await, None);
}

#[tokio::test]
async fn a_users_address_can_change_to_one_that_nobody_has() {
    let (_folder, store, _) = store().await;
    let bob = user("bob", "bob@example.com");
    add(&store, user("ada", "ada@example.com")).await;
    add(&store, bob.clone()).await;
    let change = async |user: User| -> bool {
        let changed: Result<_, StoreError> =
            store.write(user, |user, tx| Box::pin(tx.change_user(user))).await;
        changed.unwrap()
    };
    assert!(!change(User { email: user("bob", "ADA@example.com").email, ..bob.clone() }).await);
    let moved = User { email: user("bob", "bob@example.org").email, ..bob.clone() };
    assert!(change(moved.clone()).await);
    let found: Result<_, StoreError> =
        store.read(bob.id.clone(), |id, tx| Box::pin(tx.user(id))).await;
    assert_eq!(found.unwrap(), Some(moved));
    assert!(change(user("ada", "bob@example.com")).await, "it is free again");
}

#[tokio::test]
async fn an_address_that_another_takes_meanwhile_is_taken() {
    let (_folder, store, connection) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    add(&store, user("bob", "bob@example.com")).await;
    let bobs = "UPDATE users SET email_key = 'new@example.com' WHERE id = 'bob'";
    let change =
        store.write(user("ada", "new@example.com"), |user, tx| Box::pin(tx.change_user(user)));
    let changed: Result<bool, StoreError> = meanwhile(&connection, bobs, change).await;
    assert!(!changed.unwrap());
}

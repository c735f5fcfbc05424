use sea_orm::Statement;
use sea_orm_migration::{MigrationTrait, SchemaManager};

use super::*;
use crate::outbound::persistence::migrations;

for_both_stores! {
    a_user_comes_back_as_it_was_put_in,
    an_address_is_one_users_in_an_organisation_whatever_its_case,
    a_users_address_can_change_to_one_that_nobody_has,
    an_address_is_one_however_it_is_written,
    a_user_without_a_language_has_none,
    a_change_leaves_organisation_and_sequence_as_they_are,
    users_come_by_id_without_those_who_were_removed,
}

async fn a_user_comes_back_as_it_was_put_in(store: Arc<dyn Store>) {
    let ada = user("ada", "Ada@example.com");
    assert!(add(&store, ada.clone()).await);
    let found: Result<_, StoreError> =
        store.read(ada.id.clone(), |id, tx| Box::pin(tx.user(id))).await;
    assert_eq!(found.unwrap(), Some(ada));
}

async fn an_address_is_one_users_in_an_organisation_whatever_its_case(store: Arc<dyn Store>) {
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

async fn a_users_address_can_change_to_one_that_nobody_has(store: Arc<dyn Store>) {
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
    add_ada_and_bob(&store).await;
    let bobs = "UPDATE users SET email_key = 'new@example.com' WHERE id = 'bob'";
    let change =
        store.write(user("ada", "new@example.com"), |user, tx| Box::pin(tx.change_user(user)));
    let changed: Result<bool, StoreError> = meanwhile(&connection, bobs, change).await;
    assert!(!changed.unwrap());
}

async fn an_address_is_one_however_it_is_written(store: Arc<dyn Store>) {
    assert!(add(&store, user("ada", "zoe\u{308}@example.com")).await);
    assert!(!add(&store, user("bob", "Zoë@example.com")).await);
    assert!(!add(&store, user("bob", "\"zoë\"@example.com")).await);
}

/// A user as former rules had them.
async fn old_user(connection: &DatabaseConnection, id: &str, email: &str) {
    let sql = "INSERT INTO users (id, organisation, username, display_name, language, email, \
        email_key, email_verified, state, sequence, created_at) \
        VALUES ($1, 'org', 'ada', 'Ada', 'iw', $2, $3, true, 'active', 1, 0)";
    let values = [id.into(), email.into(), email.to_lowercase().into()];
    let backend = connection.get_database_backend();
    let insert = Statement::from_sql_and_values(backend, sql, values);
    connection.execute_raw(insert).await.unwrap();
}

#[tokio::test]
async fn users_of_old_are_there_with_the_keys_of_their_mailboxes() {
    let (_folder, store, connection) = store().await;
    for (id, email) in [
        ("blank", "\"a b\"@example.com"),
        ("host", "ada@my_host.example"),
        ("jamo", "\u{1112}\u{1161}\u{11ab}@example.com"),
        ("one", "ada@example.com"),
        ("two", "\"Ada\"@example.com"),
    ] {
        old_user(&connection, id, email).await;
    }
    let manager = SchemaManager::new(&connection);
    for _again in 0..2 {
        migrations::m0013_mailbox_keys::Step.up(&manager).await.unwrap();
    }
    let found: Result<_, StoreError> =
        store.read((), |(), tx| Box::pin(tx.users_after(None, 10))).await;
    let found = found.unwrap();
    assert_eq!(found.len(), 5, "all are read");
    assert!(
        !add(
            &store,
            User { organisation: "org".parse().unwrap(), ..user("new", "한@example.com") }
        )
        .await
    );
    for user in found {
        let changed = User { state: UserState::Locked, ..user };
        let changed: Result<bool, StoreError> =
            store.write(changed, |user, tx| Box::pin(tx.change_user(user))).await;
        assert!(changed.unwrap(), "also who has a mailbox that another has");
    }
}

async fn a_user_without_a_language_has_none(store: Arc<dyn Store>) {
    let ada = User { language: None, ..user("ada", "ada@example.com") };
    assert!(add(&store, ada.clone()).await);
    let found: Result<_, StoreError> =
        store.read(ada.id.clone(), |id, tx| Box::pin(tx.user(id))).await;
    assert_eq!(found.unwrap(), Some(ada));
}

async fn a_change_leaves_organisation_and_sequence_as_they_are(store: Arc<dyn Store>) {
    let ada = user("ada", "ada@example.com");
    assert!(add(&store, ada.clone()).await);
    let changed = User { username: "lovelace".parse().unwrap(), ..ada };
    let (other, next) = ("other".parse().unwrap(), changed.sequence.next());
    let elsewhere = User { organisation: other, sequence: next, ..changed.clone() };
    let nobody = user("nobody", "nobody@example.com");
    for (given, found) in [(elsewhere, Some(changed)), (nobody, None)] {
        let put: Result<_, StoreError> = store
            .write(given, |given, tx| {
                Box::pin(async move {
                    assert!(tx.change_user(given).await?);
                    tx.user(&given.id).await
                })
            })
            .await;
        assert_eq!(put.unwrap(), found);
    }
}

async fn users_come_by_id_without_those_who_were_removed(store: Arc<dyn Store>) {
    let (active, locked, removed) = (UserState::Active, UserState::Locked, UserState::Removed);
    for (id, state) in [("c", active), ("a", locked), ("b", removed), ("d", active)] {
        let new = User { state, ..user(id, &format!("{id}@example.com")) };
        assert!(add(&store, new).await);
    }
    for (after, limit, expected) in
        [(None, 2, vec!["a", "c"]), (Some("a"), 9, vec!["c", "d"]), (Some("b"), 1, vec!["c"])]
    {
        let after = after.map(|id| id.parse::<UserId>().unwrap());
        let found: Result<Vec<User>, StoreError> = store
            .read(after, move |after, tx| Box::pin(tx.users_after(after.as_ref(), limit)))
            .await;
        let found: Vec<_> = found.unwrap().iter().map(|user| user.id.to_string()).collect();
        assert_eq!(found, expected);
    }
}

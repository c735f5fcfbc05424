use sea_orm::Statement;
use sea_orm_migration::{MigrationTrait, SchemaManager};

use super::*;
use crate::outbound::persistence::migrations;

for_both_stores! {
    a_user_comes_back_as_it_was_put_in,
    an_address_is_one_users_in_an_organisation_whatever_its_case,
    a_username_is_one_users_in_an_organisation_however_it_is_written,
    a_username_is_free_when_its_user_is_gone,
    a_users_address_can_change_to_one_that_nobody_has,
    who_has_a_login_name_is_found_by_it,
    of_many_with_a_login_name_two_are_found,
    an_address_is_one_however_it_is_written,
    a_user_without_a_language_has_none,
    a_change_leaves_organisation_and_sequence_as_they_are,
    users_come_by_id_without_those_who_were_removed,
}

/// Somebody whose username is not the address.
fn named(id: &str, username: &str) -> User {
    User { username: username.parse().unwrap(), ..user(id, &format!("{id}@example.com")) }
}

async fn changed(store: &Arc<dyn Store>, user: User) -> Result<(), Taken> {
    let changed: Result<_, StoreError> =
        store.write(user, |user, tx| Box::pin(tx.change_user(user))).await;
    changed.unwrap()
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
    let ada: UserId = "ada".parse().unwrap();
    let bob = user("bob", "Ada@example.com");
    assert_eq!(added(&store, bob.clone()).await, Err(Taken::Email(ada.clone())));
    assert_eq!(added(&store, user("ada", "other@example.com")).await, Err(Taken::Id(ada)));
    assert!(add(&store, User { organisation: "other".parse().unwrap(), ..bob }).await);
}

async fn a_username_is_one_users_in_an_organisation_however_it_is_written(store: Arc<dyn Store>) {
    let ada: UserId = "ada".parse().unwrap();
    assert!(add(&store, named("ada", "zoe\u{308}")).await);
    let bob = named("bob", "ZOË");
    assert_eq!(added(&store, bob.clone()).await, Err(Taken::Username(ada.clone())));
    assert!(add(&store, User { organisation: "other".parse().unwrap(), ..bob }).await);
    let eve = named("eve", "eve");
    assert!(add(&store, eve.clone()).await);
    for (name, taken) in [("Zoë", Some(Taken::Username(ada.clone()))), ("EVE", None)] {
        let eve = User { username: name.parse().unwrap(), ..eve.clone() };
        let asked = eve.clone();
        let found: Result<_, StoreError> =
            store.read(asked, |user, tx| Box::pin(tx.taken(user))).await;
        assert_eq!(found.unwrap(), taken);
        assert_eq!(changed(&store, eve).await.err(), taken);
    }
    // Another's address is no username.
    assert!(add(&store, named("abe", "ada@example.com")).await);
    // Where both are taken, the address is told.
    let both = User { email: user("ada", "ada@example.com").email, ..named("new", "eve") };
    assert_eq!(added(&store, both).await, Err(Taken::Email(ada)));
}

async fn a_username_is_free_when_its_user_is_gone(store: Arc<dyn Store>) {
    for id in ["ada", "bob"] {
        assert!(add(&store, named(id, &format!("{id}-1"))).await);
        let username = if id == "ada" { "removed" } else { "bob" };
        changed(&store, named(id, username)).await.unwrap();
        let gone = named(id, username).removed().unwrap().user;
        changed(&store, gone).await.unwrap();
    }
    for (id, name) in [("a", "removed"), ("b", "bob"), ("c", "bob-1")] {
        assert!(add(&store, named(id, name)).await, "{name}");
    }
}

async fn a_users_address_can_change_to_one_that_nobody_has(store: Arc<dyn Store>) {
    let bob = user("bob", "bob@example.com");
    add(&store, user("ada", "ada@example.com")).await;
    add(&store, bob.clone()).await;
    let adas = User { email: user("bob", "ADA@example.com").email, ..bob.clone() };
    assert_eq!(changed(&store, adas).await, Err(Taken::Email("ada".parse().unwrap())));
    let moved = user("bob", "bob@example.org");
    assert_eq!(changed(&store, moved.clone()).await, Ok(()));
    let found: Result<_, StoreError> =
        store.read(bob.id.clone(), |id, tx| Box::pin(tx.user(id))).await;
    assert_eq!(found.unwrap(), Some(moved));
    assert_eq!(changed(&store, user("ada", "bob@example.com")).await, Ok(()), "it is free again");
}

#[tokio::test]
async fn an_address_or_a_username_that_another_takes_meanwhile_is_taken() {
    let (_folder, store, connection) = store().await;
    add_ada_and_bob(&store).await;
    let new = user("ada", "new@example.com");
    let ada = user("ada", "ada@example.com");
    let bob: UserId = "bob".parse().unwrap();
    for (column, change, taken) in [
        ("username_key", User { email: ada.email, ..new.clone() }, Taken::Username(bob.clone())),
        ("email_key", User { username: ada.username, ..new }, Taken::Email(bob)),
    ] {
        let bobs = format!("UPDATE users SET {column} = 'new@example.com' WHERE id = 'bob'");
        assert_eq!(meanwhile(&connection, &bobs, changed(&store, change)).await, Err(taken));
    }
}

async fn who_has_a_login_name_is_found_by_it(store: Arc<dyn Store>) {
    let elsewhere = |user: User| User { organisation: "other".parse().unwrap(), ..user };
    let unverified = |user: User| {
        let email = user.email.clone().map(|email| UserEmail { verified: false, ..email });
        User { email, ..user }
    };
    for user in [
        user("ada", "Ada@example.com"),
        named("bob", "Bob"),
        elsewhere(named("eve", "bob")),
        elsewhere(user("eva", "Ada@example.com")),
        unverified(named("abe", "abe")),
        // Both of these are meant by one name.
        named("one", "two@example.com"),
        named("two", "second"),
        User { state: UserState::Removed, ..named("old", "old") },
        User { state: UserState::Locked, ..named("zoe", "zoe\u{308}") },
    ] {
        assert!(add(&store, user).await);
    }
    let one = |organisation: &str| Organisations::One(organisation.parse().unwrap());
    let all_but = |left_out: &[&str]| {
        Organisations::AllBut(left_out.iter().map(|it| it.parse().unwrap()).collect())
    };
    for (name, within, ids) in [
        ("ADA@example.com", one("default"), vec!["ada"]),
        ("ada@example.com", all_but(&[]), vec!["ada", "eva"]),
        ("ada@example.com", all_but(&["default"]), vec!["eva"]),
        ("ada@example.com", all_but(&["x", "other", "y"]), vec!["ada"]),
        ("bob", one("default"), vec!["bob"]),
        ("bob", one("other"), vec!["eve"]),
        ("bob@example.com", one("default"), vec!["bob"]),
        ("bob", one("nobody"), vec![]),
        ("bob", all_but(&["default", "other"]), vec![]),
        ("abe", one("default"), vec!["abe"]),
        ("abe@example.com", one("default"), vec![]),
        ("two@example.com", one("default"), vec!["one", "two"]),
        ("two@example.com", all_but(&["other"]), vec!["one", "two"]),
        ("old", all_but(&[]), vec![]),
        ("old@example.com", all_but(&[]), vec![]),
        ("ZOË", all_but(&["other"]), vec!["zoe"]),
        ("nobody", all_but(&[]), vec![]),
    ] {
        let asked = (LoginName::parse(name).unwrap(), within.clone());
        let found: Result<Vec<UserId>, StoreError> =
            store.read(asked, |(name, within), tx| Box::pin(tx.users_named(name, within))).await;
        let mut found: Vec<_> = found.unwrap().iter().map(ToString::to_string).collect();
        found.sort();
        assert_eq!(found, ids, "{name} {within:?}");
    }
}

async fn of_many_with_a_login_name_two_are_found(store: Arc<dyn Store>) {
    for number in 0..5 {
        let organisation = format!("org-{number}").parse().unwrap();
        let user = named(&format!("user-{number}"), "ada");
        assert!(add(&store, User { organisation, ..user }).await);
    }
    for (left_out, count) in [(0, 2), (1, 2), (4, 1), (5, 0)] {
        let left_out = (0..left_out).map(|number| format!("org-{number}").parse().unwrap());
        let asked = Organisations::AllBut(left_out.collect());
        let found: Result<Vec<UserId>, StoreError> = store
            .read(asked, |within, tx| {
                Box::pin(
                    async move { tx.users_named(&LoginName::parse("Ada").unwrap(), within).await },
                )
            })
            .await;
        assert_eq!(found.unwrap().len(), count);
    }
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
        let locked = User { state: UserState::Locked, ..user };
        assert_eq!(changed(&store, locked).await, Ok(()), "whatever another has");
    }
}

/// Takes what the step made away, so that it can be made again.
const BEFORE_USERNAMES: [&str; 4] = [
    "DROP INDEX users_username_key_organisation",
    "DROP INDEX users_email_key_organisation",
    "ALTER TABLE users DROP COLUMN username_key",
    "CREATE UNIQUE INDEX users_organisation_email_key ON users (organisation, email_key)",
];

/// Waits until each transaction sees what was done so far. PostgreSQL reads by no index before that is made of
/// rows that were just changed.
async fn until_all_are_younger(connection: &DatabaseConnection) {
    let backend = connection.get_database_backend();
    if backend != DbBackend::Postgres {
        return;
    }
    let ask = async |sql: &str| -> i64 {
        let row = connection.query_one_raw(Statement::from_string(backend, sql)).await;
        row.unwrap().unwrap().try_get("", "xid").unwrap()
    };
    let done = ask("SELECT txid_current() AS xid").await;
    while ask("SELECT txid_snapshot_xmin(txid_current_snapshot()) AS xid").await <= done {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs SQL of the test's own.
async fn run(connection: &DatabaseConnection, sql: &str, values: Vec<sea_orm::Value>) {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    connection.execute_raw(statement).await.unwrap();
}

#[tokio::test]
async fn users_of_old_are_found_by_their_usernames_unless_several_have_one() {
    let (_folder, store, connection) = store().await;
    for sql in BEFORE_USERNAMES {
        connection.execute_unprepared(sql).await.unwrap();
    }
    let insert = "INSERT INTO users (id, organisation, username, display_name, language, email, \
        email_key, email_verified, state, sequence, created_at) \
        VALUES ($1, $2, $3, 'Ada', '', $4, $4, true, $5, 1, 0)";
    let email = |id: &str| format!("{id}@example.com");
    for (id, organisation, username, state) in [
        ("plain", "org", "Plain", "active"),
        ("address", "org", "ADDRESS@example.com", "active"),
        ("quoted", "org", "\"Quoted\"@example.com", "active"),
        ("small", "org", "small I", "locked"),
        ("zoe", "org", "Zoe\u{308}", "active"),
        ("one", "org", "Ada", "active"),
        ("two", "org", "ada", "deactivated"),
        ("three", "other", "ada", "active"),
        ("four", "org", "ZO\u{cb} 2", "active"),
        ("five", "org", "zoe\u{308} 2", "active"),
        ("gone", "org", "removed", "removed"),
        ("gone2", "org", "removed", "removed"),
        ("there", "org", "Removed", "active"),
    ] {
        let values = [id, organisation, username, &email(id), state].map(Into::into);
        run(&connection, insert, values.to_vec()).await;
    }
    // More than are read at a time.
    for number in 0..1001 {
        let id = format!("many-{number}");
        let values = [&*id, "org", &format!("ZO\u{cb}-{number}"), &email(&id), "active"];
        run(&connection, insert, values.map(Into::into).to_vec()).await;
    }
    let manager = SchemaManager::new(&connection);
    migrations::m0018_usernames::Step.up(&manager).await.unwrap();
    until_all_are_younger(&connection).await;
    let named = async |name: &str| -> Vec<String> {
        let found: Result<Vec<UserId>, StoreError> = store
            .read(LoginName::parse(name).unwrap(), |name, tx| {
                Box::pin(async move { tx.users_named(name, &Organisations::all()).await })
            })
            .await;
        found.unwrap().iter().map(ToString::to_string).collect()
    };
    for (name, ids) in [
        ("plain", vec!["plain"]),
        ("address@example.com", vec!["address"]),
        ("quoted@example.com", vec!["quoted"]),
        ("SMALL i", vec!["small"]),
        ("zoë", vec!["zoe"]),
        // One of these has it in another organisation.
        ("ada", vec!["three"]),
        ("zoë 2", vec![]),
        ("two@example.com", vec!["two"]),
        ("removed", vec!["there"]),
        ("zoë-0", vec!["many-0"]),
        ("zoë-499", vec!["many-499"]),
        ("zoë-1000", vec!["many-1000"]),
    ] {
        assert_eq!(named(name).await, ids, "{name}");
    }
    // Who keeps such a username can be changed otherwise, and gets the key of another.
    let org = |id: &str, username: &str| User {
        organisation: "org".parse().unwrap(),
        username: username.parse().unwrap(),
        ..user(id, &email(id))
    };
    let locked = User { state: UserState::Locked, ..org("one", "Ada") };
    assert_eq!(changed(&store, locked).await, Ok(()));
    assert_eq!(named("ada").await, ["three"]);
    assert_eq!(changed(&store, org("one", "ada-1")).await, Ok(()));
    assert_eq!(named("ada-1").await, ["one"]);
    let plain = Err(Taken::Username("plain".parse().unwrap()));
    assert_eq!(changed(&store, org("two", "PLAIN")).await, plain);
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
                    tx.change_user(given).await?.unwrap();
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

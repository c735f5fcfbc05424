use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_application::{fakes::World, mails::*, ports::*};
use passlink_domain::*;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, TransactionTrait};

use super::*;

/// Makes two tests of each of these expectations: one of the database, and one of the store in memory
/// that the tests of the use cases have in its place.
macro_rules! for_both_stores {
    ($($expectation:ident),+ $(,)?) => {
        for_both_stores! { new_store, new_world: $($expectation),+ }
    };
    // What the expectations get, if it is more than a store.
    ($database:ident, $in_memory:ident: $($expectation:ident),+ $(,)?) => {
        mod database {
            $(#[tokio::test]
            async fn $expectation() {
                let (_folder, new) = super::$database().await;
                super::$expectation(new).await;
            })+
        }

        mod in_memory {
            $(#[tokio::test]
            async fn $expectation() {
                super::$expectation(super::$in_memory()).await;
            })+
        }
    };
}

mod ceremonies;
mod conflicts;
mod history;
mod identities;
mod import_table;
mod keys;
mod links;
mod mailboxes;
mod notify;
mod organisation_mails;
mod outbox;
mod passkeys;
pub(super) mod plans;
mod postgres;
mod sessions;
mod set_runs;
mod sets;
mod settled_mails;
mod steps;
mod tokens;
mod users;

for_both_stores! {
    a_unit_of_work_that_fails_undoes_its_own_writes_and_not_its_neighbours,
    a_unit_of_work_that_panics_stops_no_other,
}

/// A new database: on SQLite, or on what `PASSLINK_TEST_DATABASE` asks for.
async fn new_database() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("PASSLINK_TEST_DATABASE").as_deref() {
        Ok("postgres") => postgres::new_database().await,
        Ok("sqlite") | Err(_) => {
            format!("sqlite://{}/passlink.db?mode=rwc", folder.path().display())
        }
        Ok(other) => panic!("PASSLINK_TEST_DATABASE={other}: must be sqlite or postgres"),
    };
    make_sqlite_file(&url).unwrap();
    (folder, url)
}

/// A store on a new database. On PostgreSQL, every transaction fails once with 40001.
async fn store() -> (tempfile::TempDir, Arc<dyn Store>, DatabaseConnection) {
    store_with_conflicts(1).await
}

/// The same, for those who need no connection of their own.
async fn new_store() -> (tempfile::TempDir, Arc<dyn Store>) {
    let (folder, store, _) = store().await;
    (folder, store)
}

fn new_world() -> Arc<dyn Store> {
    World::new()
}

/// A store on a new database. On PostgreSQL, the first `failures` commits of every transaction fail.
async fn store_with_conflicts(
    failures: u32,
) -> (tempfile::TempDir, Arc<dyn Store>, DatabaseConnection) {
    let (folder, url) = new_database().await;
    let store = SeaStore::connect(&url, 4).await.unwrap();
    assert!(store.schema().await.unwrap().is_new);
    store.migrate(&|_| ()).await.unwrap();
    store.migrate(&|_| ()).await.unwrap();
    assert_eq!(store.schema().await.unwrap().pending, 0);
    let connection = connection_beside(&store).await;
    match store.0 {
        store::Database::Sqlite(_) => (folder, Arc::new(store), connection),
        store::Database::Postgres(postgres) => {
            (folder, Arc::new(conflicts::Conflicts { postgres, failures }), connection)
        }
    }
}

/// A connection to the store's database, for statements of the test's own.
async fn connection_beside(store: &SeaStore) -> DatabaseConnection {
    match &store.0 {
        store::Database::Sqlite(sqlite) => sqlite.proxy().await.unwrap(),
        store::Database::Postgres(postgres) => postgres.connected.connection.clone(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn user(id: &str, email: &str) -> User {
    User {
        id: id.parse().unwrap(),
        organisation: "default".parse().unwrap(),
        username: email.parse().unwrap(),
        display_name: "Ada Example".parse().unwrap(),
        language: "en".parse().ok(),
        email: Some(UserEmail { address: email.parse().unwrap(), verified: true }),
        state: UserState::Active,
        sequence: Sequence::NONE.next(),
    }
}

async fn add(store: &Arc<dyn Store>, user: User) -> bool {
    added(store, user).await.is_ok()
}

async fn added(store: &Arc<dyn Store>, user: User) -> Result<(), Taken> {
    let added: Result<_, StoreError> =
        store.write(user, |user, tx| Box::pin(tx.add_user(user, at(0)))).await;
    added.unwrap()
}

/// Runs a test's work in one unit.
async fn unit<F>(store: &Arc<dyn Store>, work: F)
where
    F: for<'t> Fn(
        &'t (),
        &'t mut dyn Repositories,
    ) -> futures_util::future::BoxFuture<'t, Result<(), StoreError>>,
    F: Send + Sync + 'static,
{
    let done: Result<(), StoreError> = store.write((), work).await;
    done.unwrap();
}

/// Adds these two.
async fn add_ada_and_bob(store: &Arc<dyn Store>) {
    for (id, email) in [("ada", "ada@example.com"), ("bob", "bob@example.com")] {
        assert!(add(store, user(id, email)).await);
    }
}

/// Does the work while another transaction runs the statement, and ends a moment later.
async fn meanwhile<T>(
    connection: &DatabaseConnection,
    statement: &str,
    work: impl Future<Output = T>,
) -> T {
    let a_moment = || tokio::time::sleep(Duration::from_millis(300));
    if connection.get_database_backend() == DbBackend::Sqlite {
        for begin in ["BEGIN IMMEDIATE", statement] {
            connection.execute_unprepared(begin).await.unwrap();
        }
        let end = async {
            a_moment().await;
            connection.execute_unprepared("COMMIT").await.unwrap();
        };
        return tokio::join!(work, end).0;
    }
    let other = connection.begin().await.unwrap();
    other.execute_unprepared(statement).await.unwrap();
    let end = async {
        a_moment().await;
        other.commit().await.unwrap();
    };
    tokio::join!(work, end).0
}

fn lane(organisation: i64, domain: i64) -> Lane {
    Lane { organisation, domain }
}

fn mail(id: &str) -> OutboxMail {
    OutboxMail {
        id: id.parse().unwrap(),
        user: "ada".parse().unwrap(),
        about: MailSubject::Link("link".parse().unwrap()),
        lane: lane(1, 1),
        queued: at(0),
        due: at(0),
        tries: 0,
        state: OutboxState::Waiting,
        leased_until: None,
        last_answer: None,
        trace: Some(TraceContext("the request".to_owned())),
    }
}

#[tokio::test]
async fn ten_that_migrate_at_once_migrate_once() {
    let (_folder, url) = new_database().await;
    let migrate = |_| {
        let url = url.clone();
        async move {
            make_sqlite_file(&url).unwrap();
            SeaStore::connect(&url, 2).await?.migrate(&|_| ()).await
        }
    };
    for migrated in (0..10).map(migrate).collect::<tokio::task::JoinSet<_>>().join_all().await {
        migrated.unwrap();
    }
    let store = SeaStore::connect(&url, 2).await.unwrap();
    assert_eq!(store.schema().await.unwrap().pending, 0);
}

/// Only PostgreSQL has conflicts: on SQLite, writers wait for each other.
#[tokio::test]
async fn a_unit_of_work_is_run_again_a_bounded_number_of_times() {
    for (failures, passes) in [(7, true), (8, false)] {
        let (_folder, store, connection) = store_with_conflicts(failures).await;
        let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = runs.clone();
        let added: Result<Result<(), Taken>, StoreError> = store
            .write(user("ada", "ada@example.com"), move |ada, tx| {
                counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Box::pin(tx.add_user(ada, at(0)))
            })
            .await;
        let runs = runs.load(std::sync::atomic::Ordering::Relaxed);
        match connection.get_database_backend() {
            DbBackend::Postgres => {
                assert_eq!(runs, 8);
                assert_eq!(matches!(added, Ok(Ok(()))), passes, "{added:?}");
                assert!(passes || matches!(added, Err(StoreError::Unavailable(_))), "{added:?}");
            }
            _ => assert!(added.unwrap().is_ok() && runs == 1),
        }
    }
}

#[tokio::test]
async fn two_that_wait_for_each_other_both_come_to_their_end() {
    let (_folder, store, _) = store().await;
    add_ada_and_bob(&store).await;
    let locks = |first: &'static str, second: &'static str| {
        let store = store.clone();
        async move {
            let locked: Result<(), StoreError> = store
                .write((), move |(), tx| {
                    Box::pin(async move {
                        for id in [first, second] {
                            tx.user_for_update(&id.parse().unwrap()).await?.unwrap();
                            tokio::time::sleep(Duration::from_millis(200)).await;
                        }
                        Ok(())
                    })
                })
                .await;
            locked.unwrap();
        }
    };
    tokio::join!(locks("ada", "bob"), locks("bob", "ada"));
}

/// Ada's, registered with a link of this key.
fn passkey(id: &str, key: &str, undo_until: Timestamp) -> Passkey {
    Passkey {
        id: id.parse().unwrap(),
        user: "ada".parse().unwrap(),
        name: Text::parse("Phone").unwrap(),
        rp_id: "id.example.com".into(),
        credential: Credential {
            id: CredentialId::new(id.as_bytes().to_vec()).unwrap(),
            public_key: vec![1],
            sign_count: 0,
            transports: Vec::new(),
            attachment: None,
            backup_eligible: false,
            backup_state: false,
            aaguid: Aaguid::default(),
        },
        asked: None,
        device: None,
        created: at(1),
        last_used: None,
        removed: None,
        undo: Some(Undo {
            domain: "id.example.com".into(),
            key: key.parse().unwrap(),
            until: undo_until,
            token: None,
        }),
    }
}

fn link() -> PasskeyLink {
    PasskeyLink {
        id: "link".parse().unwrap(),
        user: "ada".parse().unwrap(),
        organisation: "default".parse().unwrap(),
        delivery: Delivery::Returned,
        domain: "id.example.com".into(),
        key: "key".parse().unwrap(),
        requested_by: None,
        token: None,
        url_template: None,
        requested: at(0),
        expires: at(3600),
        state: LinkState::Requested,
    }
}

async fn a_unit_of_work_that_fails_undoes_its_own_writes_and_not_its_neighbours(
    store: Arc<dyn Store>,
) {
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let new = user(&format!("user{n}"), &format!("user{n}@example.com"));
                let result: Result<(), StoreError> = store
                    .write(new, move |new, tx| {
                        Box::pin(async move {
                            tx.add_user(new, at(0)).await?.unwrap();
                            match n % 2 {
                                0 => Ok(()),
                                _ => Err(StoreError::Broken("as planned".into())),
                            }
                        })
                    })
                    .await;
                assert_eq!(result.is_ok(), n % 2 == 0);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let users: Result<Vec<User>, StoreError> =
        store.read((), |(), tx| Box::pin(tx.users_after(None, 100))).await;
    assert_eq!(users.unwrap().len(), 20);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error_and_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passlink.db");
    std::fs::write(&file, "this is no database, however long one looks at it".repeat(100)).unwrap();
    let url = format!("sqlite://{}", file.display());
    let error = SeaStore::connect(&url, 1).await.err().expect("an error");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    let named = format!("database file {}: ", file.canonicalize().unwrap().display());
    assert!(cause.starts_with(&named) && cause.contains("is not a database of SQLite"), "{cause}");
}

#[tokio::test]
async fn another_process_that_closes_the_file_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/passlink.db?mode=rwc", folder.path().display());
    make_sqlite_file(&url).unwrap();
    let file = folder.path().join("passlink.db");
    let first = sqlite::connection::SqliteConnection::open(&file, false).unwrap();
    let second = SeaStore::connect(&url, 2).await.unwrap();
    second.migrate(&|_| ()).await.unwrap();
    drop(first);
    second.ready().await.unwrap();
    assert!(add(&(Arc::new(second) as Arc<dyn Store>), user("ada", "ada@example.com")).await);
}

async fn a_unit_of_work_that_panics_stops_no_other(store: Arc<dyn Store>) {
    let panicking: tokio::task::JoinHandle<Result<(), StoreError>> = tokio::spawn({
        let store = store.clone();
        async move {
            let written = store.write(user("bob", "bob@example.com"), |bob, tx| {
                Box::pin(async move {
                    tx.add_user(bob, at(0)).await?.unwrap();
                    panic!("as planned")
                })
            });
            written.await
        }
    });
    assert!(!matches!(panicking.await, Ok(Ok(()))));
    assert!(add(&store, user("ada", "ada@example.com")).await);
    assert!(add(&store, user("bob", "bob@example.com")).await, "nothing of it was kept");
}

//! One set at a time: its statements, and who is left out of it.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sea_orm::{ExecResult, QueryResult, Statement};
use tokio::task::JoinSet;

use super::{
    sets::{add_crowd, id, kept, send},
    *,
};
use crate::{
    outbound::persistence::{
        postgres::lanes::{Lanes, Mode},
        sets::{
            neighbours::Apart,
            together::{Ended, Ground, Spoilt},
        },
        sqlite::connection::SqliteConnection,
        statement_spans::Database,
        watchdog::LastAnswer,
    },
    telemetry::trace_scope::TraceScope,
};

/// Counts statements.
struct Counted<'c> {
    connection: &'c SqliteConnection,
    statements: AtomicUsize,
}

#[async_trait::async_trait]
impl ConnectionTrait for Counted<'_> {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, sea_orm::DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, sea_orm::DbErr> {
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, sea_orm::DbErr> {
        self.query_all_raw(statement).await.map(|mut rows| rows.pop())
    }

    async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, sea_orm::DbErr> {
        if !statement.sql.starts_with("EXPLAIN") {
            self.statements.fetch_add(1, Ordering::Relaxed);
        }
        self.connection.query_all_raw(statement).await
    }
}

/// A migrated SQLite file with as many users, and a connection to it.
pub(super) async fn file_of(users: usize) -> (tempfile::TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passlink.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    make_sqlite_file(&url).unwrap();
    let store = SeaStore::connect(&url, 1).await.unwrap();
    store.migrate(&|_| ()).await.unwrap();
    add_crowd(&(Arc::new(store) as Arc<dyn Store>), users).await;
    (folder, SqliteConnection::open(&file, false).unwrap())
}

/// Runs works as one set; returns how they ended, and how many statements that took.
async fn run_together(
    connection: &SqliteConnection,
    works: &[Work],
) -> (Result<Vec<Ended>, Spoilt>, usize) {
    let counted = Counted { connection, statements: AtomicUsize::default() };
    let (database, last, scope) = (Database::Sqlite, LastAnswer::now(), TraceScope::here());
    let ground = Ground { connection: &counted, database: &database, last: &last };
    let works: Vec<_> = works.iter().map(|work| (work, &scope)).collect();
    let ended = ground.run_together(&works).await;
    (ended, counted.statements.into_inner())
}

fn reading_work(number: usize) -> Work {
    Arc::new(move |tx| {
        Box::pin(async move {
            let user = id("user", number).parse().unwrap();
            tx.user_for_update(&user).await.unwrap().unwrap();
            tx.recent_links(&user, at(0), 9).await.unwrap();
            tx.is_retired(&"key".parse().unwrap()).await.unwrap();
            let token = BearerToken::presented(user.as_str()).unwrap();
            assert_eq!(tx.token_by_hash(&token.hash()).await.unwrap(), None);
            Settled::Commit
        })
    })
}

#[tokio::test]
async fn what_many_ask_for_is_one_statement() {
    let (_folder, connection) = file_of(30).await;
    for count in [1, 30] {
        let works: Vec<_> = (0..count).map(reading_work).collect();
        let (ended, statements) = run_together(&connection, &works).await;
        assert_eq!(ended, Ok(vec![Ended::As(Settled::Commit); count]));
        assert_eq!(statements, 4);
    }
}

#[tokio::test]
async fn those_who_would_wait_for_each_other_run_one_by_one() {
    let (_folder, connection) = file_of(0).await;
    let work = |first: &'static str, second: &'static str| -> Work {
        Arc::new(move |tx| {
            Box::pin(async move {
                for name in [first, second] {
                    tx.mailed_for(&name.parse().unwrap()).await.unwrap();
                    tx.is_retired(&"key".parse().unwrap()).await.unwrap();
                }
                Settled::Commit
            })
        })
    };
    let works = [work("one", "two"), work("two", "one")];
    let (ended, _) = run_together(&connection, &works).await;
    assert_eq!(ended, Err(Spoilt::ByMembers(Vec::new())));
}

#[tokio::test]
async fn who_comes_when_another_has_the_user_is_postponed_and_has_done_nothing() {
    let (_folder, connection) = file_of(2).await;
    let ran = Arc::new(Mutex::new(Vec::new()));
    let work = |place: usize| -> Work {
        let ran = ran.clone();
        Arc::new(move |tx| {
            let ran = ran.clone();
            Box::pin(async move {
                send(place % 2, tx).await.unwrap();
                ran.lock().unwrap().push(place);
                Settled::Commit
            })
        })
    };
    let works: Vec<_> = (0..4).map(work).collect();
    let (ended, _) = run_together(&connection, &works).await;
    let (kept, postponed) = (Ended::As(Settled::Commit), Ended::Apart(Apart::Postponed));
    assert_eq!(ended, Ok(vec![kept, kept, postponed, postponed]));
    assert_eq!(*ran.lock().unwrap(), [0, 1]);
}

/// Only PostgreSQL has conflicts.
#[tokio::test]
async fn a_set_that_gets_into_anothers_way_runs_again() {
    let (_folder, url) = new_database().await;
    let store = SeaStore::connect(&url, 4).await.unwrap();
    let store::Database::Postgres(postgres) = store.0 else { return };
    postgres.migrate(&|_| ()).await.unwrap();
    let conflicts = conflicts::Conflicts { postgres, failures: 0 };
    let database = conflicts::failing_first(&conflicts.postgres, 3);
    let store: Arc<dyn Store> = Arc::new(conflicts);
    add_crowd(&store, 20).await;
    let (lanes, runs) = (Lanes::new(Mode::Write), Arc::new(AtomicUsize::default()));
    let run = |number: usize| {
        let (lanes, database, runs) = (lanes.clone(), database.clone(), runs.clone());
        let work: Work = Arc::new(move |tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                send(number, tx).await.map_or(Settled::RollBack, |_| Settled::Commit)
            })
        });
        async move { lanes.run(&database, work).await.unwrap() }
    };
    (0..20).map(run).collect::<JoinSet<_>>().join_all().await;
    assert!(runs.load(Ordering::Relaxed) > 20);
    for number in 0..20 {
        assert_eq!(kept(&store, number).await, (1, 2));
    }
}

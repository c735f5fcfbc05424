//! The table that the users of an import wait in until all are added at once: a temporary table of one
//! connection. It is in nobody's way while it is filled and compared, and goes with the connection,
//! however that ends. On SQLite, only the last step, from there into the shared tables, is a transaction.
//! On PostgreSQL everything is one transaction: a pooler keeps nothing else on one connection.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{
    AddedSoFar, Obstacle, Obstacles, StagedUser, Staging, StoreError,
};
use passlink_domain::{Actor, EventKind, Sequence};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction,
    DbBackend, DbErr, FromQueryResult, Iden, Iterable, QueryResult, Statement, TransactionTrait,
    sea_query::{Expr, Query},
};

use super::{
    database_url::{is_sqlite, postgres_server},
    entities::users,
    error::{bad_row, is_unique_violation, store_error},
    file_watch::FileWatch,
    long_work::{Session, run_long},
    postgres::connections,
    repositories::users::user_row,
    sqlite, sqlite_file,
    watchdog::{SILENCE_LIMIT, Watchdog},
};

/// A table with the columns of the users, and the line of each.
const CREATE: &str = "CREATE TEMPORARY TABLE staged_users AS \
    SELECT CAST(0 AS BIGINT) AS line, users.* FROM users WHERE 1 = 0";
/// Lets chunks of it be taken in the order of ids.
const SORT: &str = "CREATE INDEX IF NOT EXISTS staged_users_id ON staged_users (id)";
/// How many users are added at a time, all in one transaction.
const CHUNK: u64 = 10_000;
/// What is made of the line or the user that is an obstacle.
type ToObstacle = fn(u64, String) -> Obstacle;
/// Kinds of obstacles: the lines of those who have one, and the line or the user that is the obstacle.
const OBSTACLES: [(&str, ToObstacle); 6] = [
    (
        "SELECT line, first, '' AS owner FROM (SELECT line, MIN(line) OVER (PARTITION BY id) \
         AS first FROM staged_users) AS same WHERE line <> first",
        |line, _| Obstacle::IdOfLine(line),
    ),
    (
        "SELECT line, first, '' AS owner FROM (SELECT line, MIN(line) OVER (PARTITION BY \
         organisation, email_key) AS first FROM staged_users) AS same WHERE line <> first",
        |line, _| Obstacle::EmailOfLine(line),
    ),
    (
        // Not of those who have the address in common as well. One window, so that lines are sorted once.
        "SELECT line, first, '' AS owner FROM (SELECT line, email_key, FIRST_VALUE(line) OVER same \
         AS first, FIRST_VALUE(email_key) OVER same AS first_email FROM staged_users \
         WINDOW same AS (PARTITION BY organisation, username_key ORDER BY line)) AS same \
         WHERE line <> first AND email_key <> first_email",
        |line, _| Obstacle::UsernameOfLine(line),
    ),
    ("SELECT line, line AS first, id AS owner FROM staged_users JOIN users USING (id)", |_, _| {
        Obstacle::IdTaken
    }),
    (
        "SELECT line, line AS first, users.id AS owner FROM staged_users JOIN users \
         USING (organisation, email_key)",
        |_, owner| Obstacle::EmailTaken(owner),
    ),
    (
        "SELECT line, line AS first, users.id AS owner FROM staged_users JOIN users \
         USING (organisation, username_key) \
         WHERE users.email_key IS NULL OR users.email_key <> staged_users.email_key",
        |_, owner| Obstacle::UsernameTaken(owner),
    ),
];

pub struct ImportTable {
    connection: DatabaseConnection,
    watch: FileWatch,
    watchdog: Watchdog,
    /// On PostgreSQL; the table goes with it.
    transaction: Option<DatabaseTransaction>,
    session: Option<Session>,
}

impl ImportTable {
    /// Connects to the database, which must be migrated, and makes the table.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let watch = sqlite_file::watch(url)?;
        let (connection, watchdog) = connect(url).await?;
        let table = Self { connection, watch, watchdog, transaction: None, session: None };
        let begun = table.watchdog.clone();
        let begun = begun.within(SILENCE_LIMIT, "the begin of an import", table.begun());
        begun.await?.map_err(store_error)
    }

    async fn begun(mut self) -> Result<Self, DbErr> {
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let transaction = self.connection.begin().await?;
            self.session = Session::without_time_limits(&self.connection, &transaction).await?;
            self.transaction = Some(transaction);
        }
        self.executor().execute_unprepared(CREATE).await?;
        Ok(self)
    }

    fn executor(&self) -> DatabaseExecutor<'_> {
        self.transaction.as_ref().map_or_else(|| (&self.connection).into(), Into::into)
    }

    /// The result of a part of the import, which may take long.
    async fn run<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, StoreError> {
        run_long(self.session.as_ref(), &self.watchdog, "the import", &|_| (), work).await
    }

    /// The last id of each chunk, in the order of ids, and how many there are up to there.
    async fn ends_of_chunks(&self) -> Result<Vec<(String, u64)>, DbErr> {
        let executor = self.executor();
        executor.execute_unprepared(SORT).await?;
        let backend = executor.get_database_backend();
        let sql = format!(
            "SELECT id, n FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM staged_users) \
             AS numbered WHERE n % {CHUNK} = 0 OR n = (SELECT COUNT(*) FROM staged_users) ORDER BY n"
        );
        let rows = executor.query_all_raw(Statement::from_string(backend, sql)).await?;
        let end = |row: &QueryResult| {
            let n: i64 = row.try_get("", "n")?;
            Ok((row.try_get("", "id")?, u64::try_from(n).unwrap_or_default()))
        };
        rows.iter().map(end).collect()
    }

    async fn try_add_all(&self, at: Timestamp, progress: AddedSoFar<'_>) -> Result<(), DbErr> {
        let ends = self.ends_of_chunks().await?;
        let Some(transaction) = &self.transaction else {
            let adding = add_all(&self.connection, &ends, at, progress);
            return sqlite::in_transaction(&self.connection, adding).await;
        };
        // A savepoint: the table is compared again when some users can't be added.
        let savepoint = transaction.begin().await?;
        let added = add_all(&savepoint, &ends, at, progress).await;
        if added.is_ok() { savepoint.commit().await } else { savepoint.rollback().await }?;
        added
    }
}

/// One connection that stays, whatever time the import takes; no statement has too long.
async fn connect(url: &str) -> Result<(DatabaseConnection, Watchdog), StoreError> {
    if is_sqlite(url) {
        let file = sqlite_file::open(url).map_err(|error| StoreError::Unavailable(error.into()))?;
        // The table may be large. Pages of an index that are written out of order are kept until they are full.
        let settings = "PRAGMA temp_store = FILE; PRAGMA cache_size = -65536";
        let connection =
            sqlite::open_proxy(&file, sqlite_file::is_read_only(url), settings).await?;
        return Ok((connection, Watchdog::default()));
    }
    let server = postgres_server(url)?.application_name("passlink import");
    let mut options = connections::options(server.clone());
    options.max_connections(1).idle_timeout(None).max_lifetime(None).test_before_acquire(false);
    let connection = connections::connect(&server, options).await?;
    Ok((connection, Watchdog::new(&connections::location(&server))))
}

/// Users in the order of their ids: that is how their index is stored.
async fn add_all(
    transaction: &impl ConnectionTrait,
    ends: &[(String, u64)],
    at: Timestamp,
    progress: AddedSoFar<'_>,
) -> Result<(), DbErr> {
    let columns: Vec<String> = users::Column::iter().map(|column| column.to_string()).collect();
    let columns = columns.join(", ");
    let chunk = "FROM staged_users WHERE id > $1 AND id <= $2 ORDER BY id";
    let users = format!("INSERT INTO users ({columns}) SELECT {columns} {chunk}");
    let history = format!(
        "INSERT INTO events (user_id, sequence, kind, recorded_at, actor_kind) \
         SELECT id, {}, '{}', {}, '{}' {chunk}",
        Sequence::NONE.next().get(),
        EventKind::UserAdded.name(),
        at.as_millisecond(),
        Actor::Operator.kind(),
    );
    let backend = transaction.get_database_backend();
    let mut after = String::new();
    for (end, added) in ends {
        for insert in [&users, &history] {
            let bounds = [after.as_str().into(), end.as_str().into()];
            let insert = Statement::from_sql_and_values(backend, insert, bounds);
            transaction.execute_raw(insert).await?;
        }
        progress(*added);
        after.clone_from(end);
    }
    Ok(())
}

#[async_trait]
impl Staging for ImportTable {
    async fn stage(&mut self, users: &[StagedUser], at: Timestamp) -> Result<(), StoreError> {
        if users.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        let columns = users::Column::iter().map(|column| column.to_string());
        insert
            .into_table("staged_users")
            .columns(std::iter::once("line".to_owned()).chain(columns));
        for StagedUser { line, user } in users {
            let row = user_row(user, at);
            // A row of a user has something in each column.
            let values = users::Column::iter().filter_map(|column| row.get(column).into_value());
            let values = values.map(Expr::value);
            let line = Expr::value(i64::try_from(*line).unwrap_or(i64::MAX));
            insert.values(std::iter::once(line).chain(values)).map_err(bad_row)?;
        }
        let executor = self.executor();
        self.run(executor.execute(&insert)).await.map(drop)
    }

    async fn obstacles(&mut self, limit: usize) -> Result<Vec<Obstacles>, StoreError> {
        let mut found = Vec::with_capacity(OBSTACLES.len());
        for (query, obstacle) in OBSTACLES {
            let executor = self.executor();
            found.push(self.run(obstacles(&executor, query, obstacle, limit)).await?);
        }
        Ok(found)
    }

    async fn add_all(
        &mut self,
        at: Timestamp,
        progress: AddedSoFar<'_>,
    ) -> Result<bool, StoreError> {
        let adding = async {
            let added = self.try_add_all(at, progress).await;
            match added {
                Err(error) if is_unique_violation(&error) => Ok(false),
                added => added.map(|()| true),
            }
        };
        if !self.run(adding).await? {
            return Ok(false);
        }
        if let Some(transaction) = self.transaction.take() {
            self.run(transaction.commit()).await?;
        }
        self.watch.check()?;
        Ok(true)
    }
}

#[derive(FromQueryResult)]
struct Row {
    line: i64,
    first: i64,
    owner: String,
    total: i64,
}

async fn obstacles(
    executor: &DatabaseExecutor<'_>,
    query: &str,
    obstacle: ToObstacle,
    limit: usize,
) -> Result<Obstacles, DbErr> {
    let sql = format!(
        "SELECT line, first, owner, COUNT(*) OVER () AS total FROM ({query}) AS wrong \
         ORDER BY line LIMIT {limit}"
    );
    let statement = Statement::from_string(executor.get_database_backend(), sql);
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let mut found = Obstacles::default();
    for row in Row::find_by_statement(statement).all(executor).await? {
        found.count = number(row.total);
        found.first.push((number(row.line), obstacle(number(row.first), row.owner)));
    }
    Ok(found)
}

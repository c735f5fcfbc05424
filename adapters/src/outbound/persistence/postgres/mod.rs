//! A database of a PostgreSQL server.

use std::{sync::Arc, time::Duration};

use passlink_application::ports::{StoreError, Wake, Work};
use sea_orm::{ConnectionTrait, TransactionTrait};

use self::{
    connected::Connected,
    lanes::{Lanes, Mode},
};
use super::{
    database_url::postgres_server,
    error::store_error,
    long_work::{ReportWait, Session, run_long},
    notify,
    pool_metrics::{self, Usage},
    schema::{self, Schema},
    watchdog::{SILENCE_LIMIT, Watchdog},
};

pub(super) mod connected;
pub(super) mod connections;
pub(super) mod lanes;
mod transactions;

/// Names the lock under which the database is migrated.
const LOCK: i64 = 0x7061_7373_6c69_6e6b;

pub(super) struct PostgresDatabase {
    pub connected: Connected,
    writes: Lanes,
    looks: Lanes,
    /// Whether a pooler stands between here and the server.
    is_pooled: bool,
}

impl PostgresDatabase {
    /// Connects to the server of a URL, with up to so many connections for callers and one more.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let server = postgres_server(url)?;
        let watchdog = Watchdog::new(&connections::location(&server));
        let most = max_connections.saturating_add(1);
        let connection = connections::open(&server, most, watchdog.clone()).await?;
        let asked = connections::is_pooled(&connection);
        let is_pooled = watchdog.within(SILENCE_LIMIT, "the first statement", asked).await?;
        let is_pooled = is_pooled.map_err(store_error)?;
        let pool = connection.get_postgres_connection_pool().clone();
        pool_metrics::register("postgresql", max_connections as usize, move || {
            let (idle, all) = (pool.num_idle(), pool.size() as usize);
            Some(Usage { idle, used: all.saturating_sub(idle) })
        });
        let connected = Connected::new(connection, watchdog, max_connections);
        Ok(Self {
            connected,
            writes: Lanes::new(Mode::Write),
            looks: Lanes::new(Mode::Look),
            is_pooled,
        })
    }

    /// In words, without secrets.
    pub fn location(&self) -> &str {
        &self.connected.watchdog.location
    }

    /// The settings that a pooler in between keeps from the server, and what to do about it.
    pub async fn lost_settings(&self) -> Result<Option<String>, StoreError> {
        if !self.is_pooled {
            return Ok(None);
        }
        let asked = connections::lost_settings(&self.connected.connection);
        let lost = self
            .connected
            .watchdog
            .within(SILENCE_LIMIT, "the question for settings", asked)
            .await?;
        lost.map_err(store_error)
    }

    /// Runs a unit of work; see [`Store::run`](passlink_application::ports::Store::run).
    pub async fn run(&self, work: Work) -> Result<(), StoreError> {
        self.connected.run(&work).await
    }

    /// As [`Self::run`], where others may come at the same time.
    pub async fn run_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.writes.run(&self.connected, work).await
    }

    /// Runs a unit of work that only reads, where others may come at the same time.
    pub async fn look_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.looks.run(&self.connected, work).await
    }

    /// Runs a unit of work that only reads.
    pub async fn look(&self, work: Work) -> Result<(), StoreError> {
        self.connected.look(&work).await
    }

    pub async fn schema(&self, limit: Duration) -> Result<Schema, StoreError> {
        let read = schema::read(&self.connected.connection);
        let schema =
            self.connected.watchdog.within(limit, "the question for the schema", read).await?;
        schema.map_err(|error| self.connected.watchdog.located(error))
    }

    /// Brings the schema up to date, in one transaction. Others who migrate at the same time wait;
    /// `report_wait` hears for whom.
    pub async fn migrate(&self, report_wait: ReportWait<'_>) -> Result<(), StoreError> {
        let begun = async {
            let transaction = self.connected.connection.begin().await?;
            let session =
                Session::without_time_limits(&self.connected.connection, &transaction).await?;
            Ok((transaction, session))
        };
        let begun = self
            .connected
            .watchdog
            .within(SILENCE_LIMIT, "the begin of a migration", begun)
            .await?;
        let (transaction, session) =
            begun.map_err(|error| self.connected.watchdog.located(error))?;
        let work = async {
            // Other migrations may take long.
            let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
            transaction.execute_unprepared(&lock).await?;
            schema::run_pending(&transaction).await?;
            transaction.commit().await
        };
        run_long(session.as_ref(), &self.connected.watchdog, "the migration", report_wait, work)
            .await
    }

    pub async fn check_writable(&self) -> Result<(), StoreError> {
        connections::check_writable(&self.connected.connection, &self.connected.watchdog).await
    }

    /// Makes `here` ring for mail of other nodes, if there can be some; what it returns wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        // Behind a pooler, another client would get the notification, and take it for an answer.
        if self.is_pooled {
            return here;
        }
        notify::wake_all_nodes(
            self.connected.connection.get_postgres_connection_pool(),
            &self.connected.watchdog,
            here,
        )
    }
}

//! A store on PostgreSQL whose commits fail first, as one does that got into another's way.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use passlink_application::ports::{Store, StoreError, Work};
use sea_orm::ConnectionTrait;

use crate::outbound::persistence::postgres::{PostgresDatabase, connected::Connected};

/// The first `failures` commits of every unit of work fail with SQLSTATE 40001.
pub(super) struct Conflicts {
    pub postgres: PostgresDatabase,
    pub failures: u32,
}

const FAIL: &str = "DO $$ BEGIN RAISE 'as planned' USING ERRCODE = '40001'; END $$";

impl Conflicts {
    fn failing_first(&self) -> Connected {
        failing_first(&self.postgres, self.failures)
    }
}

/// The database, where that many commits fail.
pub(super) fn failing_first(postgres: &PostgresDatabase, failures: u32) -> Connected {
    let commits = AtomicU32::new(0);
    let commit = move |transaction: sea_orm::DatabaseTransaction| {
        let fails = commits.fetch_add(1, Ordering::Relaxed) < failures;
        Box::pin(async move {
            if fails {
                transaction.execute_unprepared(FAIL).await?;
            }
            transaction.commit().await
        }) as _
    };
    let mut connected = postgres.connected.clone();
    connected.commit = Arc::new(commit);
    connected
}

#[async_trait]
impl Store for Conflicts {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        self.failing_first().run(&work).await
    }

    async fn run_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.postgres.run_in_set(work).await
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        self.postgres.look(work).await
    }

    async fn look_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.postgres.look_in_set(work).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.postgres.check_writable().await
    }
}

//! Units of work over the connections to a server.

use std::{sync::Arc, time::Duration};

use passlink_application::ports::{StoreError, Work};
use sea_orm::DatabaseConnection;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::transactions::{self, Commit};
use crate::outbound::persistence::{
    sets::together::{Ended, Traced},
    watchdog::Watchdog,
};

/// How long a caller waits for a connection that others use.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(in crate::outbound::persistence) struct Connected {
    pub connection: DatabaseConnection,
    pub watchdog: Watchdog,
    pub commit: Arc<Commit>,
    /// A permit for each connection but the one that sees whether the database is there.
    permits: Arc<Semaphore>,
}

impl Connected {
    pub fn new(connection: DatabaseConnection, watchdog: Watchdog, callers: u32) -> Self {
        Self {
            connection,
            watchdog,
            commit: Arc::new(|transaction| Box::pin(transaction.commit())),
            permits: Arc::new(Semaphore::new(callers as usize)),
        }
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let permit = timeout(PERMIT_TIMEOUT, self.permits.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or_else(|| {
            StoreError::Unavailable("all connections were in use for too long".into())
        })
    }

    pub async fn run(&self, work: &Work) -> Result<(), StoreError> {
        let _permit = self.permit().await?;
        transactions::run(&*self.commit, &self.connection, &self.watchdog, work).await
    }

    /// As [`transactions::run_in_set`].
    pub async fn run_in_set(&self, works: Vec<Traced<'_>>) -> Result<Vec<Ended>, StoreError> {
        let _permit = self.permit().await?;
        transactions::run_in_set(&*self.commit, &self.connection, &self.watchdog, works).await
    }

    /// As [`transactions::look_in_set`].
    pub async fn look_in_set(&self, works: &[Traced<'_>]) -> Result<Vec<Ended>, StoreError> {
        let _permit = self.permit().await?;
        transactions::look_in_set(&self.connection, &self.watchdog, works).await
    }

    pub async fn look(&self, work: &Work) -> Result<(), StoreError> {
        let _permit = self.permit().await?;
        transactions::look(&self.connection, &self.watchdog, work).await
    }
}

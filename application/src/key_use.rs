//! Which keys are still needed, and what a key file must not be without.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{CodeKeys, KeyId};

use crate::{Clock, Store, StoreError};

/// How long after its end a link can be sent again, by who has its code.
const RESEND: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A key that links are derived from which work, or can be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNeed {
    /// The key.
    pub key: KeyId,
    /// When the last of these links stops to work.
    pub last_expiry: Timestamp,
}

impl KeyNeed {
    /// When the key is no longer needed, if no other link is made with it.
    pub fn until(&self) -> Timestamp {
        self.last_expiry.saturating_add(RESEND).unwrap_or(Timestamp::MAX)
    }
}

/// Tells which keys are needed.
#[derive(Clone)]
pub struct KeyUse {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl KeyUse {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The keys that are needed, by id.
    pub async fn needed(&self) -> Result<Vec<KeyNeed>, StoreError> {
        let after = self.expired_after();
        self.store.read((), move |(), tx| Box::pin(tx.keys_needed(after))).await
    }

    /// The keys that are needed and not held.
    pub async fn missing(&self, held: &CodeKeys) -> Result<Vec<KeyNeed>, StoreError> {
        let mut needed = self.needed().await?;
        needed.retain(|need| !held.holds(&need.key));
        Ok(needed)
    }

    /// How many links need a key.
    pub async fn links(&self, key: KeyId) -> Result<u64, StoreError> {
        let after = self.expired_after();
        self.store.read(key, move |key, tx| Box::pin(tx.links_that_need(key, after))).await
    }

    fn expired_after(&self) -> Timestamp {
        self.clock.now().saturating_sub(RESEND).unwrap_or(Timestamp::MIN)
    }
}

//! Which keys are still needed, and what a key file must not be without.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{CodeKeys, KeyId, PasskeyLink};

use crate::ports::{Clock, KeyNeed, KeyUsers, RetiredKey, Store, StoreError};

#[derive(Clone)]
pub struct KeyUse {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl KeyUse {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The keys that are needed, by id.
    pub async fn needed(&self) -> Result<Vec<KeyNeed>, StoreError> {
        let (after, now) = self.times();
        self.store.read((), move |(), tx| Box::pin(tx.keys_needed(after, now))).await
    }

    pub async fn missing(&self, held: &CodeKeys) -> Result<Vec<KeyNeed>, StoreError> {
        let mut needed = self.needed().await?;
        needed.retain(|need| !held.holds(&need.key));
        Ok(needed)
    }

    /// How many need a key.
    pub async fn users(&self, key: KeyId) -> Result<KeyUsers, StoreError> {
        let (after, now) = self.times();
        self.store.read(key, move |key, tx| Box::pin(tx.users_of_key(key, after, now))).await
    }

    /// The keys that were retired at once, by id.
    pub async fn retired(&self) -> Result<Vec<RetiredKey>, StoreError> {
        self.store.read((), |(), tx| Box::pin(tx.retired_keys())).await
    }

    pub async fn is_retired(&self, key: KeyId) -> Result<bool, StoreError> {
        self.store.read(key, |key, tx| Box::pin(tx.is_retired(key))).await
    }

    /// The time from which on a link that expired can be sent again, and the present.
    fn times(&self) -> (Timestamp, Timestamp) {
        let now = self.clock.now();
        (PasskeyLink::resend_cutoff(now), now)
    }
}

#[cfg(test)]
mod tests;

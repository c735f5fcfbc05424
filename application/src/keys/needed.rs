//! Which keys are still needed, and what a key file must not be without.

use jiff::Timestamp;
use passlink_domain::{CodeKeys, KeyId, PasskeyLink};

use crate::ports::{KeyNeed, KeyUsers, Ports, RetiredKey, StoreResult};

#[derive(Clone)]
pub struct KeyUse(pub Ports);

impl KeyUse {
    /// The keys that are needed, by id.
    pub async fn needed(&self) -> StoreResult<Vec<KeyNeed>> {
        let (after, now) = self.times();
        self.0.store.read((), move |(), tx| tx.keys_needed(after, now)).await
    }

    pub async fn missing(&self, held: &CodeKeys) -> StoreResult<Vec<KeyNeed>> {
        let mut needed = self.needed().await?;
        needed.retain(|need| held.get(&need.key).is_none());
        Ok(needed)
    }

    /// How many need a key.
    pub async fn users(&self, key: KeyId) -> StoreResult<KeyUsers> {
        let (after, now) = self.times();
        self.0.store.read(key, move |key, tx| tx.users_of_key(key, after, now)).await
    }

    /// The keys that were retired at once, by id.
    pub async fn retired(&self) -> StoreResult<Vec<RetiredKey>> {
        self.0.store.read((), |(), tx| tx.retired_keys()).await
    }

    pub async fn is_retired(&self, key: KeyId) -> StoreResult<bool> {
        self.0.store.read(key, |key, tx| tx.is_retired(key)).await
    }

    /// The time from which on a link that expired can be resent, and the present.
    fn times(&self) -> (Timestamp, Timestamp) {
        let now = self.0.clock.now();
        (PasskeyLink::resend_cutoff(now), now)
    }
}

#[cfg(test)]
mod tests;

//! Keys that were retired at once, because somebody else may have them: what they derived ends, and
//! nothing is derived from them any more, in whose key file they may still be.

use std::sync::Arc;

use jiff::Timestamp;
use passlink_domain::{CodeKeys, KeyId};

use crate::{Clock, Repositories, Store, StoreError, key_use::expired_after};

/// A key that was retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key.
    pub key: KeyId,
    /// When it was retired.
    pub at: Timestamp,
}

/// How much ended with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedByKey {
    /// Links that were open.
    pub links: u64,
    /// Links that had expired and could have been sent again.
    pub resends: u64,
    /// Codes that undo a registration.
    pub undos: u64,
    /// Registration ceremonies.
    pub ceremonies: u64,
}

/// Retires keys.
pub struct RetireKey {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl RetireKey {
    /// Takes the ports.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Ends all that `key` derived, for good; retiring it again ends what was made since. The
    /// registrations that it could undo can be undone with `newer`, by codes that nobody has yet: mails
    /// that wait to tell of them get these.
    pub async fn at_once(&self, key: KeyId, newer: KeyId) -> Result<EndedByKey, StoreError> {
        let now = self.clock.now();
        let retire = self.store.write((key, newer), move |(key, newer), tx| {
            Box::pin(async move {
                tx.retire_key(key, now).await?;
                tx.end_what_needs(key, newer, expired_after(now), now).await
            })
        });
        retire.await
    }
}

/// The key that new codes and challenges are derived from.
///
/// Errors: [`StoreError::KeyRetired`] when it was retired.
pub(crate) async fn signing_key(
    keys: &CodeKeys,
    tx: &mut dyn Repositories,
) -> Result<KeyId, StoreError> {
    let newest = keys.newest();
    match tx.is_retired(newest).await? {
        true => Err(StoreError::KeyRetired(newest.clone())),
        false => Ok(newest.clone()),
    }
}

#[cfg(test)]
mod tests;

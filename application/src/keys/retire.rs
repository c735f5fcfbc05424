//! Keys that were retired at once, because somebody else may have them: what they derived ends, and
//! nothing is derived from them any more, in whose key file they may still be.

use std::sync::Arc;

use passlink_domain::{CodeKey, CodeKeys, KeyId, PasskeyLink};

use crate::ports::{Clock, EndedByKey, Repositories, Store, StoreError};

/// How many links, and how many undo codes, end in a transaction: others wait for it.
const ENDED: u64 = 1000;

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
    ///
    /// Errors: [`StoreError`]. The key may be retired then, and derives nothing; the count of what ended
    /// is lost, and another call ends the rest.
    pub async fn retire(&self, key: KeyId, newer: KeyId) -> Result<EndedByKey, StoreError> {
        let now = self.clock.now();
        let retire = self.store.write(key.clone(), move |key, tx| tx.retire_key(key, now));
        retire.await?;
        let (given, times) = ((key, newer), (PasskeyLink::resend_cutoff(now), now));
        let mut ended = EndedByKey::default();
        loop {
            let batch = self.store.write(given.clone(), move |(key, newer), tx| {
                tx.end_batch_that_needs(key, newer, times, ENDED)
            });
            match batch.await? {
                Some(batch) => ended += batch,
                None => return Ok(ended),
            }
        }
    }
}

/// The key that new codes and challenges are derived from.
///
/// Errors: [`StoreError::KeyRetired`] when it was retired.
pub(crate) async fn signing_key<'k>(
    keys: &'k CodeKeys,
    tx: &mut dyn Repositories,
) -> Result<&'k CodeKey, StoreError> {
    let newest = keys.newest();
    if tx.is_retired(newest.id()).await? {
        Err(StoreError::KeyRetired(newest.id().clone()))
    } else {
        Ok(newest)
    }
}

#[cfg(test)]
mod tests;

//! Keys that were retired at once, because somebody else may have them: what they derived ends, and
//! nothing is derived from them any more, in whose key file they may still be.

use std::sync::Arc;

use passlink_domain::{CodeKeys, KeyId};

use crate::{
    keys::needed::expired_after,
    ports::{Clock, EndedByKey, Repositories, Store, StoreError},
};

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
    pub async fn at_once(&self, key: KeyId, newer: KeyId) -> Result<EndedByKey, StoreError> {
        let now = self.clock.now();
        let retire = self.store.write(key.clone(), move |key, tx| tx.retire_key(key, now));
        retire.await?;
        let (given, times) = ((key, newer), (expired_after(now), now));
        let mut ended = EndedByKey::default();
        loop {
            let some = self.store.write(given.clone(), move |(key, newer), tx| {
                tx.end_some_that_need(key, newer, times, ENDED)
            });
            match some.await? {
                Some(some) => ended += some,
                None => return Ok(ended),
            }
        }
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

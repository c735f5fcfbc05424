//! Retiring a key at once, because somebody else may have it: what was derived from it ends, and no node
//! derives anything from it any more, even if the key is still in its key file.

use passlink_domain::{CodeKey, CodeKeys, KeyId, PasskeyLink};

use crate::ports::{EndedByKey, Ports, Repositories, StoreError, StoreResult};

/// How many links, and how many undo codes, end in a transaction at most: others wait for it.
const ENDED: u64 = 1000;

pub struct RetireKey(pub Ports);

impl RetireKey {
    /// Ends all that was derived from `key`, for good; retiring it again ends what was made since. Codes
    /// that undo a registration are derived from `newer` instead. Nobody has those yet: only mails that
    /// still wait will hold them.
    ///
    /// Errors: [`StoreError`]. The key may be retired even then; another call ends the rest.
    pub async fn retire(&self, key: KeyId, newer: KeyId) -> StoreResult<EndedByKey> {
        let now = self.0.clock.now();
        let retire = self.0.store.write(key.clone(), move |key, tx| tx.retire_key(key, now));
        retire.await?;
        let (given, times) = ((key, newer), (PasskeyLink::resend_cutoff(now), now));
        let mut ended = EndedByKey::default();
        loop {
            let batch = self.0.store.write(given.clone(), move |(key, newer), tx| {
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
) -> StoreResult<&'k CodeKey> {
    let newest = keys.newest();
    if tx.is_retired(newest.id()).await? {
        Err(StoreError::KeyRetired(newest.id().clone()))
    } else {
        Ok(newest)
    }
}

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::{
    State,
    keys::{is_undone_by, needs_its_key},
};
use crate::fakes::everything::*;

#[async_trait]
impl RetiredKeys for State {
    async fn is_retired(&mut self, key: &KeyId) -> Result<bool, StoreError> {
        Ok(self.retired.iter().any(|retired| retired.key == *key))
    }

    async fn retired_keys(&mut self) -> Result<Vec<RetiredKey>, StoreError> {
        Ok(self.retired.clone())
    }

    async fn retire_key(&mut self, key: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        if !self.is_retired(key).await? {
            self.retired.push(RetiredKey { key: key.clone(), at });
            self.retired.sort_by_key(|retired| retired.key.to_string());
        }
        Ok(())
    }

    async fn end_batch_that_needs(
        &mut self,
        key: &KeyId,
        newer: &KeyId,
        (expired_after, now): (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<Option<EndedByKey>, StoreError> {
        let (mut ended, mut is_any) = (EndedByKey::default(), false);
        let of_key = |link: &&mut PasskeyLink| link.key == *key;
        let links = self.links.iter_mut().filter(of_key);
        let links = links.filter(|link| needs_its_key(link, expired_after));
        for link in links.take(limit as usize) {
            if link.is_open_at(now) {
                ended.links += 1;
            } else if !self.resent.contains(link.id.as_str()) {
                ended.resends += 1;
            }
            link.state = LinkState::Revoked;
            is_any = true;
        }
        let undone = self.passkeys.iter_mut().filter(|passkey| is_undone_by(passkey, key, now));
        for undo in undone.take(limit as usize).filter_map(|passkey| passkey.undo.as_mut()) {
            undo.key = newer.clone();
            ended.undos += 1;
        }
        let before = self.ceremonies.len();
        self.ceremonies.retain(|ceremony| ceremony.key != *key);
        ended.ceremonies = (before - self.ceremonies.len()) as u64;
        is_any |= ended.undos + ended.ceremonies > 0;
        Ok(is_any.then_some(ended))
    }
}

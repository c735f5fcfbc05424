use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
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
        self.retired.push(RetiredKey { key: key.clone(), at });
        Ok(())
    }

    async fn end_batch_that_needs(
        &mut self,
        key: &KeyId,
        _newer: &KeyId,
        _times: (Timestamp, Timestamp),
        _limit: u64,
    ) -> Result<Option<EndedByKey>, StoreError> {
        let before = self.ceremonies.len();
        self.ceremonies.retain(|ceremony| ceremony.key != *key);
        let ceremonies = (before - self.ceremonies.len()) as u64;
        Ok((ceremonies > 0).then(|| EndedByKey { ceremonies, ..EndedByKey::default() }))
    }
}

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::*;

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

    async fn end_what_needs(
        &mut self,
        key: &KeyId,
        _newer: &KeyId,
        _expired_after: Timestamp,
        _now: Timestamp,
    ) -> Result<EndedByKey, StoreError> {
        let before = self.ceremonies.len();
        self.ceremonies.retain(|ceremony| ceremony.key != *key);
        let ceremonies = (before - self.ceremonies.len()) as u64;
        Ok(EndedByKey { ceremonies, ..EndedByKey::default() })
    }
}

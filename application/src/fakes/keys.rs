use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::*;

#[async_trait]
impl KeyNeeds for State {
    async fn keys_needed(&mut self, expired_after: Timestamp) -> Result<Vec<KeyNeed>, StoreError> {
        let links = self.links.iter().filter(|link| link.expires > expired_after);
        let needs = links.map(|link| KeyNeed { key: link.key.clone(), last_expiry: link.expires });
        Ok(needs.collect())
    }

    async fn links_that_need(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let links = self.links.iter().filter(|link| link.expires > expired_after);
        Ok(links.filter(|link| link.key == *key).count() as u64)
    }
}

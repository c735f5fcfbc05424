use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl KeyNeeds for State {
    async fn keys_needed(
        &mut self,
        expired_after: Timestamp,
        _now: Timestamp,
    ) -> Result<Vec<KeyNeed>, StoreError> {
        let links = self.links.iter().filter(|link| link.expires > expired_after);
        let needs = links.map(|link| KeyNeed {
            key: link.key.clone(),
            last_expiry: Some(link.expires),
            last_undo: None,
        });
        Ok(needs.collect())
    }

    async fn users_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        _now: Timestamp,
    ) -> Result<KeyUsers, StoreError> {
        let links = self.links.iter().filter(|link| link.expires > expired_after);
        let links = links.filter(|link| link.key == *key).count() as u64;
        Ok(KeyUsers { links, passkeys: 0 })
    }
}

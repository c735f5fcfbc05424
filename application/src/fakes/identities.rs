use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl KnownIdentities for State {
    async fn identity(&mut self, identity: &Identity) -> Result<Option<KnownIdentity>, StoreError> {
        Ok(self.identities.get(&identity.key()).cloned())
    }

    async fn keep_identity(
        &mut self,
        identity: &Identity,
        user: &UserId,
        claims_of: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let new = KnownIdentity { user: user.clone(), claims_of };
        let known = self.identities.entry(identity.key()).or_insert_with(|| new.clone());
        let is_users = known.user == *user;
        if is_users {
            *known = new;
        }
        Ok(is_users)
    }

    async fn erase_identities_of(&mut self, _user: &UserId) -> Result<(), StoreError> {
        Ok(())
    }
}

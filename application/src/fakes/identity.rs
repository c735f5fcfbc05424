use async_trait::async_trait;
use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

#[async_trait]
impl crate::ports::Identities for World {
    async fn verify(
        &self,
        _token: &BearerToken,
        _within: &Organisations,
        _may_ask: MayAsk<'_>,
    ) -> Result<Claims, IdentityError> {
        let claims = self.claims.lock().unwrap().clone();
        claims.ok_or_else(|| IdentityError::Refused("nobody made it".to_owned()))
    }

    async fn user_info(
        &self,
        _token: &BearerToken,
        _claims: &Claims,
    ) -> Result<Profile, IdentityError> {
        self.user_info.lock().unwrap().take().expect("nobody should ask for UserInfo")
    }
}

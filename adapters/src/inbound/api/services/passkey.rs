//! `passlink.v1.PasskeyService`: what ZITADEL's services have no method for.

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::passkeys::RenamePasskey;
use passlink_domain::{PasskeyId, Permission, Text, UserId};

use super::{bearer::Bearers, details::details_field, failure::Failure, fields::parse};
use crate::inbound::api::proto::passlink::v1::*;

pub struct NamingCalls {
    pub bearers: Bearers,
    pub rename: RenamePasskey,
}

#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl PasskeyService for NamingCalls {
    async fn rename_passkey(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, RenamePasskeyRequest>,
    ) -> ServiceResult<RenamePasskeyResponse> {
        let user: UserId = parse("user_id", request.user_id)?;
        let passkey: PasskeyId = parse("passkey_id", request.passkey_id)?;
        let name: Text = parse("name", request.name)?;
        let acting = self.bearers.acting(&context, Some(&user), Permission::PasskeyWrite).await?;
        let details = self.rename.rename(acting, passkey, name).await.map_err(Failure::from)?;
        Response::ok(RenamePasskeyResponse {
            details: details_field(details),
            ..Default::default()
        })
    }
}

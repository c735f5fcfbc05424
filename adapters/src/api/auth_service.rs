//! `zitadel.auth.v1.AuthService`: what callers do for their own user.

use std::sync::Arc;

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::{AddLink, Identity, SendLink};

use super::{
    bearer,
    details::duration,
    error::ApiError,
    proto::zitadel::auth::v1::{
        AddMyPasswordlessLinkRequest, AddMyPasswordlessLinkResponse, AuthService,
        SendMyPasswordlessLinkRequest, SendMyPasswordlessLinkResponse,
    },
};

/// Each method: who calls, one use case, the answer.
pub(super) struct Service {
    pub identity: Arc<dyn Identity>,
    pub send_link: SendLink,
    pub add_link: AddLink,
}

#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl AuthService for Service {
    async fn send_my_passwordless_link(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, SendMyPasswordlessLinkRequest>,
    ) -> ServiceResult<SendMyPasswordlessLinkResponse> {
        let caller = bearer::caller(&context, &*self.identity).await?;
        let details = self.send_link.to_caller(caller).await.map_err(ApiError::from)?;
        Response::ok(SendMyPasswordlessLinkResponse {
            details: Some(details.into()).into(),
            ..Default::default()
        })
    }

    async fn add_my_passwordless_link(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, AddMyPasswordlessLinkRequest>,
    ) -> ServiceResult<AddMyPasswordlessLinkResponse> {
        let caller = bearer::caller(&context, &*self.identity).await?;
        let added = self.add_link.for_caller(caller).await.map_err(ApiError::from)?;
        Response::ok(AddMyPasswordlessLinkResponse {
            details: Some(added.details.into()).into(),
            link: added.url.expose().to_owned(),
            expiration: duration(added.lifetime).into(),
            ..Default::default()
        })
    }
}

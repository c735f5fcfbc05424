//! `zitadel.auth.v1.AuthService`: what callers do for their own user.

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::{
    callers::Asked,
    passkeys::{CeremonyKey, NewPasskey},
};
use passlink_domain::{PasskeyId, Permission};

use super::{
    details::{details_field, duration},
    error_table::ApiError,
    failure::Failure,
    fields::parse,
    passkey_calls::PasskeyCalls,
};
use crate::inbound::api::proto::zitadel::{auth::v1::*, user::v1};

/// Each method: who calls, one use case, the answer.
#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl AuthService for PasskeyCalls {
    async fn send_my_passwordless_link(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, SendMyPasswordlessLinkRequest>,
    ) -> ServiceResult<SendMyPasswordlessLinkResponse> {
        let send = async |asker| self.send_link.send(None, asker).await;
        let asked = Asked::to_act(None, Permission::PasskeyWrite);
        let sent = self.bearers.write(&context, asked, send);
        let (_, details) = sent.await?;
        Response::ok(SendMyPasswordlessLinkResponse {
            details: details_field(details),
            ..Default::default()
        })
    }

    async fn add_my_passwordless_link(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, AddMyPasswordlessLinkRequest>,
    ) -> ServiceResult<AddMyPasswordlessLinkResponse> {
        let acting = self.bearers.acting(&context, None, Permission::PasskeyWrite).await?;
        let added = self.add_link.add(acting).await.map_err(Failure::from)?;
        Response::ok(AddMyPasswordlessLinkResponse {
            details: details_field(added.details),
            link: added.url.expose().to_owned(),
            expiration: duration(added.lifetime).into(),
            ..Default::default()
        })
    }

    async fn list_my_passwordless(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, ListMyPasswordlessRequest>,
    ) -> ServiceResult<ListMyPasswordlessResponse> {
        let list = async |asker| self.list.list(asker).await;
        let asked = Asked::to_act(None, Permission::PasskeyRead);
        let list = self.bearers.in_one_turn(&context, asked, list);
        let (passkeys, _) = list.await?;
        Response::ok(ListMyPasswordlessResponse {
            result: passkeys
                .into_iter()
                .map(|passkey| v1::WebAuthNToken {
                    id: passkey.id.to_string(),
                    state: v1::AuthFactorState::AUTH_FACTOR_STATE_READY.into(),
                    name: passkey.name.to_string(),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        })
    }

    async fn add_my_passwordless(
        &self,
        context: RequestContext,
        _request: ServiceRequest<'_, AddMyPasswordlessRequest>,
    ) -> ServiceResult<AddMyPasswordlessResponse> {
        let acting = self.bearers.acting(&context, None, Permission::PasskeyWrite).await?;
        let begun =
            self.register.begin(acting, NewPasskey::default()).await.map_err(Failure::from)?;
        let key = v1::WebAuthNKey { public_key: begun.options.into_bytes(), ..Default::default() };
        Response::ok(AddMyPasswordlessResponse {
            key: key.into(),
            details: details_field(begun.details),
            ..Default::default()
        })
    }

    async fn verify_my_passwordless(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, VerifyMyPasswordlessRequest>,
    ) -> ServiceResult<VerifyMyPasswordlessResponse> {
        let acting = self.bearers.acting(&context, None, Permission::PasskeyWrite).await?;
        let verification = request.to_owned_message().verification.into_option();
        let verification =
            verification.ok_or_else(|| ApiError::invalid("verification", "must be given"))?;
        let credential = String::from_utf8(verification.public_key_credential.to_vec());
        let credential = credential
            .map_err(|_| ApiError::invalid("verification.public_key_credential", "must be JSON"))?;
        let ceremony = CeremonyKey::Challenge { acting };
        let name = ("verification.token_name", verification.token_name);
        let details = self.finish(&context, ceremony, credential, name).await?;
        Response::ok(VerifyMyPasswordlessResponse {
            details: details_field(details),
            ..Default::default()
        })
    }

    async fn remove_my_passwordless(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, RemoveMyPasswordlessRequest>,
    ) -> ServiceResult<RemoveMyPasswordlessResponse> {
        let acting = self.bearers.acting(&context, None, Permission::PasskeyWrite).await?;
        let passkey: PasskeyId = parse("token_id", request.token_id)?;
        let details = self.remove.remove(acting, passkey).await.map_err(Failure::from)?;
        Response::ok(RemoveMyPasswordlessResponse {
            details: details_field(details),
            ..Default::default()
        })
    }
}

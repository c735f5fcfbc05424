//! `zitadel.user.v2.UserService`: passkeys of a user, by a bearer token that may act for the user, or a
//! link's code.

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::{
    callers::Asked,
    passkeys::{CeremonyKey, NewPasskey},
};
use passlink_domain::{Attachment, PasskeyId, Permission, UserId};

use super::{
    details::{details_field, list_details},
    error_table::ApiError,
    failure::Failure,
    fields::{parse, presented, url_template},
    passkey_calls::PasskeyCalls,
};
use crate::inbound::api::{
    proto::zitadel::user::v2::{
        __buffa::oneof::create_passkey_registration_link_request::Medium,
        PasskeyAuthenticator as Kind, *,
    },
    protocols::whole_numbers,
};

/// Each method: who calls, one use case, the answer.
#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl UserService for PasskeyCalls {
    async fn create_passkey_registration_link(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, CreatePasskeyRegistrationLinkRequest>,
    ) -> ServiceResult<CreatePasskeyRegistrationLinkResponse> {
        let request = request.to_owned_message();
        let user: UserId = parse("user_id", &request.user_id)?;
        let acting = self.bearers.acting(&context, Some(&user), Permission::PasskeyWrite).await?;
        let (details, code) = match request.medium {
            Some(Medium::ReturnCode(_)) => {
                let added = self.add_link.add(acting).await.map_err(Failure::from)?;
                let code = PasskeyRegistrationCode {
                    id: added.link.to_string(),
                    code: added.code.expose().to_owned(),
                    ..Default::default()
                };
                (added.details, Some(code))
            }
            Some(Medium::SendLink(send)) => {
                let template = send.url_template.as_deref().map(url_template).transpose()?;
                let sent = self.send_link.send(template, acting).await;
                (sent.map_err(Failure::from)?.1, None)
            }
            None => (self.send_link.send(None, acting).await.map_err(Failure::from)?.1, None),
        };
        Response::ok(CreatePasskeyRegistrationLinkResponse {
            details: details_field(details),
            code: code.into(),
            ..Default::default()
        })
    }

    async fn register_passkey(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, RegisterPasskeyRequest>,
    ) -> ServiceResult<RegisterPasskeyResponse> {
        let request = request.to_owned_message();
        let user: UserId = parse("user_id", &request.user_id)?;
        let new = NewPasskey {
            attachment: match request.authenticator.as_known() {
                Some(Kind::PASSKEY_AUTHENTICATOR_UNSPECIFIED) => None,
                Some(Kind::PASSKEY_AUTHENTICATOR_PLATFORM) => Some(Attachment::Platform),
                Some(Kind::PASSKEY_AUTHENTICATOR_CROSS_PLATFORM) => Some(Attachment::CrossPlatform),
                None => Err(ApiError::invalid("authenticator", "must be a known one"))?,
            },
            domain: request.domain,
        };
        let begun = match request.code.into_option() {
            Some(code) => {
                let presented =
                    presented(&context, ("code.id", &code.id), ("code.code", &code.code))?;
                self.register.begin_with_code(user, new, presented).await
            }
            None => {
                let permission = Permission::PasskeyWrite;
                let acting = self.bearers.acting(&context, Some(&user), permission).await?;
                self.register.begin(acting, new).await
            }
        };
        let begun = begun.map_err(Failure::from)?;
        Response::ok(RegisterPasskeyResponse {
            details: details_field(begun.details),
            passkey_id: begun.passkey.to_string(),
            public_key_credential_creation_options: Some(whole_numbers::object(&begun.options)?)
                .into(),
            ..Default::default()
        })
    }

    async fn verify_passkey_registration(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, VerifyPasskeyRegistrationRequest>,
    ) -> ServiceResult<VerifyPasskeyRegistrationResponse> {
        let request = request.to_owned_message();
        let user: UserId = parse("user_id", &request.user_id)?;
        let passkey: PasskeyId = parse("passkey_id", &request.passkey_id)?;
        let credential = request.public_key_credential.into_option();
        let credential = credential
            .ok_or_else(|| ApiError::invalid("public_key_credential", "must be given"))?;
        let needs_bearer = self.register.needs_bearer(&passkey).await.map_err(Failure::from)?;
        let acting = if needs_bearer {
            Some(self.bearers.acting(&context, Some(&user), Permission::PasskeyWrite).await?)
        } else {
            None
        };
        let ceremony = CeremonyKey::Passkey { user, id: passkey, acting };
        let (credential, name) = (whole_numbers::text(&credential)?, request.passkey_name);
        let details = self.finish(&context, ceremony, credential, ("passkey_name", name)).await?;
        Response::ok(VerifyPasskeyRegistrationResponse {
            details: details_field(details),
            ..Default::default()
        })
    }

    async fn list_passkeys(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, ListPasskeysRequest>,
    ) -> ServiceResult<ListPasskeysResponse> {
        let user: UserId = parse("user_id", request.user_id)?;
        let list = async |asker| self.list.list(asker).await;
        let asked = Asked::to_act(Some(&user), Permission::PasskeyRead);
        let list = self.bearers.in_one_turn(&context, asked, list);
        let (passkeys, standing) = list.await?;
        Response::ok(ListPasskeysResponse {
            details: list_details(passkeys.len(), &standing).into(),
            result: passkeys
                .into_iter()
                .map(|passkey| Passkey {
                    id: passkey.id.to_string(),
                    state: AuthFactorState::AUTH_FACTOR_STATE_READY.into(),
                    name: passkey.name.to_string(),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        })
    }

    async fn remove_passkey(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, RemovePasskeyRequest>,
    ) -> ServiceResult<RemovePasskeyResponse> {
        let user: UserId = parse("user_id", request.user_id)?;
        let passkey: PasskeyId = parse("passkey_id", request.passkey_id)?;
        let acting = self.bearers.acting(&context, Some(&user), Permission::PasskeyWrite).await?;
        let details = self.remove.remove(acting, passkey).await.map_err(Failure::from)?;
        Response::ok(RemovePasskeyResponse {
            details: details_field(details),
            ..Default::default()
        })
    }
}

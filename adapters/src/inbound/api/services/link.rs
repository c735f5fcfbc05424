//! `passlink.v1.LinkService`: what the pages behind links need.

use std::{fmt::Display, str::FromStr};

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::{
    codes::{CodeChecker, PresentedCode},
    links::{InspectLink, LinkView, ResendLink, RevokeLink},
    passkeys::{InspectUndo, RemovePasskey, UndoState},
};
use passlink_domain::LinkState;

use super::{details::timestamp, error_table::ApiError, failure::Failure, fields};
use crate::inbound::api::proto::passlink::v1::{self, *};

/// Each method: the code, one use case, the answer.
pub struct LinkCalls {
    pub codes: CodeChecker,
    pub inspect: InspectLink,
    pub inspect_undo: InspectUndo,
    pub resend: ResendLink,
    pub revoke: RevokeLink,
    pub remove: RemovePasskey,
}

#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl LinkService for LinkCalls {
    async fn inspect_link(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, InspectLinkRequest>,
    ) -> ServiceResult<InspectLinkResponse> {
        let presented = presented(&context, request.link_id, request.code)?;
        let link = self.inspect.by_code(presented).await.map_err(Failure::from)?;
        Response::ok(inspected(link))
    }

    async fn inspect_revocation(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, InspectRevocationRequest>,
    ) -> ServiceResult<InspectLinkResponse> {
        let presented = presented(&context, request.link_id, request.code)?;
        let link = self.inspect.by_revoke_code(presented).await.map_err(Failure::from)?;
        Response::ok(inspected(link))
    }

    async fn resend_link(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, ResendLinkRequest>,
    ) -> ServiceResult<ResendLinkResponse> {
        let presented = presented(&context, request.link_id, request.code)?;
        self.resend.by_code(presented).await.map_err(Failure::from)?;
        Response::ok(ResendLinkResponse::default())
    }

    async fn revoke_link(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, RevokeLinkRequest>,
    ) -> ServiceResult<RevokeLinkResponse> {
        let presented = presented(&context, request.link_id, request.code)?;
        self.revoke.by_code(&self.codes, presented).await.map_err(Failure::from)?;
        Response::ok(RevokeLinkResponse::default())
    }

    async fn undo_registration(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, UndoRegistrationRequest>,
    ) -> ServiceResult<UndoRegistrationResponse> {
        let presented = presented(&context, request.passkey_id, request.code)?;
        let undone = self.remove.undo(&self.codes, presented, request.revoke_token).await;
        undone.map_err(Failure::from)?;
        Response::ok(UndoRegistrationResponse::default())
    }

    async fn inspect_undo(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, InspectUndoRequest>,
    ) -> ServiceResult<InspectUndoResponse> {
        let presented = presented(&context, request.passkey_id, request.code)?;
        let undo = self.inspect_undo.by_code(presented).await.map_err(Failure::from)?;
        Response::ok(InspectUndoResponse {
            state: match undo.state {
                UndoState::Open => v1::UndoState::UNDO_STATE_OPEN,
                UndoState::Expired => v1::UndoState::UNDO_STATE_EXPIRED,
                UndoState::Done => v1::UndoState::UNDO_STATE_DONE,
            }
            .into(),
            passkey_name: undo.passkey.to_string(),
            display_name: undo.display_name,
            masked_email: undo.masked_email,
            language: undo.language.map(String::from).unwrap_or_default(),
            creation_date: timestamp(undo.created).into(),
            expiration_date: timestamp(undo.expires).into(),
            can_revoke_token: undo.can_revoke_token,
            ..Default::default()
        })
    }
}

/// What was presented. What can be no id or no code is as wrong as any other.
fn presented<T: FromStr<Err: Display>>(
    context: &RequestContext,
    id: &str,
    code: &str,
) -> Result<PresentedCode<T>, ApiError> {
    fields::presented(context, ("id", id), ("code", code)).map_err(|_| ApiError::CodeInvalid)
}

fn inspected(link: LinkView) -> InspectLinkResponse {
    InspectLinkResponse {
        state: state(link.state).into(),
        display_name: link.display_name,
        masked_email: link.masked_email,
        language: link.language.map(String::from).unwrap_or_default(),
        expiration_date: timestamp(link.expires).into(),
        user_id: link.user.to_string(),
        creation_date: timestamp(link.requested).into(),
        ..Default::default()
    }
}

fn state(state: LinkState) -> v1::LinkState {
    match state {
        LinkState::Requested | LinkState::Sent | LinkState::Undeliverable => {
            v1::LinkState::LINK_STATE_OPEN
        }
        LinkState::Redeemed => v1::LinkState::LINK_STATE_REDEEMED,
        LinkState::Expired => v1::LinkState::LINK_STATE_EXPIRED,
        LinkState::Replaced => v1::LinkState::LINK_STATE_REPLACED,
        LinkState::Revoked => v1::LinkState::LINK_STATE_REVOKED,
    }
}

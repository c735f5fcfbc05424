//! `zitadel.session.v2.SessionService`: back ends that sign people in.

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use passlink_application::{
    callers::Asked,
    sessions::{ManageSessions, NewSession, SessionChange},
};
use passlink_domain::{BearerToken, Permission, TokenHash};

use super::{
    bearer::Bearers,
    failure::Failure,
    fields::parse,
    session_messages::{
        challenge_request, challenges, checks, details, filter, lifetime, list_details, shown,
        user_agent,
    },
};
use crate::inbound::api::proto::zitadel::session::v2::*;

/// Each method: who calls, one use case, the answer.
pub struct SessionCalls {
    pub bearers: Bearers,
    pub sessions: ManageSessions,
}

#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl SessionService for SessionCalls {
    async fn create_session(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, CreateSessionRequest>,
    ) -> ServiceResult<CreateSessionResponse> {
        let request = request.to_owned_message();
        let create = async |asker| {
            let (user, assertion) = checks(request.checks.into_option())?;
            let new = NewSession {
                user,
                assertion,
                challenge: challenge_request(request.challenges.into_option())?,
                metadata: request.metadata.into_iter().collect(),
                user_agent: request.user_agent.into_option().map(user_agent),
                lifetime: lifetime(request.lifetime.into_option())?,
            };
            self.sessions.create(asker, new).await.map_err(Failure::from)
        };
        let created = self.bearers.write(&context, Asked::to_change_sessions(), create).await?;
        Response::ok(CreateSessionResponse {
            details: Some(details(&created.session)).into(),
            session_id: created.session.id.to_string(),
            session_token: created.token.expose().to_owned(),
            challenges: challenges(created.options)?.into(),
            ..Default::default()
        })
    }

    async fn list_sessions(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, ListSessionsRequest>,
    ) -> ServiceResult<ListSessionsResponse> {
        let list = async |asker| {
            let filter = filter(request.to_owned_message())?;
            self.sessions.list(asker, filter).await.map_err(Failure::from)
        };
        let asked = Asked::to_list_sessions();
        let listed = self.bearers.in_one_turn(&context, asked, list).await?;
        Response::ok(ListSessionsResponse {
            details: Some(list_details(&listed)).into(),
            sessions: listed.sessions.into_iter().map(shown).collect(),
            ..Default::default()
        })
    }

    async fn set_session(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, SetSessionRequest>,
    ) -> ServiceResult<SetSessionResponse> {
        let request = request.to_owned_message();
        let set = async |asker| {
            let (user, assertion) = checks(request.checks.into_option())?;
            let change = SessionChange {
                id: parse("session_id", &request.session_id)?,
                user,
                assertion,
                challenge: challenge_request(request.challenges.into_option())?,
                metadata: request.metadata.into_iter().collect(),
                lifetime: lifetime(request.lifetime.into_option())?,
            };
            self.sessions.set(asker, change).await.map_err(Failure::from)
        };
        let changed = self.bearers.write(&context, Asked::to_change_sessions(), set).await?;
        Response::ok(SetSessionResponse {
            details: Some(details(&changed.session)).into(),
            session_token: changed.token.expose().to_owned(),
            challenges: challenges(changed.options)?.into(),
            ..Default::default()
        })
    }

    async fn get_session(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, GetSessionRequest>,
    ) -> ServiceResult<GetSessionResponse> {
        let show = async |asker| {
            let id = parse("session_id", request.session_id)?;
            let token = own_token(request.session_token);
            self.sessions.show(asker, id, token).await.map_err(Failure::from)
        };
        let asked = Asked::to_touch_session(Permission::SessionRead);
        let session = self.bearers.in_one_turn(&context, asked, show).await?;
        Response::ok(GetSessionResponse {
            session: Some(shown(session)).into(),
            ..Default::default()
        })
    }

    async fn delete_session(
        &self,
        context: RequestContext,
        request: ServiceRequest<'_, DeleteSessionRequest>,
    ) -> ServiceResult<DeleteSessionResponse> {
        let end = async |asker| {
            let id = parse("session_id", request.session_id)?;
            let token = own_token(request.session_token);
            self.sessions.end(asker, id, token).await.map_err(Failure::from)
        };
        let asked = Asked::to_touch_session(Permission::SessionDelete);
        let ended = self.bearers.write(&context, asked, end).await?;
        Response::ok(DeleteSessionResponse {
            details: Some(details(&ended)).into(),
            ..Default::default()
        })
    }
}

/// The token that a request shows beside its bearer token. One that can't be a token counts as a wrong one.
fn own_token(text: Option<&str>) -> Option<TokenHash> {
    let text = text.filter(|text| !text.is_empty())?;
    const WRONG: &str = "wrong";
    let token = BearerToken::presented(text).or_else(|_| BearerToken::presented(WRONG)).ok()?;
    Some(token.hash())
}

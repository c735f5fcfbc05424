//! The `Authorization` header (RFC 6750, section 2.1).

use std::sync::{Arc, OnceLock};

use connectrpc::RequestContext;
use http::header::AUTHORIZATION;
use passlink_application::{
    callers::{AuthenticateError, Caller, ManageTokens},
    limits::Limiter,
};
use passlink_domain::{BearerToken, UserId};

use super::{error_table::ApiError, failure::Failure, fields::client};

/// Who calls. Wrong tokens are counted; a right one holds however many wrong ones came before.
pub struct Bearers {
    pub tokens: ManageTokens,
    pub wrong: Arc<Limiter>,
}

impl Bearers {
    /// Who calls, by the one bearer token that the request must carry.
    pub(crate) async fn caller(&self, context: &RequestContext) -> Result<Caller, Failure> {
        let caller = match presented(context)? {
            Some(token) => self.tokens.caller(&token).await,
            None => Err(AuthenticateError::Invalid),
        };
        if let (Err(AuthenticateError::Invalid), Some(client)) = (&caller, client(context)) {
            self.wrong.count_client(client)?;
        }
        let caller = caller?;
        if let Some(user) = context.extensions().get::<CallersUser>() {
            user.0.get_or_init(|| caller.user.clone());
        }
        Ok(caller)
    }

    /// Who calls, if that is the user.
    pub(crate) async fn acting_for(
        &self,
        user: &UserId,
        context: &RequestContext,
    ) -> Result<Caller, Failure> {
        let caller = self.caller(context).await?;
        if caller.user == *user { Ok(caller) } else { Err(ApiError::Denied.into()) }
    }
}

/// Whom a request speaks for, once that is known. The request carries it, for its log line and span.
#[derive(Clone, Default)]
pub(crate) struct CallersUser(Arc<OnceLock<UserId>>);

impl CallersUser {
    pub fn id(&self) -> Option<&str> {
        self.0.get().map(UserId::as_str)
    }
}

/// The token of the request, if what it carries can be one.
fn presented(context: &RequestContext) -> Result<Option<BearerToken>, ApiError> {
    let mut headers = context.headers().get_all(AUTHORIZATION).iter();
    let header = headers.next().ok_or(ApiError::AuthMissing)?;
    if headers.next().is_some() {
        return Ok(None);
    }
    Ok(header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| BearerToken::presented(token.trim()).ok()))
}

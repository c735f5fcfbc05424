//! The `Authorization` header (RFC 6750, section 2.1).

use connectrpc::RequestContext;
use http::header::AUTHORIZATION;
use passlink_application::{Caller, Identity};
use passlink_domain::BearerToken;

use super::{access_log::AccessRecord, error::ApiError};

/// Who calls, by the one bearer token that the request must carry.
pub(super) async fn caller(
    context: &RequestContext,
    identity: &dyn Identity,
) -> Result<Caller, ApiError> {
    let mut headers = context.headers().get_all(AUTHORIZATION).iter();
    let header = headers.next().ok_or(ApiError::AuthMissing)?;
    if headers.next().is_some() {
        return Err(ApiError::AuthInvalid);
    }
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| BearerToken::presented(token.trim()).ok())
        .ok_or(ApiError::AuthInvalid)?;
    let caller = identity.caller(&token).await?;
    if let Some(record) = context.extensions().get::<AccessRecord>() {
        record.set_user(&caller.user);
    }
    Ok(caller)
}

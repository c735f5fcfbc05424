//! What an issuer says of a person (OpenID Connect Core 1.0, section 5.3).

use passlink_application::ports::IdentityError;
use passlink_domain::BearerToken;
use reqwest::StatusCode;
use serde_json::Value;

use super::{
    claims::{RawClaims, refused},
    http::{AskError, json},
    provider::Provider,
};

/// Asks with the person's own token. The answer must be about `subject`.
pub(super) async fn ask(
    token: &BearerToken,
    subject: &str,
    provider: &Provider,
) -> Result<RawClaims, IdentityError> {
    let known = provider.known().await?;
    let endpoint = known.user_info_endpoint.as_deref();
    let endpoint = endpoint.ok_or_else(|| refused("the issuer has no UserInfo endpoint"))?;
    let request = provider.http.get(endpoint).bearer_auth(token.expose());
    let asking = json::<RawClaims>(&provider.http, request);
    match provider.user_info_pause.around(asking).await {
        Ok(claims) if claims.get("sub").and_then(Value::as_str) == Some(subject) => Ok(claims),
        Ok(_) => Err(refused("UserInfo is about another subject")),
        Err(AskError::Status {
            status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, ..
        }) => Err(refused("UserInfo does not take it; it may need the scope `openid`")),
        Err(error) => {
            if !matches!(error, AskError::Paused) {
                tracing::warn!(error = &error as &dyn std::error::Error, "UserInfo can't be had");
            }
            Err(IdentityError::Unavailable(Box::new(error)))
        }
    }
}

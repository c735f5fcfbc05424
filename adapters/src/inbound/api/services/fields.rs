//! The fields of a request, as the domain takes them; an error names the field.

use std::{error::Error, fmt::Display, net::IpAddr, str::FromStr};

use connectrpc::RequestContext;
use http::{Extensions, header::USER_AGENT};
use passlink_application::{codes::PresentedCode, limits::ClientAddress};
use passlink_domain::{TextError, UrlTemplate, UrlTemplateError};
use zeroize::Zeroizing;

use super::error::ApiError;

/// Longest code that is looked at, in characters.
const CODE: usize = 200;

/// A field that is wrong.
pub(crate) fn invalid(field: &'static str, why: impl Display) -> ApiError {
    ApiError::Invalid { field, why: why.to_string() }
}

/// An identifier, or another value with a form of its own.
pub(crate) fn parse<T>(field: &'static str, text: &str) -> Result<T, ApiError>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| invalid(field, error))
}

/// A code for the thing that `field` names.
pub(crate) fn presented<T>(
    context: &RequestContext,
    (field, id): (&'static str, &str),
    (code_field, code): (&'static str, &str),
) -> Result<PresentedCode<T>, ApiError>
where
    T: FromStr<Err: Display>,
{
    match code.chars().count() {
        0 => return Err(invalid(code_field, TextError::Empty)),
        1..=CODE => {}
        _ => return Err(invalid(code_field, TextError::TooLong)),
    }
    Ok(PresentedCode {
        id: parse(field, id)?,
        code: Zeroizing::new(code.to_owned()),
        from: client(context),
    })
}

/// A template for the URL of a link. The answer has one text for all that is wrong with it, so the
/// log says what.
pub(crate) fn url_template(text: &str) -> Result<UrlTemplate, ApiError> {
    UrlTemplate::parse(text).map_err(|error| match error {
        UrlTemplateError::Length => invalid("send_link.url_template", error),
        _ => refused_template(&error),
    })
}

/// Says in the log why a template can't be used.
pub(crate) fn refused_template(error: &dyn Error) -> ApiError {
    tracing::info!(reason = %error, "a URL template was refused");
    ApiError::UrlTemplate
}

/// Where the request comes from.
pub(crate) fn client(context: &RequestContext) -> Option<ClientAddress> {
    context.extensions().get::<ClientAddress>().copied()
}

/// The network that the request's client is counted by.
pub(crate) fn network(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|client| client.network())
}

/// What the request was made with.
pub(crate) fn user_agent(context: &RequestContext) -> Option<String> {
    let user_agent = context.headers().get(USER_AGENT)?;
    user_agent.to_str().ok().map(str::to_owned)
}

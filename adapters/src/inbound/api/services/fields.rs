//! The fields of a request, as the domain takes them; an error names the field.

use std::{fmt::Display, net::IpAddr, str::FromStr};

use connectrpc::RequestContext;
use http::{Extensions, header::USER_AGENT};
use passlink_application::{codes::PresentedCode, limits::ClientAddress};
use passlink_domain::{TextError, UrlTemplate, UrlTemplateError};
use zeroize::Zeroizing;

use super::{error_table::ApiError, failure::Failure};

/// Longest code that is looked at, in characters.
const CODE: usize = 200;

pub(crate) fn parse<T>(field: &'static str, text: &str) -> Result<T, ApiError>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| ApiError::invalid(field, error))
}

/// A code for the thing that `field` names.
pub(crate) fn presented<T: FromStr<Err: Display>>(
    context: &RequestContext,
    (field, id): (&'static str, &str),
    (code_field, code): (&'static str, &str),
) -> Result<PresentedCode<T>, ApiError> {
    match code.chars().count() {
        0 => return Err(ApiError::invalid(code_field, TextError::Empty)),
        1..=CODE => {}
        _ => return Err(ApiError::invalid(code_field, TextError::TooLong)),
    }
    Ok(PresentedCode {
        id: parse(field, id)?,
        code: Zeroizing::new(code.to_owned()),
        from: client(context),
    })
}

pub(crate) fn url_template(text: &str) -> Result<UrlTemplate, Failure> {
    UrlTemplate::parse(text).map_err(|error| match error {
        UrlTemplateError::Length => ApiError::invalid("send_link.url_template", error).into(),
        // The answer has one text for all else that is wrong with it.
        _ => Failure::because(ApiError::UrlTemplate, error),
    })
}

pub(crate) fn client(context: &RequestContext) -> Option<ClientAddress> {
    context.extensions().get::<ClientAddress>().copied()
}

/// The network that the request's client is counted by.
pub(crate) fn network(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|client| client.network())
}

pub(crate) fn user_agent(context: &RequestContext) -> Option<String> {
    let user_agent = context.headers().get(USER_AGENT)?;
    user_agent.to_str().ok().map(str::to_owned)
}

//! Values of options: how they are written, and what is wrong with one that is not.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use clap::Args;
use passlink_domain::{LanguageTag, LanguageTagError, UserHandle, UserId};

/// The organisation of users for whom none was given.
pub(crate) const ORGANISATION: &str = "default";

/// Whose things are listed.
#[derive(Debug, Args)]
pub struct OfUser {
    /// The user's id
    #[arg(long, value_name = "ID")]
    pub user: UserId,
}

/// Which of several domains a command is for.
#[derive(Debug, Clone, Default, Args)]
pub struct AtDomain {
    /// The host of one of the configured domains; needed where several could be meant
    #[arg(long = "domain", value_name = "HOST")]
    pub host: Option<String>,
}

/// A loopback address to listen on: the demo shows its mails to whoever asks.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    let address = match port {
        Some(port) => Some((Ipv4Addr::LOCALHOST, port).into()),
        None => text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()),
    };
    address.ok_or_else(|| "must be on loopback, like localhost:8080 or 127.0.0.1:8080".to_owned())
}

/// A duration of at least a second.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; must be like 8h or 30d"))?;
    if duration.as_secs() > 0 { Ok(duration) } else { Err("must be at least 1s".to_owned()) }
}

/// The language of a user, if one is given: the empty text says that none is known.
#[derive(Debug, Clone)]
pub struct UserLanguage(pub Option<LanguageTag>);

pub(crate) fn user_language(text: &str) -> Result<UserLanguage, LanguageTagError> {
    let given = Some(text).filter(|text| !text.trim().is_empty());
    given.map(LanguageTag::parse).transpose().map(UserLanguage)
}

/// Octets in base64 or base64url, with padding or without.
pub(crate) fn base64url(text: &str) -> Result<Vec<u8>, String> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let octets = BASE64_URL_SAFE_NO_PAD.decode(text);
    octets.map_err(|_| "must be base64url or base64".to_owned())
}

/// A user handle of WebAuthn.
pub(super) fn user_handle(text: &str) -> Result<UserHandle, String> {
    UserHandle::new(base64url(text)?).map_err(|error| error.to_string())
}

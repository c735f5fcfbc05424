//! What may be shown of a text that holds a secret, or may hold one by mistake.

use passlink_adapters::outbound::persistence::{PostgresUrl, check_url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use url::Url;

pub(super) const REDACTED: &str = "[redacted]";

/// Longest value that a message repeats, in characters.
const SHOWN: usize = 80;

/// Behind one of these and an `=`, a secret stands.
const NAMES: [&str; 5] = ["password", "passwd", "pwd", "secret", "token"];

/// A text of unknown content for a message: not too long, and without what stands between a
/// colon and an `@`, as a password in a URL does, or behind `password=`.
pub(super) fn text(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let named =
        NAMES.iter().filter_map(|name| Some(lower.find(&format!("{name}="))? + name.len() + 1));
    let text = match named.min().and_then(|end| text.get(..end)) {
        Some(before) => &format!("{before}{REDACTED}"),
        None => text,
    };
    let masked = text.rsplit_once('@').and_then(|(before, after)| {
        let (scheme, _) = before.split_once("://").or(before.split_once(':'))?;
        Some(format!("{scheme}:{REDACTED}@{after}"))
    });
    let shown = masked.unwrap_or_else(|| text.to_owned());
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// A URL with a password, for `config print`: all but the password and unknown parameters.
pub(super) fn url(secret: &str) -> String {
    // SQLite has no passwords, and URLs that the parser of others doesn't take.
    if secret.starts_with("sqlite:") && check_url(secret).is_ok() {
        return secret.to_owned();
    }
    if let Ok(url) = PostgresUrl::parse(secret) {
        return url.shown();
    }
    let Some(url) = Url::parse(secret).ok().filter(|url| url.scheme().starts_with("smtp")) else {
        return REDACTED.to_owned();
    };
    let mut shown = url.clone();
    shown.set_fragment(None);
    if url.password().is_some() && shown.set_password(Some(REDACTED)).is_err() {
        return REDACTED.to_owned();
    }
    if url.query().is_some() {
        let shown_pairs = url.query_pairs().map(|(name, value)| match &*name {
            "tls" => (name, value),
            _ => (name, REDACTED.into()),
        });
        shown.query_pairs_mut().clear().extend_pairs(shown_pairs);
    }
    shown.as_str().replace("%5Bredacted%5D", REDACTED)
}

/// Serializes a secret that is no URL.
pub(super) fn hide<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| REDACTED).serialize(to)
}

/// Serializes a secret URL as [`url`] shows it.
pub(super) fn serialize<'s, S: Serializer>(
    secret: impl Into<Option<&'s SecretString>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.into().map(|secret| url(secret.expose_secret())).serialize(serializer)
}

//! What may be shown of a text that holds a secret, or may hold one by mistake.

use url::Url;

/// Stands where a secret was.
pub(super) const REDACTED: &str = "[redacted]";

/// Longest value that a message repeats, in characters.
const SHOWN: usize = 80;

/// Query parameters of database and mail URLs that hold no secret.
const HARMLESS: [&str; 5] = ["dbname", "host", "port", "sslmode", "tls"];

/// A text of unknown content for a message: not too long, and without what stands between a
/// colon and an `@`, as a password in a URL does.
pub(super) fn text(text: &str) -> String {
    let shown = match text.rsplit_once('@') {
        Some((before, after)) => match before.split_once("://").or(before.split_once(':')) {
            Some((scheme, _)) => format!("{scheme}:{REDACTED}@{after}"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    };
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// A URL with a password, for `config print`: all but the password and unknown parameters.
pub(super) fn url(secret: &str) -> String {
    // SQLite has no passwords, and URLs that the parser of others doesn't take.
    if secret.starts_with("sqlite:") {
        return secret.to_owned();
    }
    let Ok(url) = Url::parse(secret) else {
        return REDACTED.to_owned();
    };
    let mut shown = format!("{}:", url.scheme());
    if url.has_authority() {
        shown += "//";
        shown += url.username();
        if url.password().is_some() {
            shown = shown + ":" + REDACTED;
        }
        if url.password().is_some() || !url.username().is_empty() {
            shown.push('@');
        }
        shown += url.host_str().unwrap_or_default();
        if let Some(port) = url.port() {
            shown = format!("{shown}:{port}");
        }
    }
    shown += url.path();
    for (index, (name, value)) in url.query_pairs().enumerate() {
        let value = if HARMLESS.contains(&&*name) { &value } else { REDACTED };
        shown = format!("{shown}{}{name}={value}", if index == 0 { '?' } else { '&' });
    }
    shown
}

//! What the other side said, made fit for a log and an operator.

use passlink_application::{
    mails::{Mail, SecretUrl},
    ports::MailError,
};

/// Longest answer that is kept, in characters.
const LONGEST: usize = 500;
/// From here on, a value in a link's query or fragment may be a code.
const SHORTEST_SECRET: usize = 16;

/// The answer on one line, not too long, without the codes of the mail that it is about, and with
/// addresses masked: its own, and others that the server may know the mailbox by.
pub(super) fn clean(answer: &str, mail: &Mail) -> String {
    let mut text: String = answer
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    for secret in mail.links().into_iter().flat_map(|(_, url)| secrets(url)) {
        text = text.replace(secret, "[redacted]");
    }
    text = mask(&text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(super) fn with_text(error: MailError, other: impl Fn(String) -> String) -> MailError {
    match error {
        MailError::Refused(reason, text) => MailError::Refused(reason, other(text)),
        MailError::Unavailable(reason, text) => MailError::Unavailable(reason, other(text)),
        MailError::Busy(reason, text) => MailError::Busy(reason, other(text)),
        MailError::Down(reason, text) => MailError::Down(reason, other(text)),
        MailError::Unclear(text) => MailError::Unclear(other(text)),
    }
}

/// What is secret in a link, the whole of it first.
fn secrets(url: &SecretUrl) -> impl Iterator<Item = &str> {
    let url = url.expose();
    let values = url.split_once(['?', '#']).map_or("", |(_, values)| values);
    std::iter::once(url)
        .chain(values.split(['?', '#', '&', '=']).filter(|value| value.len() >= SHORTEST_SECRET))
}

/// The text with all that looks like an address masked: first letter and domain are left.
fn mask(text: &str) -> String {
    let mut parts = text.split('@');
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let before = masked.trim_end_matches(fits_local_part).len();
        let local = masked.split_off(before);
        match local.chars().next() {
            Some(first) if part.starts_with(|c: char| c.is_alphanumeric() || c == '[') => {
                masked.push(first);
                masked.push_str("•••");
            }
            _ => masked.push_str(&local),
        }
        masked.push('@');
        masked.push_str(part);
    }
    masked
}

/// What may stand in front of an `@` (RFC 5321 §4.1.2, RFC 6531 §3.3).
fn fits_local_part(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.\"".contains(c)
}

#[cfg(test)]
mod tests;

//! What the other side said, made fit for a log and an operator.

use passlink_application::{Mail, MailError, SecretUrl};
use passlink_domain::EmailAddress;

/// Longest answer that is kept, in characters.
const LONGEST: usize = 500;
/// From here on, a value in a link's query or fragment may be a code.
const SHORTEST_SECRET: usize = 16;

/// The answer on one line, not too long, without the codes of the mail that it is about, and with
/// its address masked.
pub(super) fn clean(answer: &str, mail: &Mail) -> String {
    let mut text: String = answer
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    for secret in mail.secret_urls().into_iter().flat_map(secrets) {
        text = text.replace(secret, "[redacted]");
    }
    text = mask(&text, mail.to());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The same error with a clean answer.
pub(super) fn clean_error(error: MailError, mail: &Mail) -> MailError {
    match error {
        MailError::Refused(reason, answer) => MailError::Refused(reason, clean(&answer, mail)),
        MailError::Unavailable(reason, answer) => {
            MailError::Unavailable(reason, clean(&answer, mail))
        }
    }
}

/// What is secret in a link, the whole of it first.
fn secrets(url: &SecretUrl) -> impl Iterator<Item = &str> {
    let url = url.expose();
    let values = url.split_once(['?', '#']).map_or("", |(_, values)| values);
    std::iter::once(url)
        .chain(values.split(['?', '#', '&', '=']).filter(|value| value.len() >= SHORTEST_SECRET))
}

/// The text with the address masked, however it is written.
fn mask(text: &str, address: &EmailAddress) -> String {
    let wanted = address.as_str();
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let here = rest.get(..wanted.len());
        if here.is_some_and(|here| here.eq_ignore_ascii_case(wanted)) {
            masked.push_str(&address.masked());
            rest = rest.get(wanted.len()..).unwrap_or_default();
        } else if let Some(c) = rest.chars().next() {
            masked.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        } else {
            return masked;
        }
    }
}

//! The header section of a message (RFC 5322), with what people chose in it encoded so that every
//! reader gets it back as it is (RFC 2047).
//!
//! lettre writes a name with a dot as it stands, and lets lines with encoded words grow as long as the
//! address behind the name.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use lettre::message::Mailbox;

/// Longest line with an encoded word (RFC 2047, section 2). Others are as short where they can be.
const LINE: usize = 76;
const WORD: usize = 75;
/// Octets of an encoded word besides its text: `=?utf-8?b?` and `?=`.
const FRAME: usize = 12;

#[derive(Default)]
pub(super) struct Header(String);

impl Header {
    /// Adds a field with a value of ours, which needs no encoding.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.0.extend([name, ": ", value, "\r\n"]);
        self
    }

    /// Adds a field with a text that anybody may have written.
    pub fn text(self, name: &str, text: &str) -> Self {
        let value = if needs_no_code(text) {
            folded(name, text.split(' ').map(Cow::from))
        } else {
            folded(name, encoded(name, text).map(Cow::from))
        };
        self.field(name, &value)
    }

    /// Adds a field with an address, and what its owner is called.
    pub fn mailbox(self, name: &str, mailbox: &Mailbox) -> Self {
        let called = mailbox.name.as_deref().map(str::trim).filter(|called| !called.is_empty());
        let Some(called) = called else { return self.field(name, mailbox.email.as_ref()) };
        let address = Cow::from(format!("<{}>", mailbox.email));
        let value = match as_phrase(called) {
            Some(phrase) if name.len() + 2 + phrase.len() <= LINE => {
                folded(name, [phrase, address].into_iter())
            }
            _ => folded(name, encoded(name, called).map(Cow::from).chain([address])),
        };
        self.field(name, &value)
    }

    /// The fields, each with the end of its line.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Whether a text can stand in a header as it is, with a line break in place of any of its blanks.
fn needs_no_code(text: &str) -> bool {
    let plain =
        |word: &str| (1..LINE).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
    text.split(' ').all(plain) && !text.contains("=?")
}

/// The name as words or as a quoted string; `None` when it needs encoding. Readers decode what looks
/// like an encoded word in a quoted string too.
fn as_phrase(name: &str) -> Option<Cow<'_, str>> {
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    if !name.bytes().all(|b| b.is_ascii_graphic() || b == b' ') || name.contains("=?") {
        return None;
    }
    Some(if name.split(' ').all(|word| !word.is_empty() && word.bytes().all(atext)) {
        name.into()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")).into()
    })
}

/// Encoded words that say the text. Between two of them stands nothing but a blank or the end of a
/// line, which are no part of it.
fn encoded<'t>(name: &str, text: &'t str) -> impl Iterator<Item = String> + use<'t> {
    let in_q = |text: &str| text.chars().map(q_length).sum::<usize>();
    let in_b = |text: &str| text.len().div_ceil(3) * 4;
    let (code, length): (char, fn(&str) -> usize) =
        if in_q(text) <= in_b(text) { ('q', in_q) } else { ('b', in_b) };
    let mut room = (LINE - FRAME).saturating_sub(name.len() + 2);
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = rest.char_indices().map(|(start, c)| start + c.len_utf8());
        let fits = |end: &usize| rest.get(..*end).is_some_and(|part| length(part) <= room);
        let (part, behind) = rest.split_at_checked(ends.take_while(fits).last()?)?;
        rest = behind;
        room = WORD - FRAME;
        let part = match code {
            'q' => part.chars().map(q_encoded).collect(),
            _ => BASE64_STANDARD.encode(part),
        };
        Some(format!("=?utf-8?{code}?{part}?="))
    })
}

/// A character in the encoding Q, as it can stand in a phrase.
fn q_encoded(c: char) -> String {
    match c {
        ' ' => "_".to_owned(),
        c if q_length(c) == 1 => c.to_string(),
        c => {
            let mut octets = [0; 4];
            c.encode_utf8(&mut octets).bytes().map(|b| format!("={b:02X}")).collect()
        }
    }
}

fn q_length(c: char) -> usize {
    if c == ' ' || c.is_ascii_alphanumeric() || "!*+-/".contains(c) { 1 } else { 3 * c.len_utf8() }
}

/// Words with blanks between them, on as many lines as it takes.
fn folded<'w>(name: &str, words: impl Iterator<Item = Cow<'w, str>>) -> String {
    let mut value = String::new();
    let mut column = name.len() + 2;
    for word in words {
        if value.is_empty() {
            column += word.len();
        } else if column + 1 + word.len() <= LINE {
            value.push(' ');
            column += 1 + word.len();
        } else {
            value.push_str("\r\n ");
            column = 1 + word.len();
        }
        value.push_str(&word);
    }
    value
}

#[cfg(test)]
mod tests;

//! Text from the octets of a file: editors put more into it than text.

use std::io;

/// The byte order mark that some editors begin a file with, in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Why the octets of a file are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// Another encoding, that of some editors on Windows.
    #[error("is in UTF-16; save it as UTF-8")]
    Utf16,
    /// Any other encoding, or no text at all.
    #[error("is not in UTF-8, from octet {0} on")]
    NotUtf8(usize),
}

impl From<NotText> for io::Error {
    fn from(error: NotText) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Without a byte order mark. Errors: the octets are in UTF-16.
pub fn without_mark(octets: &[u8]) -> Result<&[u8], NotText> {
    match octets {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(NotText::Utf16),
        // Without a mark, UTF-16 shows by a zero octet beside the first letter, if that is in
        // ASCII.
        [first, second, ..] if (*first == 0) != (*second == 0) => Err(NotText::Utf16),
        _ => Ok(octets.strip_prefix(MARK).unwrap_or(octets)),
    }
}

/// Without a byte order mark. Errors: the octets are not in UTF-8.
pub fn text_of(mut octets: Vec<u8>) -> Result<String, NotText> {
    let mark = octets.len() - without_mark(&octets)?.len();
    octets.drain(..mark);
    String::from_utf8(octets)
        .map_err(|error| NotText::NotUtf8(error.utf8_error().valid_up_to() + 1))
}

#[cfg(test)]
mod tests;

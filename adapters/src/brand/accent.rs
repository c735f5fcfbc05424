//! The colour of buttons and links.

use std::str::FromStr;

use super::Colour;

/// The colour that an operator wants for buttons and links, written `#1f5c6b`. `Palette::of`
/// makes colours of it that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    pub(super) colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a # and six hexadecimal digits")]
pub struct AccentError;

impl FromStr for Accent {
    type Err = AccentError;

    fn from_str(text: &str) -> Result<Self, AccentError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|it| it.bytes().all(|octet| octet.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        Ok(Self { colour: Colour::of(number.ok_or(AccentError)?) })
    }
}

#[cfg(test)]
mod tests;

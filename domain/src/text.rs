//! Short texts that people gave and that people will read: names.

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

use crate::newtypes::text_type;

/// Longest name, in characters.
const MAX_CHARACTERS: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    #[error("must not contain line breaks or other control characters")]
    Control,
}

/// A name of 1 to 200 characters, trimmed, on one line, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            Err(TextError::Empty)
        } else if text.chars().count() > MAX_CHARACTERS {
            Err(TextError::TooLong)
        } else if text.chars().any(breaks_a_line) {
            Err(TextError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// What stands in place of a name that was erased.
    pub fn erased() -> Self {
        Self("removed".to_owned())
    }
}

text_type!(Text, TextError);

/// Whether the character can't be seen, or turns or hides what stands beside it. Joiners and variation
/// selectors, which some scripts need, are not among these.
pub fn is_invisible(c: char) -> bool {
    // Ends of lines and paragraphs, the empty pattern of Braille, and annotations: Unicode has these
    // shown, and nobody sees them.
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) && !is_joiner(c)
}

/// Whether the character joins or parts letters, or selects a form of them. It is of use between letters
/// and emoji, and nowhere else.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Controls, and the two separators of Unicode that end a line without being controls.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;

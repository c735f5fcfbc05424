//! What stands before the `@` (RFC 5321, section 4.1.2, `Local-part`; RFC 6531 for other scripts).

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{GeneralCategory, NoncharacterCodePoint, VariationSelector},
};

use super::error::{EmailAddressError, MAX_LOCAL_OCTETS};
use crate::text::is_invisible;

/// The local part in the one form that is kept: composed (NFC, RFC 6532, section 3.1), and in
/// quotation marks only where it needs them.
pub(super) fn normalised(text: &str) -> Result<String, EmailAddressError> {
    let name = match text.strip_prefix('"') {
        Some(rest) => composed(&quoted_content(rest)?),
        None => dot_string(&composed(text))?,
    };
    if name.is_empty() {
        return Err(EmailAddressError::NoLocalPart);
    }
    if let Some(joiner) = lone_joiner(&name) {
        return Err(EmailAddressError::LocalCharacter(joiner));
    }
    let local = match dot_string(&name) {
        Ok(name) => name,
        Err(_) => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    match local.len() {
        octets if octets > MAX_LOCAL_OCTETS => Err(EmailAddressError::LocalPartTooLong(octets)),
        _ => Ok(local),
    }
}

/// The text in the form in which characters are composed (NFC).
pub(in crate::users) fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// A joiner that joins no letters of a script that has them: nobody sees it there.
fn lone_joiner(text: &str) -> Option<char> {
    let (mut before, mut rest) = (None::<char>, text.chars().peekable());
    while let Some(c) = rest.next() {
        let has_joiners = |c: &char| {
            // From Arabic to Myanmar, from Khmer to Mongolian, and pictures.
            matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}')
                || matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
        };
        let joins = [before.as_ref(), rest.peek()].iter().all(|it| it.is_some_and(has_joiners));
        if matches!(c, '\u{200c}' | '\u{200d}') && !joins {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

/// Takes atoms with dots between them.
fn dot_string(text: &str) -> Result<String, EmailAddressError> {
    if let Some(c) = text.chars().find(|c| !is_atext(*c) && *c != '.') {
        return Err(match c {
            '@' => EmailAddressError::Ats,
            c => EmailAddressError::LocalCharacter(c),
        });
    }
    if !text.is_empty() && text.split('.').any(str::is_empty) {
        return Err(EmailAddressError::LocalDots);
    }
    Ok(text.to_owned())
}

/// What a quoted string says, given what follows its first quotation mark. Blanks and angle
/// brackets are allowed there by the standard, but what takes mail stumbles over them.
fn quoted_content(text: &str) -> Result<String, EmailAddressError> {
    let mut content = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let c = match c {
            '"' if rest.as_str().is_empty() => return Ok(content),
            '"' => break,
            '\\' => rest.next().ok_or(EmailAddressError::Quotes)?,
            c => c,
        };
        if matches!(c, '<' | '>') || !(c.is_ascii_graphic() || is_beyond_ascii(c)) {
            return Err(EmailAddressError::LocalCharacter(c));
        }
        content.push(c);
    }
    Err(EmailAddressError::Quotes)
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_beyond_ascii(c)
}

/// Characters of other scripts, but for those that nobody can see or type: they come along when an
/// address is copied, and name another mailbox.
fn is_beyond_ascii(c: char) -> bool {
    let is_variation = CodePointSetData::new::<VariationSelector>().contains(c);
    // In place of what was lost, for private use, or no character at all.
    let has_no_meaning = matches!(c, '\u{fffc}' | '\u{fffd}')
        || CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::PrivateUse
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c);
    let is_unseen = c.is_control() || c.is_whitespace() || is_variation || is_invisible(c);
    !(c.is_ascii() || is_unseen || has_no_meaning)
}

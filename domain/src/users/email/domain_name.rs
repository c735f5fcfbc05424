//! What stands behind the `@`: the name of a domain (RFC 5321, section 4.1.2, `Domain`).

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

use super::error::{EmailAddressError, MAX_LABEL_OCTETS};
use crate::text::is_invisible;

/// All dots that part the labels of a domain (UTS 46, section 4).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// The domain in lower case and in its ASCII form (IDNA, A-labels).
pub(super) fn normalised(text: &str) -> Result<String, EmailAddressError> {
    if text.is_empty() {
        return Err(EmailAddressError::NoDomain);
    }
    if text.starts_with('[') {
        return Err(EmailAddressError::IpAddress);
    }
    text.split(DOTS).try_for_each(check)?;
    let ascii = to_ascii(text).ok_or_else(|| {
        let wrong = text.split(DOTS).find(|label| to_ascii(label).is_none());
        EmailAddressError::Label(wrong.unwrap_or(text).to_owned())
    })?;
    for label in ascii.split('.') {
        if label.is_empty() {
            return Err(EmailAddressError::DomainDots);
        }
        if label.len() > MAX_LABEL_OCTETS {
            return Err(EmailAddressError::LabelTooLong(label.to_owned()));
        }
    }
    // No top-level domain is a number, but IP addresses end in one (RFC 3696, section 2).
    if is_number(ascii.rsplit('.').next().unwrap_or_default()) {
        Err(EmailAddressError::IpAddress)
    } else {
        Ok(ascii)
    }
}

/// Whether a label in lower case is a number, be it hexadecimal, where hosts are looked up (URL Standard,
/// "ends in a number").
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// Looks for the faults of a part of the domain that can be named easily.
fn check(label: &str) -> Result<(), EmailAddressError> {
    if label.is_empty() {
        return Err(EmailAddressError::DomainDots);
    }
    let wrong = label.chars().find(|c| {
        if c.is_ascii() {
            !c.is_ascii_alphanumeric() && *c != '-'
        } else {
            c.is_control() || c.is_whitespace() || is_invisible(*c)
        }
    });
    match wrong {
        Some(c) => Err(EmailAddressError::DomainCharacter(c)),
        None if label.starts_with('-') || label.ends_with('-') => {
            Err(EmailAddressError::Hyphen(label.to_owned()))
        }
        None => Ok(()),
    }
}

/// As browsers and mail servers look domains up: hyphens may stand in the third and fourth place,
/// where IDNA would have none but its own; other than letters, digits and hyphens there is nothing.
fn to_ascii(text: &str) -> Option<String> {
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = Uts46::new().to_ascii(text.as_bytes(), deny, hyphens, DnsLength::Ignore);
    ascii.map(Into::into).ok()
}

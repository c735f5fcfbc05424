//! What can be wrong with an address, in words that say where.

use crate::text::is_invisible;

/// Longest local part, in octets (RFC 5321, section 4.5.3.1.1).
pub(super) const MAX_LOCAL_OCTETS: usize = 64;
/// Longest part of a domain between two dots, in octets (RFC 1035, section 2.3.4).
pub(super) const MAX_LABEL_OCTETS: usize = 63;
/// Longest address, in octets (RFC 5321, section 4.5.3.1.3, less the angle brackets).
pub(super) const MAX_OCTETS: usize = 254;

/// Why mail can't be sent to a text. Each reads on from "the address".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    #[error("must not be empty")]
    Empty,
    #[error("must have the form name@example.com; it has no @")]
    NoAt,
    /// It stands in angle brackets, or a name stands before it.
    #[error("must stand alone, like name@example.com, without a name and without < and >")]
    Brackets,
    /// There are two addresses, or an `@` too many.
    #[error("must have one @ only")]
    Ats,
    #[error("must have a name before the @")]
    NoLocalPart,
    #[error("must have at most {MAX_LOCAL_OCTETS} octets before the @; it has {0}")]
    LocalPartTooLong(usize),
    /// A character can't stand before the `@`, or mail to it would not arrive.
    #[error("must not have {} before the @", named(*.0))]
    LocalCharacter(char),
    #[error("must not begin or end with a dot before the @, or have two dots in a row there")]
    LocalDots,
    #[error("must close its quotation marks right before the @")]
    Quotes,
    #[error("must have a domain, like example.com, after the @")]
    NoDomain,
    #[error("must have the name of a domain, like example.com, after the @, and no IP address")]
    IpAddress,
    #[error("must not have a dot at either end of its domain, or two dots in a row there")]
    DomainDots,
    #[error("must not have {} in its domain", named(*.0))]
    DomainCharacter(char),
    #[error("must not have a hyphen at either end of `{0}` in its domain")]
    Hyphen(String),
    /// A part of the domain has more than 63 octets, as DNS writes it.
    #[error(
        "must have at most {MAX_LABEL_OCTETS} octets between the dots of its domain; `{0}` is longer"
    )]
    LabelTooLong(String),
    /// A part of the domain can't be the name of anything (IDNA).
    #[error("must have a domain that can exist; `{0}` can't be in one")]
    Label(String),
    #[error("must have at most {MAX_OCTETS} octets; it has {0}")]
    TooLong(usize),
}

/// A character as an error names it: what can't be seen by its number.
fn named(c: char) -> String {
    match c {
        ' ' => "a blank".to_owned(),
        c if c.is_control() || c.is_whitespace() || is_invisible(c) => {
            format!("the character U+{:04X}", u32::from(c))
        }
        c => format!("`{c}`"),
    }
}

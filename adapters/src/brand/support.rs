//! Where people get help.

use std::str::FromStr;

use passlink_domain::EmailAddress;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// All but what stands for itself in the address of a `mailto:` URL (RFC 6068, section 2).
const IN_MAILTO: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

/// Where people get help: by mail, or at a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    Address(EmailAddress),
    Page(Url),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address or an https URL")]
pub struct SupportError;

impl Support {
    /// Where a link to it leads: a `mailto:` or an `https:` URL.
    pub fn href(&self) -> String {
        match self {
            Self::Address(address) => {
                format!("mailto:{}", utf8_percent_encode(address.as_str(), IN_MAILTO))
            }
            Self::Page(page) => page.to_string(),
        }
    }
}

impl FromStr for Support {
    type Err = SupportError;

    fn from_str(text: &str) -> Result<Self, SupportError> {
        if text.contains("://") {
            let page = Url::parse(text).map_err(|_| SupportError)?;
            let is_plain = page.username().is_empty() && page.password().is_none();
            return Some(Self::Page(page))
                .filter(|_| is_plain && text.starts_with("https://"))
                .ok_or(SupportError);
        }
        EmailAddress::parse(text).map(Self::Address).map_err(|_| SupportError)
    }
}

#[cfg(test)]
mod tests;

//! Where people get help.

use std::str::FromStr;

use passlink_domain::EmailAddress;
use url::Url;

/// Where people get help: by mail, or at a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    Address(EmailAddress),
    Page(Url),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address or an https URL")]
pub struct SupportError;

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

//! How Passlink looks to people: whose name, logo and colour its pages and mails carry.

use url::Url;

mod accent;
mod advice;
mod colour;
mod logo;
mod palette;
mod support;

pub use accent::{Accent, AccentError};
pub use colour::Colour;
pub use logo::{Logo, LogoError};
pub use palette::{Palette, Shades};
pub use support::{Support, SupportError};

/// Whose pages and mails they are. Clones are cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// What people call the site.
    pub name: String,
    pub logo: Option<Logo>,
    pub palette: Palette,
    /// Where people get help.
    pub support: Option<Support>,
    /// Where people go on when they are done.
    pub home: Option<Url>,
}

impl Brand {
    /// A brand of which only the name is known, in Passlink's own colours.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            logo: None,
            palette: Palette::default(),
            support: None,
            home: None,
        }
    }
}

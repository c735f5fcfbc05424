//! How Passlink looks to people: whose name, logo and colour its pages and mails carry.

mod accent;
mod support;

pub use accent::{Accent, AccentError};
pub use support::{Support, SupportError};

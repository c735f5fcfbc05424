//! Passkey links: made, sent, listed, shown, resent, revoked, expired.
//!
//! Why: `docs/decisions/limits-in-the-database.md`.

pub(crate) mod add;
mod error;
pub(crate) mod expire;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod list;
pub(crate) mod public_url;
pub(crate) mod resend;
pub(crate) mod revoke;
pub(crate) mod send;

pub use add::{AddLink, AddedLink};
pub use error::{LinkError, UserLinkError};
pub use expire::ExpireLinks;
pub use inspect::{InspectLink, LinkView};
pub use issue::LinkIssuer;
pub use list::ListLinks;
pub use public_url::{LinkTemplateError, PublicUrl, PublicUrlError};
pub use resend::{ResendError, ResendLink};
pub use revoke::RevokeLink;
pub use send::SendLink;

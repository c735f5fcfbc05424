//! Passkey links: made, sent, shown, sent again, ended.

pub(crate) mod add;
pub(crate) mod desk;
mod error;
pub(crate) mod expire;
pub(crate) mod inspect;
pub(crate) mod public_url;
pub(crate) mod resend;
pub(crate) mod revoke;
pub(crate) mod send;

pub use add::{AddLink, AddedLink};
pub use desk::LinkDesk;
pub use error::UserLinkError;
pub use expire::ExpireLinks;
pub use inspect::{InspectLink, LinkView};
pub use public_url::{LinkTemplateError, PublicUrl, PublicUrlError};
pub use resend::{ResendError, ResendLink};
pub use revoke::{LinkError, LinkUseCases};
pub use send::SendLink;

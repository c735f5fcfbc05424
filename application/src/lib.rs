//! What can be done with Passlink: one file a use case, and the ports that the use cases need.
//!
//! A use case takes its ports when it is made, does its work in a unit of work that it hands to
//! the [`Store`], and knows nothing of HTTP, SQL or SMTP.

mod add_link;
mod change_user;
mod deliver_mail;
mod error;
mod expire_links;
#[cfg(test)]
mod fakes;
mod ids;
mod import_users;
mod key_use;
mod link_desk;
mod mail;
mod observer;
mod outbox;
mod ports;
mod revoke_link;
mod send_link;
mod store;
mod test_mail;
mod tokens;
mod urls;
mod users;

pub use add_link::{AddLink, AddedLink};
pub use deliver_mail::{DeliverMail, Delivered, Tried};
pub use error::{AuthenticateError, MailError, StoreError, UserLinkError};
pub use expire_links::ExpireLinks;
pub use import_users::{ImportError, ImportUsers, Obstacle, Obstacles, StagedUser, WrongLines};
pub use key_use::{KeyNeed, KeyUse};
pub use link_desk::{Caller, LinkDesk};
pub use mail::{Mail, PasskeyAddedMail, PasskeyLinkMail, PasskeyRemovedMail, SecretUrl};
pub use observer::{Attempt, MailReason, Observer, TraceContext};
pub use outbox::{
    ClaimedMail, MailOutcome, OutboxError, OutboxLoad, OutboxMail, OutboxState, OutboxUseCases,
};
pub use ports::{
    Clock, History, Identity, KeyNeeds, Links, Mailer, Outbox, Random, Staging, Tokens, Users, Wake,
};
pub use revoke_link::{LinkError, LinkUseCases};
pub use send_link::SendLink;
pub use store::{Repositories, Settled, Store, Work};
pub use test_mail::{TestMailError, send_test_mail};
pub use tokens::{NewToken, TokenError, TokenUseCases};
pub use urls::{PublicUrl, PublicUrlError};
pub use users::{NewUser, UserError, UserUseCases};

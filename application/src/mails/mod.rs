//! Mails: composed, queued, delivered.
//!
//! Why: `docs/decisions/at-least-once.md`.

pub(crate) mod claim;
pub(crate) mod compose;
pub(crate) mod deliver;
pub(crate) mod hold;
pub(crate) mod lane;
pub(crate) mod mail;
pub(crate) mod outbox;
pub(crate) mod queue;
pub(crate) mod server;
pub(crate) mod slots;
pub(crate) mod test_mail;
pub(crate) mod waits;

pub use deliver::{DeliverMail, Delivered, Tried};
pub use hold::Hold;
pub use lane::{Lane, Urgency};
pub use mail::{Mail, PasskeyAddedMail, PasskeyLinkMail, PasskeyRemovedMail, SecretUrl};
pub use outbox::{OutboxError, OutboxUseCases};
pub use server::{Allowance, Change, MailServer, ServerWord};
pub use slots::MailSlots;
pub use test_mail::{TestMailError, send_test_mail};

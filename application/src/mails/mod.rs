//! Mails: composed, queued, delivered.
//!
//! Why: `docs/decisions/at-least-once.md`.

pub(crate) mod answering;
mod backoff;
pub(crate) mod choose;
mod circle;
pub(crate) mod claim;
pub(crate) mod compose;
mod deal;
pub(crate) mod deliver;
pub(crate) mod hold;
pub(crate) mod lane;
pub(crate) mod line;
mod looked;
pub(crate) mod mail;
pub(crate) mod mail_server;
pub(crate) mod outbox;
pub(crate) mod outcome;
pub(crate) mod record;
pub(crate) mod renew;
pub(crate) mod send;
pub(crate) mod slots;
pub(crate) mod test_mail;
pub(crate) mod worker;

pub use compose::Composer;
pub use deliver::DeliverMail;
pub use hold::Hold;
pub use lane::{Lane, Urgency};
pub use mail::{Account, Content, Mail, MailKind, SecretUrl};
pub use outbox::{ManageOutbox, OutboxError};
pub use test_mail::{TestMailError, send_test_mail};
pub use worker::MailWorker;

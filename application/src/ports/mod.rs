//! The ports: what the use cases need from outside, with the data that goes through them.
//!
//! The repositories are used inside a unit of work. "Not found" is `Ok(None)`; what it means is
//! for the caller to say. Every method of theirs fails with [`StoreError`] when the database does.

mod clock;
mod identity;
mod mailer;
mod observer;
mod random;
mod store;
mod trace_context;
mod wake;
mod webauthn;

pub use clock::Clock;
pub use identity::{AuthenticateError, Identity};
pub use mailer::{MailError, MailReason, Mailer};
pub use observer::{Attempt, DeliveryEnd, DeliveryFailure, Observer};
pub use random::Random;
pub use store::{
    AddedSoFar, Ceremonies, ClaimedMail, EndedByKey, History, KeyNeed, KeyNeeds, KeyUsers, Lease,
    Links, LongestWaits, MailOutcome, MailQueue, MailSubject, Mailboxes, Obstacle, Obstacles,
    Outbox, OutboxLoad, OutboxMail, OutboxState, Passkeys, ReadyMail, Repositories, RetiredKey,
    RetiredKeys, Settled, StagedUser, Staging, Store, StoreError, Tokens, Users, Work,
};
pub use trace_context::TraceContext;
pub use wake::Wake;
pub use webauthn::{NewCredential, WebAuthn, WebAuthnError};

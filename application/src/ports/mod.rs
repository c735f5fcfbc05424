//! The ports: what the use cases need from outside, with the data that goes through them.
//!
//! The repositories are used inside a unit of work. "Not found" is `Ok(None)`; what it means is
//! for the caller to say. Every method of theirs fails with [`StoreError`] when the database does.

mod bundle;
mod identity;
mod mailer;
mod observer;
mod store;
mod system;
mod webauthn;

pub use bundle::Ports;
pub use identity::{Identities, IdentityError, MayAsk};
pub use mailer::{MailError, MailReason, Mailer, Wake};
pub use observer::{
    Attempt, DeliveryEnd, DeliveryFailure, Observer, SessionEnd, SignIn, SignInRefused, SignedIn,
};
pub use store::{
    AddedSoFar, Ceremonies, ClaimedMail, Comparison, EndedByKey, FoundSessions, History, KeyNeed,
    KeyNeeds, KeyUsers, KnownIdentities, KnownIdentity, Lease, Links, LongestWaits, MailOutcome,
    MailQueue, MailSubject, Mailboxes, Obstacle, Obstacles, OrganisationMails, Outbox, OutboxLoad,
    OutboxMail, OutboxState, Passkeys, ReadyMail, Repositories, RetiredKey, RetiredKeys,
    SessionSearch, Sessions, SessionsAmong, Settled, StagedUser, Staging, Store, StoreError,
    StoreResult, Taken, Tokens, TraceContext, Users, Work,
};
pub use system::{Clock, Random};
pub use webauthn::{
    AssertionRequest, NewCredential, PresentedAssertion, VerifiedAssertion, WebAuthn, WebAuthnError,
};

//! What the use cases report to those who watch over Passlink.

use std::time::Duration;

use futures_util::future::BoxFuture;
use passlink_domain::{
    LinkKind, LinkState, OpenedBy, OutboxId, PasskeyId, SessionId, UserId, named,
};
use tracing::Span;

use crate::ports::{ClaimedMail, MailReason, TraceContext};

/// Counts, times and traces what use cases do. Nothing waits for it.
pub trait Observer: Send + Sync {
    /// That many links of a kind entered `state`, durably.
    fn links(&self, state: LinkState, kind: LinkKind, count: u64);
    /// A link's mail was accepted, that long after the link was requested.
    fn mailed(&self, after: Duration);
    /// A passkey was registered by a link, that long after the link's mail was accepted.
    fn redeemed(&self, after: Duration);
    fn tried(&self, attempt: Attempt);
    /// A session was created, durably.
    fn session_created(&self);
    /// That many sessions were ended, durably.
    fn sessions_ended(&self, end: SessionEnd, count: u64);
    /// The current span is about this session, and the user whose passkey has signed its challenge.
    fn session(&self, id: &SessionId, user: Option<&UserId>);
    /// Somebody tried to sign in with a passkey, which the current span is about.
    fn sign_in(&self, tried: &SignIn);
    /// The current span begins or finishes the ceremony for this passkey, which that opened.
    fn ceremony(&self, passkey: &PasskeyId, opened_by: &OpenedBy);
    /// A mail is queued. Returns the span to do that in, and where that span stands in its trace, to be
    /// kept with the mail; `None` when it is in no trace.
    fn queueing(&self, mail: &OutboxId) -> (Span, Option<TraceContext>);
    /// Runs a try to deliver a mail, as a part of the trace in which the mail was queued.
    fn delivering(
        &self,
        mail: &ClaimedMail,
        delivery: BoxFuture<'static, DeliveryEnd>,
    ) -> BoxFuture<'static, DeliveryEnd>;
}

named! {
    /// What ended a session before its time.
    pub enum SessionEnd {
        /// A caller asked for that.
        Deleted = "deleted",
        /// The passkey that signed in was removed.
        PasskeyRemoved = "passkey_removed",
        /// The user was locked or deactivated.
        UserLocked = "user_locked",
        UserRemoved = "user_removed",
    }
}

/// A try to sign in with a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// `None` where nobody signs in to a session: it is only to be created.
    pub session: Option<SessionId>,
    /// The passkey whose credential the answer names, and its user, where there is one: whether or not it has
    /// signed anything.
    pub passkey: Option<(PasskeyId, UserId)>,
    pub outcome: Result<SignedIn, SignInRefused>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// How long that took from the challenge on.
    pub after: Duration,
    /// Whether the authenticator recognised its user.
    pub user_verified: bool,
}

named! {
    /// Why a sign-in was refused. Its caller is not told which it was.
    pub enum SignInRefused {
        /// The answer is no assertion.
        Malformed = "malformed",
        /// The session has ended, or is none that the caller reaches. That the caller is told.
        Session = "session",
        /// It is for no challenge of the session that is open.
        Challenge = "challenge",
        /// It was made on a page of another origin, or in a frame.
        Origin = "origin",
        /// It was made for another relying party.
        RelyingParty = "relying_party",
        /// Nobody touched the authenticator.
        UserPresence = "user_presence",
        /// The authenticator did not recognise its user, which was asked for.
        UserVerification = "user_verification",
        /// The credential says that it is backed up and can't be, or what it can be has changed.
        BackupState = "backup_state",
        /// The signature is not by the credential's key.
        Signature = "signature",
        /// No passkey has the credential, or the passkey was removed.
        UnknownCredential = "unknown_credential",
        /// The user's handle is missing, or is not that of the passkey's user.
        UserHandle = "user_handle",
        /// The passkey is of another user than is expected, or of one whom the caller does not reach.
        OtherUser = "other_user",
        UserNotActive = "user_not_active",
        /// The passkey's signature counter went back: it may have been cloned.
        Counter = "counter",
    }
}

/// What came of a try to deliver a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Sent,
    Retry(MailReason),
    /// It is not tried again.
    Undeliverable(MailReason),
}

impl Attempt {
    pub fn reason(self) -> Option<MailReason> {
        match self {
            Self::Sent => None,
            Self::Retry(reason) | Self::Undeliverable(reason) => Some(reason),
        }
    }
}

#[derive(Debug)]
pub struct DeliveryEnd {
    pub failure: Option<DeliveryFailure>,
}

#[derive(Debug)]
pub struct DeliveryFailure {
    /// Why the mail was not sent; `None` when something else went wrong.
    pub reason: Option<MailReason>,
    /// The same in words.
    pub text: String,
}

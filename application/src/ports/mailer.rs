//! Rendering mail and handing it over, and waking the worker that does it.

use async_trait::async_trait;
use passlink_domain::{OutboxId, named};

use crate::mails::{Hold, Mail};

#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends `mail`; returns the other side's answer. `id` makes the `Message-ID`, the same on
    /// every try. Nothing leaves once `hold` no longer lets the mail go. After it has left, the other side
    /// may take minutes to accept it, and this waits.
    ///
    /// Errors: [`MailError::Refused`] when it never will be taken, the others when it may be later.
    async fn send(&self, id: &OutboxId, mail: &Mail, hold: &Hold) -> Result<String, MailError>;
}

/// Why a mail was not handed over. The text is the other side's answer, fit for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Refused for good; the same mail will not be taken later either.
    #[error("refused: {1}")]
    Refused(MailReason, String),
    /// Not taken now; a later try may work.
    #[error("not taken now: {1}")]
    Unavailable(MailReason, String),
    /// Not taken now: the other side asks for fewer mails to this domain.
    #[error("not taken now: {1}")]
    Busy(MailReason, String),
    /// Nothing is taken now, whatever the mail: there is no connection, no TLS, no sign-in, no room, or
    /// the other side is too busy.
    #[error("not taken now: {1}")]
    Down(MailReason, String),
    /// It may have been taken: all of it was sent, and no answer came that can be understood.
    #[error("neither refused nor clearly taken, so that it may arrive: {0}")]
    Unclear(String),
}

named! {
    /// Why a mail was not sent: one of a few names, which counts of mails are kept by.
    pub enum MailReason {
        /// No connection to the mail server, or it broke.
        Connection = "connection",
        Tls = "tls",
        SignIn = "sign_in",
        Timeout = "timeout",
        /// The mail server said "not now" (SMTP 4yz).
        Deferred = "deferred",
        /// The mail server said "never" (SMTP 5yz).
        Rejected = "rejected",
        /// Nobody knows whether the mail server took the mail: no answer, or none that can be understood.
        Unclear = "unclear",
        /// No message could be made of the mail.
        Unfit = "unfit",
        File = "file",
        /// The link, or its user, was gone, or had ended.
        LinkEnded = "link_ended",
        LinkExpired = "link_expired",
        /// The change that the mail is about is over.
        Over = "over",
        /// The user is not active, or the address changed.
        UserChanged = "user_changed",
        /// The key of the link's code is not in the key file.
        KeyMissing = "key_missing",
        /// No domain serves the user's organisation.
        DomainMissing = "domain_missing",
    }
}

pub trait Wake: Send + Sync {
    /// There may be a mail to send. Never waits.
    fn wake(&self);
}

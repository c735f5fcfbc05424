//! What goes wrong in a conversation with a mail server, and what that means for a mail.

use passlink_application::ports::{MailError, MailReason};
use tokio::time::error::Elapsed;

use super::reply::Reply;

/// Answers that speak of the connection or the account, not of the mail.
const OPERATORS: [u16; 5] = [421, 530, 534, 535, 538];
/// Answers of a server that has ended the conversation, or lost the thread.
const LOST: [u16; 2] = [421, 503];

#[derive(Debug)]
pub(super) struct Failure {
    pub reason: MailReason,
    /// The code of the server's answer, if there was one.
    pub code: Option<u16>,
    pub scope: Scope,
    /// What was said, or what happened.
    pub text: String,
}

/// Which mails a failure may concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    /// One mail: the answer was to a recipient or a message.
    Mail,
    /// One mail, which was handed over before.
    HandedOver,
}

impl Failure {
    /// What happened in place of an answer.
    pub fn without_answer(reason: MailReason, text: impl Into<String>) -> Self {
        Self { reason, code: None, scope: Scope::All, text: text.into() }
    }

    pub fn timeout() -> Self {
        Self::without_answer(MailReason::Timeout, "no answer in time")
    }

    /// An answer that is not the one that was hoped for.
    pub fn answer(reply: &Reply) -> Self {
        let text = reply.text();
        let (reason, text) = match reply.class() {
            5 => (MailReason::Rejected, text),
            4 => (MailReason::Deferred, text),
            _ => (MailReason::Connection, format!("an answer that makes no sense here: {text}")),
        };
        Self { reason, code: Some(reply.code), scope: Scope::All, text }
    }

    /// The answer, if it is of one of these classes.
    pub fn unless(hoped_for: &[u16], reply: Reply) -> Result<Reply, Self> {
        if hoped_for.contains(&reply.class()) { Ok(reply) } else { Err(Self::answer(&reply)) }
    }

    /// It may be about the mail alone.
    pub fn about_mail(self) -> Self {
        Self { scope: Scope::Mail, ..self }
    }

    /// It came when the mail had been handed over.
    pub fn after_hand_over(self) -> Self {
        Self { scope: Scope::HandedOver, ..self }
    }

    /// Whether the server said no. Any other answer makes no sense.
    fn is_refusal(&self) -> bool {
        self.code.is_some_and(|code| (400..600).contains(&code))
    }

    /// Whether the connection may be what failed, so that another one may do.
    pub fn is_of_connection(&self) -> bool {
        !self.is_refusal() || self.code.is_some_and(|code| LOST.contains(&code))
    }

    /// Whether the server answered, so that it may still listen.
    pub fn is_answer(&self) -> bool {
        self.is_refusal() && self.code != Some(421)
    }
}

/// The connection broke, or there was none.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::without_answer(MailReason::Connection, error.to_string())
    }
}

impl From<Elapsed> for Failure {
    fn from(_: Elapsed) -> Self {
        Self::timeout()
    }
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        let is_refusal = failure.is_refusal();
        let Failure { reason, code, scope, text } = failure;
        if scope == Scope::All {
            // A server that says so before it has heard of a recipient means all mails.
            return Self::Down(reason, text);
        }
        match code {
            Some(code) if asks_to_slow_down(code, &text) => Self::Busy(reason, text),
            Some(code) if OPERATORS.contains(&code) => Self::Down(reason, text),
            Some(500..=599) => Self::Refused(reason, text),
            _ if scope == Scope::HandedOver && !is_refusal => Self::Unclear(text),
            _ => Self::Unavailable(reason, text),
        }
    }
}

/// Whether a server has too much to do, or too much of it from us: 421 says so by itself (RFC 5321,
/// 4.2.1); with the other temporary answers it depends on their words, for those of a mailbox that is
/// full or unknown yet (greylisting) are about one mail.
fn asks_to_slow_down(code: u16, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let says = |word: &&str| text.contains(*word);
    code == 421 || ((450..=459).contains(&code) && SLOW_DOWN.iter().any(says))
}

/// What servers say to a client that sends too much: enhanced codes for a system that is short of
/// something or congested (RFC 3463, 4.3.1, 4.3.2, 4.4.5), and words.
const SLOW_DOWN: [&str; 10] = [
    " 4.3.1",
    " 4.3.2",
    " 4.4.5",
    "too many",
    "too much",
    "too fast",
    "too quickly",
    "rate limit",
    "throttl",
    "slow down",
];

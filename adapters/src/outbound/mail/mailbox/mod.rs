//! The mailbox of a demo: mail stays in this process, and a page shows it. The page stands here and not
//! with the inbound pages: it shows what this transport holds, and inbound knows no outbound.

mod guard;
mod pages;
mod view;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use url::Url;

use super::message::Outgoing;

/// How many mails are kept; the oldest make room.
const KEPT: usize = 200;
/// Shortest path that nobody guesses, in characters of base64url.
const SHORTEST_TOKEN: usize = 32;

/// A mailbox in memory. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    inner: Arc<Inner>,
}

struct Inner {
    path: String,
    mails: Mutex<VecDeque<Arc<LocalMail>>>,
    arrived: watch::Sender<u64>,
}

/// A mail in the mailbox. Holds codes, so there is no `Debug`.
pub struct LocalMail {
    number: u64,
    mail: Outgoing,
}

impl Mailbox {
    /// An empty mailbox, with its page at the path of this token.
    ///
    /// Errors: the token is not at least 32 characters of base64url.
    pub fn new(token: &str) -> Result<Self, String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if token.len() < SHORTEST_TOKEN || !token.bytes().all(plain) {
            return Err(format!("needs at least {SHORTEST_TOKEN} characters of base64url"));
        }
        let inner = Inner {
            path: format!("/{token}/"),
            mails: Mutex::default(),
            arrived: watch::Sender::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The path of the page, with a slash at both ends. Whoever knows it can read the mail.
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    pub fn latest(&self) -> Option<Arc<LocalMail>> {
        self.mails().back().cloned()
    }

    /// The mail that came last, once one came.
    pub async fn first(&self) -> Arc<LocalMail> {
        let mut arrived = self.inner.arrived.subscribe();
        loop {
            if let Some(mail) = self.latest() {
                return mail;
            }
            // This mailbox holds the sender, so there is always something to wait for.
            let _ = arrived.changed().await;
        }
    }

    pub(super) fn deliver(&self, mail: Outgoing) -> String {
        let mut mails = self.mails();
        let number = *self.inner.arrived.borrow() + 1;
        if mails.len() == KEPT {
            mails.pop_front();
        }
        mails.push_back(Arc::new(LocalMail { number, mail }));
        self.inner.arrived.send_replace(number);
        format!("kept as number {number} in the local mailbox")
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<Arc<LocalMail>>> {
        self.inner.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many mails ever came.
    pub fn arrived(&self) -> u64 {
        *self.inner.arrived.borrow()
    }

    /// All mails, the newest first.
    fn all(&self) -> Vec<Arc<LocalMail>> {
        self.mails().iter().rev().cloned().collect()
    }

    fn mail(&self, number: u64) -> Option<Arc<LocalMail>> {
        self.mails().iter().find(|mail| mail.number == number).cloned()
    }
}

impl LocalMail {
    pub fn text(&self) -> &str {
        &self.mail.rendered.text
    }

    /// The first link of the plain text: what the mail is for.
    pub fn link(&self) -> Option<&str> {
        self.text().lines().find(|line| is_link(line))
    }
}

/// Whether the line is a web address and nothing else.
fn is_link(line: &str) -> bool {
    !line.contains(char::is_whitespace)
        && Url::parse(line).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

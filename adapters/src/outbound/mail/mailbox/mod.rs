//! The mailbox of a demo: mail stays in this process, and a page shows it. The page stands here and not
//! with the inbound pages: it shows what this transport holds, and inbound knows no outbound.

mod guard;
mod pages;
mod view;

use std::{collections::VecDeque, sync::Arc};

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
    path: String,
    mails: watch::Sender<VecDeque<Arc<LocalMail>>>,
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
        Ok(Self { path: format!("/{token}/"), mails: watch::Sender::default() })
    }

    /// The path of the page, with a slash at both ends. Whoever knows it can read the mail.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn latest(&self) -> Option<Arc<LocalMail>> {
        self.mails.borrow().back().cloned()
    }

    /// The mail that came last, once one came.
    pub async fn first(&self) -> Arc<LocalMail> {
        let mut mails = self.mails.subscribe();
        loop {
            if let Some(mail) = self.latest() {
                return mail;
            }
            // This mailbox holds the sender, so there is always something to wait for.
            let _ = mails.changed().await;
        }
    }

    pub(super) fn deliver(&self, mail: Outgoing) -> String {
        let mut number = 0;
        self.mails.send_modify(|mails| {
            number = mails.back().map_or(0, |last| last.number) + 1;
            if mails.len() == KEPT {
                mails.pop_front();
            }
            mails.push_back(Arc::new(LocalMail { number, mail }));
        });
        format!("kept as number {number} in the local mailbox")
    }

    /// How many mails ever came.
    pub fn arrived(&self) -> u64 {
        self.latest().map_or(0, |last| last.number)
    }

    /// All mails, the newest first.
    fn all(&self) -> Vec<Arc<LocalMail>> {
        self.mails.borrow().iter().rev().cloned().collect()
    }

    fn mail(&self, number: u64) -> Option<Arc<LocalMail>> {
        self.mails.borrow().iter().find(|mail| mail.number == number).cloned()
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

//! A connection to a mail server: commands out, answers in.

use std::io;

use futures_util::FutureExt;
use passlink_application::ports::MailReason;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use super::{
    extensions::Extensions,
    failure::Failure,
    limits::Limits,
    reply::{Inbox, Reply},
    tls_client::TlsClient,
};

const CLOSED: &str = "the mail server closed the connection";

/// TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Connection {
    stream: Box<dyn Stream>,
    inbox: Inbox,
    pub limits: Limits,
    pub extensions: Extensions,
}

impl Connection {
    /// Takes a stream on which nothing was said yet.
    pub fn new(stream: impl Stream + 'static, limits: Limits) -> Self {
        let (stream, inbox) = (Box::new(stream), Inbox::default());
        Self { stream, inbox, limits, extensions: Extensions::default() }
    }

    /// Encrypts the connection. What was said so far is forgotten (RFC 3207, 4.2).
    ///
    /// Errors: also when more has come than the answer to STARTTLS. An attacker on the way could
    /// have added it, so that it would count as an encrypted answer.
    pub async fn secure(&mut self, tls: &TlsClient) -> Result<(), Failure> {
        let failed = |text: &str| Failure::without_answer(MailReason::Tls, text);
        if !self.inbox.is_empty() {
            return Err(failed("the mail server said more than it was asked before TLS"));
        }
        let clear = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        let encrypted = timeout_at(self.limits.answer(), tls.connect(clear)).await?;
        self.stream = Box::new(encrypted.map_err(|error| failed(&error.to_string()))?);
        self.extensions = Extensions::default();
        Ok(())
    }

    pub async fn ask(&mut self, command: &str) -> Result<Reply, Failure> {
        self.ask_until(self.limits.answer(), command).await
    }

    pub async fn ask_until(&mut self, end: Instant, command: &str) -> Result<Reply, Failure> {
        self.send_command(command, end).await?;
        self.reply(end).await
    }

    /// Says a command whose answer is read later.
    pub async fn send_command(&mut self, command: &str, end: Instant) -> Result<(), Failure> {
        self.check_quiet()?;
        self.say(format!("{command}\r\n").as_bytes(), end).await
    }

    /// Ends the connection without a word.
    pub fn cut(&mut self) {
        self.stream = Box::new(tokio::io::empty());
    }

    pub async fn say(&mut self, octets: &[u8], end: Instant) -> Result<(), Failure> {
        let saying = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        Ok(timeout_at(end, saying).await??)
    }

    pub async fn reply(&mut self, mut end: Instant) -> Result<Reply, Failure> {
        let mut made_sense = true;
        loop {
            if let Some(reply) = self.inbox.take() {
                return Ok(reply);
            }
            if made_sense && self.inbox.nonsense().is_some() {
                made_sense = false;
                end = end.min(Instant::now() + self.limits.patience.sense);
            }
            let why = match timeout_at(end, self.read()).await {
                _ if self.inbox.is_full() => {
                    self.cut();
                    "the answer has no end".to_owned()
                }
                Ok(Ok(0)) => CLOSED.to_owned(),
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => Failure::timeout().text,
            };
            if let Some(reply) = self.inbox.take_last() {
                return Ok(reply);
            }
            return Err(self.without_reply(why, end));
        }
    }

    /// Waits for the answer to a message. One that asks for the message again does not count.
    pub async fn verdict(&mut self, end: Instant) -> Result<Reply, Failure> {
        loop {
            let reply = self.reply(end).await?;
            if reply.class() != 3 || Instant::now() >= end {
                return Ok(reply);
            }
        }
    }

    fn without_reply(&mut self, why: String, end: Instant) -> Failure {
        match std::mem::take(&mut self.inbox).nonsense() {
            Some(said) => {
                let text = format!("an answer that makes no sense: {said} ({why})");
                Failure::without_answer(MailReason::Connection, text)
            }
            None if Instant::now() >= end => Failure::timeout(),
            None => Failure::without_answer(MailReason::Connection, why),
        }
    }

    /// Errors: the server spoke unasked, or closed the connection. That answers nothing that comes next.
    pub fn check_quiet(&mut self) -> Result<(), Failure> {
        is_quiet(self.unasked())
    }

    /// The same for a server that asked for a message, and may ask more than once.
    pub fn check_waiting(&mut self) -> Result<(), Failure> {
        is_quiet(self.interruption())
    }

    /// What the server has said without being asked. Does not wait.
    ///
    /// Errors: it can't be understood, or the connection has ended.
    pub fn unasked(&mut self) -> Result<Option<Reply>, Failure> {
        let read = self.read().now_or_never();
        if let Some(reply) = self.inbox.take_last() {
            return Ok(Some(reply));
        }
        if !self.inbox.is_blank() {
            let text = "the mail server said more than it was asked".to_owned();
            return Err(self.without_reply(text, Instant::now() + self.limits.patience.sense));
        }
        match read {
            Some(Ok(0)) => Err(Failure::without_answer(MailReason::Connection, CLOSED)),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(None),
        }
    }

    /// What the server has said since it asked for a message, except that it asked again. Does not
    /// wait.
    ///
    /// Errors: as of [`Connection::unasked`].
    pub fn interruption(&mut self) -> Result<Option<Reply>, Failure> {
        // How it ends is for `unasked` to see.
        let _ = self.read().now_or_never();
        while self.inbox.begins_with(b'3') {
            match self.inbox.take() {
                Some(reply) if reply.class() == 3 => {}
                // The rest of a line comes before the answer to the message.
                reply => return Ok(reply),
            }
        }
        self.unasked()
    }

    /// Takes leave of the server. Its answer is not waited for.
    pub async fn quit(mut self, end: Instant) {
        if self.check_quiet().is_ok() && self.say(b"QUIT\r\n", end).await.is_ok() {
            let _ = timeout_at(end, self.stream.shutdown()).await;
        }
    }

    /// Reads what has come; returns how much, 0 at the end.
    async fn read(&mut self) -> io::Result<usize> {
        let mut octets = [0; 4096];
        let count = self.stream.read(&mut octets).await?;
        self.inbox.add(octets.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn is_quiet(unasked: Result<Option<Reply>, Failure>) -> Result<(), Failure> {
    match unasked? {
        // A server may take its leave at any time (RFC 5321, 3.8).
        Some(reply) if reply.code == 421 => Err(Failure::answer(&reply)),
        Some(reply) => {
            let text = format!("the mail server said more than it was asked: {}", reply.text());
            Err(Failure::without_answer(MailReason::Connection, text))
        }
        None => Ok(()),
    }
}

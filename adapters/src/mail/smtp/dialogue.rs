//! What is said to a mail server, and how its answers are understood.

use std::{error::Error as _, fmt::Display, future::Future, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use passlink_application::{MailError, MailReason};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    server::{SmtpServer, Tls},
    stream::Guarded,
};
use crate::mail::{deadline::Deadline, message::Outgoing};

/// How long to wait for a mail server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a connection to one of its addresses.
    pub address: Duration,
    /// For a connection, or the answer to a command.
    pub answer: Duration,
    /// For its word that it took a mail: RFC 5321, 4.5.3.2.6. Servers may look into the mail before
    /// they answer, and whoever leaves before that sends it twice.
    pub acceptance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            address: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            acceptance: Duration::from_secs(10 * 60),
        }
    }
}

/// Answers that speak of the connection or the account, not of the mail.
const OPERATORS: [u16; 5] = [421, 530, 534, 535, 538];
/// Answers of a server that has ended the conversation, or lost the thread.
const LOST: [u16; 2] = [421, 503];

/// What went wrong in a step of the conversation.
#[derive(Debug)]
pub(super) struct Trouble {
    pub reason: MailReason,
    /// The server's answer, if there was one.
    code: Option<u16>,
    /// Whether it was said to a recipient or a message: it may be about this one alone.
    of_mail: bool,
    /// What was said, or what happened.
    pub text: String,
}

impl Trouble {
    fn without_answer(reason: MailReason, text: impl Into<String>) -> Self {
        Self { reason, code: None, of_mail: false, text: text.into() }
    }

    fn late() -> Self {
        Self::without_answer(MailReason::Timeout, "no answer in time")
    }

    fn connection(error: &std::io::Error) -> Self {
        Self::without_answer(MailReason::Connection, error.to_string())
    }

    fn of_mail(self) -> Self {
        Self { of_mail: true, ..self }
    }

    /// Whether the connection may be what failed, so that another one may do.
    pub fn is_of_connection(&self) -> bool {
        self.code.is_none_or(|code| LOST.contains(&code))
    }

    /// Whether the server answered, so that it may still listen.
    pub fn is_answer(&self) -> bool {
        self.code.is_some_and(|code| code != 421)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let code = error.status().map(u16::from);
        let reason = match code {
            Some(500..) => MailReason::Rejected,
            Some(_) => MailReason::Deferred,
            None if error.is_tls() => MailReason::Tls,
            None => MailReason::Connection,
        };
        Self { reason, code, of_mail: false, text: describe(&error) }
    }
}

impl From<Trouble> for MailError {
    fn from(Trouble { reason, code, of_mail, text }: Trouble) -> Self {
        match code {
            Some(code) if of_mail && asks_to_slow_down(code, &text) => Self::Busy(reason, text),
            Some(code) if OPERATORS.contains(&code) => Self::Down(reason, text),
            Some(500..=599) if of_mail => Self::Refused(reason, text),
            _ if of_mail => Self::Unavailable(reason, text),
            // Who says so before it has heard of a recipient says it to all mails.
            _ => Self::Down(reason, text),
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

/// Connects: encrypted as asked for, and signed in.
///
/// Errors: what went wrong, for an operator. None of it is the mail's fault.
#[tracing::instrument(name = "SMTP connect", skip_all)]
pub(super) async fn connect(
    server: &SmtpServer,
    tls: Option<&TlsParameters>,
    hello: &ClientId,
    patience: Patience,
) -> Result<AsyncSmtpConnection, Trouble> {
    let failed = |what: &str, why: Trouble| Trouble {
        text: format!("{what} {server}: {}", why.text),
        ..why
    };
    let connection = match (server.tls, tls) {
        (Tls::Implicit, tls) => {
            let address = (server.host.as_str(), server.port);
            let limit = Some(patience.address);
            let connecting =
                AsyncSmtpConnection::connect_tokio1(address, limit, hello, tls.cloned(), None);
            step("SMTP EHLO", patience.answer, connecting).await
        }
        (Tls::Required | Tls::Optional | Tls::None, _) => {
            let tcp =
                dial(server, patience).await.map_err(|why| failed("can't connect to", why))?;
            let stream = Box::new(Guarded::new(tcp));
            let connecting = AsyncSmtpConnection::connect_with_transport(stream, hello);
            step("SMTP EHLO", patience.answer, connecting).await
        }
    };
    let mut connection = connection.map_err(|why| failed("can't connect to", why))?;
    let wants_tls = match server.tls {
        Tls::Required => true,
        Tls::Optional => connection.can_starttls(),
        Tls::Implicit | Tls::None => false,
    };
    if let Some(tls) = tls.filter(|_| wants_tls) {
        step("SMTP STARTTLS", patience.answer, connection.starttls(tls.clone(), hello))
            .await
            .map_err(|why| Trouble {
                reason: MailReason::Tls,
                ..failed("no STARTTLS with", why)
            })?;
    }
    if let Some((user, password)) = &server.credentials {
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        step("SMTP AUTH", patience.answer, connection.auth(DEFAULT_MECHANISMS, &credentials))
            .await
            .map_err(|why| Trouble {
                reason: MailReason::SignIn,
                ..failed("can't sign in to", why)
            })?;
    }
    Ok(connection)
}

/// Announces a mail; the server then waits for the message. If the connection ends before it gets
/// one, it drops the mail.
pub(super) async fn announce(
    connection: &mut AsyncSmtpConnection,
    mail: &Outgoing,
    patience: Patience,
) -> Result<(), Trouble> {
    let mut parameters = Vec::new();
    let addresses = || mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses().all(|address| address.to_string().is_ascii()) {
        let server = connection.server_info();
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Trouble {
                reason: MailReason::Rejected,
                code: Some(553),
                of_mail: true,
                text: "the mail server takes no addresses beyond ASCII (no SMTPUTF8)".to_owned(),
            });
        }
        parameters.push(MailParameter::SmtpUtfEight);
        if server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
    }
    // The sender is the same for all mails; what else is asked for is not.
    let is_of_mail = !parameters.is_empty();
    let from = Mail::new(mail.envelope.from().cloned(), parameters);
    let from = command(connection, "SMTP MAIL", from, patience).await;
    from.map_err(|trouble| if is_of_mail { trouble.of_mail() } else { trouble })?;
    for to in mail.envelope.to() {
        let recipient = Rcpt::new(to.clone(), Vec::new());
        command(connection, "SMTP RCPT", recipient, patience).await.map_err(Trouble::of_mail)?;
    }
    command(connection, "SMTP DATA", Data, patience).await.map_err(Trouble::of_mail)
}

/// Hands over the message of a mail that was announced; returns the server's answer.
pub(super) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &Outgoing,
    deadline: &Deadline<'_>,
    patience: Patience,
) -> Result<String, Trouble> {
    let late = |text| Trouble::without_answer(MailReason::Timeout, text).of_mail();
    deadline.check().map_err(late)?;
    let message = connection.message(&mail.raw);
    let answer =
        step("SMTP message", patience.acceptance, message).await.map_err(Trouble::of_mail)?;
    Span::current().record("smtp.reply.code", i64::from(u16::from(answer.code())));
    Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")))
}

async fn command(
    connection: &mut AsyncSmtpConnection,
    name: &'static str,
    command: impl Display,
    patience: Patience,
) -> Result<(), Trouble> {
    step(name, patience.answer, connection.command(command)).await.map(drop)
}

/// Connects to the first of the server's addresses that answers.
async fn dial(server: &SmtpServer, patience: Patience) -> Result<TcpStream, Trouble> {
    let addresses = tokio::net::lookup_host((server.host.as_str(), server.port));
    let addresses = tokio::time::timeout(patience.address, addresses)
        .await
        .map_err(|_| Trouble::late())?
        .map_err(|error| Trouble::connection(&error))?;
    let mut failed = Trouble::without_answer(MailReason::Connection, "the name has no address");
    for address in addresses {
        match tokio::time::timeout(patience.address, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Commands are short and each is waited for.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Ok(Err(error)) => failed = Trouble::connection(&error),
            Err(_) => failed = Trouble::late(),
        }
    }
    Err(failed)
}

/// A step of the conversation, with the time that it may take. Its span tells the answer's code; what
/// was said may hold an address.
async fn step<T>(
    name: &'static str,
    limit: Duration,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Trouble> {
    let span = info_span!(
        "SMTP step",
        otel.name = name,
        otel.status_code = Empty,
        error.type = Empty,
        smtp.reply.code = Empty,
    );
    let done = match tokio::time::timeout(limit, doing).instrument(span.clone()).await {
        Ok(done) => done.map_err(Trouble::from),
        Err(_) => Err(Trouble::late()),
    };
    if let Err(trouble) = &done {
        note(&span, trouble);
    }
    done
}

fn note(span: &Span, trouble: &Trouble) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", trouble.reason.name());
    if let Some(code) = trouble.code {
        span.record("smtp.reply.code", i64::from(code));
    }
}

/// The server's words with their code, or the cause at the root of an error.
fn describe(error: &Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
    match error.status() {
        Some(code) => format!("{code} {cause}"),
        None => cause,
    }
}

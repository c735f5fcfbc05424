//! What is said to a mail server, and how its answers are understood.

use std::{error::Error as _, fmt::Display, future::Future, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use passlink_application::MailError;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;

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
    /// For its word that it took a mail. Servers may look into the mail before they answer, and
    /// whoever leaves before that sends it twice.
    pub acceptance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            address: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            acceptance: Duration::from_secs(60),
        }
    }
}

/// Answers that speak of the connection or the account, not of the mail.
const OPERATORS: [u16; 5] = [421, 530, 534, 535, 538];
/// Answers of a server that has ended the conversation, or lost the thread.
const LOST: [u16; 2] = [421, 503];

/// Why a mail was not handed over on a connection.
#[derive(Debug)]
pub(super) struct Failure {
    /// Whether the server had not yet asked for the message.
    early: bool,
    /// The server's answer, if there was one.
    code: Option<u16>,
    /// What was said, or what happened.
    text: String,
}

impl Failure {
    /// Whether the connection may be what failed, so that another one may do, and nothing can be
    /// sent twice.
    pub fn is_of_connection(&self) -> bool {
        self.early && self.code.is_none_or(|code| LOST.contains(&code))
    }

    /// Whether the server answered, so that it may still listen.
    pub fn is_answer(&self) -> bool {
        self.code.is_some_and(|code| code != 421)
    }
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        match failure.code {
            Some(code @ 500..=599) if !OPERATORS.contains(&code) => Self::Refused(failure.text),
            _ => Self::Unavailable(failure.text),
        }
    }
}

/// Connects: encrypted as asked for, and signed in.
///
/// Errors: what went wrong, for an operator. None of it is the mail's fault.
pub(super) async fn connect(
    server: &SmtpServer,
    tls: Option<&TlsParameters>,
    hello: &ClientId,
    patience: Patience,
) -> Result<AsyncSmtpConnection, String> {
    let failed = |what: &str, why: String| format!("{what} {server}: {why}");
    let connection = match (server.tls, tls) {
        (Tls::Implicit, tls) => {
            let address = (server.host.as_str(), server.port);
            let limit = Some(patience.address);
            let connecting =
                AsyncSmtpConnection::connect_tokio1(address, limit, hello, tls.cloned(), None);
            within(patience.answer, connecting).await
        }
        (Tls::Required | Tls::Optional | Tls::None, _) => {
            let tcp =
                dial(server, patience).await.map_err(|why| failed("can't connect to", why))?;
            let stream = Box::new(Guarded::new(tcp));
            let connecting = AsyncSmtpConnection::connect_with_transport(stream, hello);
            within(patience.answer, connecting).await
        }
    };
    let mut connection = connection.map_err(|(_, why)| failed("can't connect to", why))?;
    let wants_tls = match server.tls {
        Tls::Required => true,
        Tls::Optional => connection.can_starttls(),
        Tls::Implicit | Tls::None => false,
    };
    if let Some(tls) = tls.filter(|_| wants_tls) {
        within(patience.answer, connection.starttls(tls.clone(), hello))
            .await
            .map_err(|(_, why)| failed("no STARTTLS with", why))?;
    }
    if let Some((user, password)) = &server.credentials {
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        within(patience.answer, connection.auth(DEFAULT_MECHANISMS, &credentials))
            .await
            .map_err(|(_, why)| failed("can't sign in to", why))?;
    }
    Ok(connection)
}

/// Hands a mail over; returns the server's answer. A server that waits for the message and gets
/// none before the connection ends drops the mail.
pub(super) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &Outgoing,
    deadline: &Deadline,
    patience: Patience,
) -> Result<String, Failure> {
    let mut parameters = Vec::new();
    let addresses = || mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses().all(|address| address.to_string().is_ascii()) {
        let server = connection.server_info();
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure {
                early: true,
                code: Some(553),
                text: "the mail server takes no addresses beyond ASCII (no SMTPUTF8)".to_owned(),
            });
        }
        parameters.push(MailParameter::SmtpUtfEight);
        if server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
    }
    let from = Mail::new(mail.envelope.from().cloned(), parameters);
    command(connection, from, patience).await?;
    for to in mail.envelope.to() {
        command(connection, Rcpt::new(to.clone(), Vec::new()), patience).await?;
    }
    command(connection, Data, patience).await?;
    deadline.check().map_err(|text| Failure { early: false, code: None, text: text.to_owned() })?;
    let answer = within(patience.acceptance, connection.message(&mail.raw))
        .await
        .map_err(|(code, text)| Failure { early: false, code, text })?;
    Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")))
}

async fn command(
    connection: &mut AsyncSmtpConnection,
    command: impl Display,
    patience: Patience,
) -> Result<(), Failure> {
    within(patience.answer, connection.command(command))
        .await
        .map(drop)
        .map_err(|(code, text)| Failure { early: true, code, text })
}

/// Connects to the first of the server's addresses that answers.
async fn dial(server: &SmtpServer, patience: Patience) -> Result<TcpStream, String> {
    let late = || "no answer in time".to_owned();
    let addresses = tokio::net::lookup_host((server.host.as_str(), server.port));
    let addresses = tokio::time::timeout(patience.address, addresses)
        .await
        .map_err(|_| late())?
        .map_err(|error| error.to_string())?;
    let mut failed = "the name has no address".to_owned();
    for address in addresses {
        match tokio::time::timeout(patience.address, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Commands are short and each is waited for.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Ok(Err(error)) => failed = error.to_string(),
            Err(_) => failed = late(),
        }
    }
    Err(failed)
}

/// The outcome; or the code, if the server gave one, and what was said or happened.
async fn within<T>(
    limit: Duration,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, (Option<u16>, String)> {
    match tokio::time::timeout(limit, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err((error.status().map(u16::from), describe(&error))),
        Err(_) => Err((None, "no answer in time".to_owned())),
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

//! What is said to a mail server.

use lettre::Address;
use opentelemetry_semantic_conventions::attribute::ERROR_TYPE;
use passlink_application::ports::MailReason;
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    connection::Connection,
    dial::dial,
    extensions::Extensions,
    failure::Failure,
    limits::{Limits, SHORT},
    reply::Reply,
    server::{SmtpServer, Tls},
    sign_in::sign_in,
    tls_client::TlsClient,
};
use crate::outbound::mail::{deadline::Deadline, message::Outgoing};

/// Connects: encrypted as asked for, and signed in.
///
/// Errors: what went wrong, for an operator. None of it is the mail's fault.
#[tracing::instrument(name = "SMTP connect", skip_all)]
pub(super) async fn connect(
    server: &SmtpServer,
    tls: Option<&TlsClient>,
    hello: &str,
    limits: Limits,
) -> Result<Connection, Failure> {
    let tcp = dial(server, limits).await.map_err(|why| failed("can't connect to", server, why))?;
    let mut connection = Connection::new(tcp, limits);
    match open(&mut connection, server, tls, hello).await {
        Ok(()) => Ok(connection),
        Err(failure) => Err(leave(connection, failure).await),
    }
}

fn failed(what: &str, server: &SmtpServer, why: Failure) -> Failure {
    Failure { text: format!("{what} {server}: {}", why.text), ..why }
}

async fn open(
    connection: &mut Connection,
    server: &SmtpServer,
    tls: Option<&TlsClient>,
    hello: &str,
) -> Result<(), Failure> {
    let not_connected = |why| failed("can't connect to", server, why);
    if let (Tls::Implicit, Some(tls)) = (server.tls, tls) {
        secure(connection, tls).await.map_err(not_connected)?;
    }
    let greeting =
        async { Failure::unless(&[2], connection.reply(connection.limits.answer()).await?) };
    step("SMTP greeting", greeting).await.map_err(not_connected)?;
    greet(connection, hello).await.map_err(not_connected)?;
    let wants_tls = match server.tls {
        Tls::Required => true,
        Tls::Optional => connection.extensions.has("STARTTLS"),
        Tls::Implicit | Tls::None => false,
    };
    if let Some(tls) = tls.filter(|_| wants_tls) {
        start_tls(connection, tls).await.map_err(|why| Failure {
            reason: MailReason::Tls,
            ..failed("no STARTTLS with", server, why)
        })?;
        greet(connection, hello).await.map_err(not_connected)?;
    }
    if let Some((user, password)) = &server.credentials {
        step("SMTP AUTH", sign_in(connection, (user, password)))
            .await
            .map_err(|why| failed("can't sign in to", server, why))?;
    }
    Ok(())
}

/// Says EHLO, or HELO to a server that refuses that (RFC 5321, 3.2), and notes what it can do.
async fn greet(connection: &mut Connection, name: &str) -> Result<(), Failure> {
    let ehlo = ask(connection, "SMTP EHLO", &format!("EHLO {name}"), &[2, 5]).await?;
    if ehlo.class() == 2 {
        connection.extensions = Extensions::read(&ehlo);
        return Ok(());
    }
    connection.extensions = Extensions::default();
    ask(connection, "SMTP HELO", &format!("HELO {name}"), &[2]).await.map(drop)
}

async fn start_tls(connection: &mut Connection, tls: &TlsClient) -> Result<(), Failure> {
    if !connection.extensions.has("STARTTLS") {
        let why = if connection.extensions.knows_ehlo {
            "the mail server does not offer it"
        } else {
            "the mail server refuses EHLO, without which there is none"
        };
        return Err(Failure::without_answer(MailReason::Tls, why));
    }
    ask(connection, "SMTP STARTTLS", "STARTTLS", &[2]).await?;
    secure(connection, tls).await
}

async fn secure(connection: &mut Connection, tls: &TlsClient) -> Result<(), Failure> {
    let span = span("SMTP TLS");
    let done = connection.secure(tls).instrument(span.clone()).await;
    done.inspect_err(|failure| record_failure(&span, failure))
}

/// A command that announces a mail, and the class of the answer that lets the next one follow.
struct Announcement {
    step: &'static str,
    command: String,
    hoped_for: u16,
    /// Whether a refusal is about this mail, and not about what all mails have.
    is_of_mail: bool,
}

/// Announces a mail; the server then waits for the message, and drops the mail if it gets none.
pub(super) async fn announce(connection: &mut Connection, mail: &Outgoing) -> Result<(), Failure> {
    let mut announcements = announcements(mail, &connection.extensions)?.into_iter();
    // Saves two ways to the server and back (RFC 2920).
    let together = connection.extensions.has("PIPELINING");
    if together {
        let commands: Vec<_> = announcements.as_slice().iter().map(|it| &*it.command).collect();
        connection.send_command(&commands.join("\r\n"), connection.limits.answer()).await?;
    }
    while let Some(Announcement { step: name, command, hoped_for, is_of_mail }) =
        announcements.next()
    {
        let answer = step(name, async {
            let end = connection.limits.answer();
            if !together {
                connection.send_command(&command, end).await?;
            }
            Failure::unless(&[hoped_for], connection.reply(end).await?)
        });
        if let Err(failure) = answer.await {
            if together && failure.is_answer() {
                skip_answers(connection, announcements.len()).await;
            }
            return Err(if is_of_mail { failure.about_mail() } else { failure });
        }
    }
    Ok(())
}

fn announcements(mail: &Outgoing, offered: &Extensions) -> Result<Vec<Announcement>, Failure> {
    let mut parameters = "";
    let addresses = || mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses().all(|address| address.to_string().is_ascii()) {
        if !offered.has("SMTPUTF8") {
            let why = "553 the mail server takes no addresses beyond ASCII (no SMTPUTF8)";
            let refused = Failure::without_answer(MailReason::Rejected, why);
            return Err(Failure { code: Some(553), ..refused }.about_mail());
        }
        let takes_8_bits = offered.has("8BITMIME");
        parameters = if takes_8_bits { " SMTPUTF8 BODY=8BITMIME" } else { " SMTPUTF8" };
    }
    let from = mail.envelope.from().map(Address::to_string).unwrap_or_default();
    let mut announcements = vec![Announcement {
        step: "SMTP MAIL",
        command: format!("MAIL FROM:<{from}>{parameters}"),
        hoped_for: 2,
        // The sender is the same for all mails; what else is asked for is not.
        is_of_mail: !parameters.is_empty(),
    }];
    announcements.extend(mail.envelope.to().iter().map(|to| Announcement {
        step: "SMTP RCPT",
        command: format!("RCPT TO:<{to}>"),
        hoped_for: 2,
        is_of_mail: true,
    }));
    announcements.push(Announcement {
        step: "SMTP DATA",
        command: "DATA".to_owned(),
        hoped_for: 3,
        is_of_mail: true,
    });
    Ok(announcements)
}

/// Reads the answers to commands that were said already. A server that waits for a message after all must
/// not take what comes next for one: the connection ends there, without a word.
async fn skip_answers(connection: &mut Connection, count: usize) {
    let end = Instant::now() + SHORT;
    for _ in 0..count {
        match connection.reply(end).await {
            Ok(reply) if reply.class() != 3 => {}
            _ => return connection.cut(),
        }
    }
}

/// Hands over the message of a mail that was announced; returns the server's answer.
pub(super) async fn hand_over(
    connection: &mut Connection,
    mail: &Outgoing,
    deadline: &Deadline<'_>,
) -> Result<String, Failure> {
    let reply = step("SMTP message", async {
        say_message(connection, &mail.raw).await.map_err(Failure::about_mail)?;
        let late = |text| Failure::without_answer(MailReason::Timeout, text).about_mail();
        deadline.check().map_err(late)?;
        // Without its end, the server drops the message.
        let end = connection.limits.acceptance();
        connection.say(b".\r\n", end).await.map_err(Failure::about_mail)?;
        let reply = connection.verdict(end).await;
        reply.and_then(|reply| Failure::unless(&[2], reply)).map_err(Failure::after_hand_over)
    });
    let reply = reply.await?;
    Span::current().record("smtp.reply.code", i64::from(reply.code));
    Ok(reply.text())
}

/// Says a message up to its end, unless the server refuses it before.
async fn say_message(connection: &mut Connection, message: &[u8]) -> Result<(), Failure> {
    connection.check_waiting()?;
    let said = connection.say(&stuffed(message), connection.limits.message()).await;
    match connection.interruption() {
        Ok(None) => said,
        Ok(Some(reply)) => Err(Failure::answer(&reply)),
        Err(failure) => Err(said.err().unwrap_or(failure)),
    }
}

/// The message with its dots as RFC 5321, 4.5.2 asks for, and its last line ended.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + message.len() / 64);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

/// Gives up a connection on which a step failed.
pub(super) async fn leave(connection: Connection, failure: Failure) -> Failure {
    if failure.is_answer() {
        connection.quit(Instant::now() + SHORT).await;
    }
    failure
}

/// Says a command; the class of its answer must be one of `hoped_for`.
async fn ask(
    connection: &mut Connection,
    name: &'static str,
    command: &str,
    hoped_for: &[u16],
) -> Result<Reply, Failure> {
    step(name, async { Failure::unless(hoped_for, connection.ask(command).await?) }).await
}

/// A step of the conversation. Its span has the answer's code, and no words, which may hold an address.
async fn step(
    name: &'static str,
    doing: impl Future<Output = Result<Reply, Failure>>,
) -> Result<Reply, Failure> {
    let span = span(name);
    let done = doing.instrument(span.clone()).await;
    match &done {
        Ok(reply) => drop(span.record("smtp.reply.code", i64::from(reply.code))),
        Err(failure) => record_failure(&span, failure),
    }
    done
}

fn span(name: &'static str) -> Span {
    info_span!(
        "SMTP step",
        otel.name = name,
        otel.status_code = Empty,
        { ERROR_TYPE } = Empty,
        smtp.reply.code = Empty,
    )
}

fn record_failure(span: &Span, failure: &Failure) {
    span.record("otel.status_code", "ERROR");
    span.record(ERROR_TYPE, failure.reason.name());
    if let Some(code) = failure.code {
        span.record("smtp.reply.code", i64::from(code));
    }
}

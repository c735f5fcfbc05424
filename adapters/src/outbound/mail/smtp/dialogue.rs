//! What is said to a mail server.

use lettre::Address;
use passlink_application::ports::MailReason;
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    connection::Connection,
    dial::dial,
    limits::{Limits, SHORT},
    offers::Offers,
    reply::Reply,
    server::{SmtpServer, Tls},
    sign_in::sign_in,
    trouble::Trouble,
    trust::Trust,
};
use crate::outbound::mail::{deadline::Deadline, message::Outgoing};

/// Connects: encrypted as asked for, and signed in.
///
/// Errors: what went wrong, for an operator. None of it is the mail's fault.
#[tracing::instrument(name = "SMTP connect", skip_all)]
pub(super) async fn connect(
    server: &SmtpServer,
    trust: Option<&Trust>,
    hello: &str,
    limits: Limits,
) -> Result<Connection, Trouble> {
    let tcp = dial(server, limits).await.map_err(|why| failed("can't connect to", server, why))?;
    let mut connection = Connection::new(tcp, limits.sense());
    match open(&mut connection, server, trust, hello, limits).await {
        Ok(()) => Ok(connection),
        Err(trouble) => Err(leave(connection, trouble).await),
    }
}

fn failed(what: &str, server: &SmtpServer, why: Trouble) -> Trouble {
    Trouble { text: format!("{what} {server}: {}", why.text), ..why }
}

async fn open(
    connection: &mut Connection,
    server: &SmtpServer,
    trust: Option<&Trust>,
    hello: &str,
    limits: Limits,
) -> Result<(), Trouble> {
    let not_connected = |why| failed("can't connect to", server, why);
    if let (Tls::Implicit, Some(trust)) = (server.tls, trust) {
        secure(connection, trust, limits).await.map_err(not_connected)?;
    }
    step("SMTP greeting", async { yes(connection.reply(limits.answer()).await?) })
        .await
        .map_err(not_connected)?;
    greet(connection, hello, limits).await.map_err(not_connected)?;
    let wants_tls = match server.tls {
        Tls::Required => true,
        Tls::Optional => connection.offers.has("STARTTLS"),
        Tls::Implicit | Tls::None => false,
    };
    if let Some(trust) = trust.filter(|_| wants_tls) {
        start_tls(connection, trust, limits).await.map_err(|why| Trouble {
            reason: MailReason::Tls,
            ..failed("no STARTTLS with", server, why)
        })?;
        greet(connection, hello, limits).await.map_err(not_connected)?;
    }
    if let Some((user, password)) = &server.credentials {
        step("SMTP AUTH", sign_in(connection, (user, password), limits))
            .await
            .map_err(|why| failed("can't sign in to", server, why))?;
    }
    Ok(())
}

/// Says EHLO, or HELO to a server that refuses that (RFC 5321, 3.2), and notes what it can do.
async fn greet(connection: &mut Connection, name: &str, limits: Limits) -> Result<(), Trouble> {
    let ehlo = step("SMTP EHLO", async {
        let reply = connection.ask(&format!("EHLO {name}"), limits.answer()).await?;
        if reply.class() == 5 { Ok(reply) } else { yes(reply) }
    });
    let ehlo = ehlo.await?;
    connection.offers = match ehlo.class() {
        2 => Offers::of(&ehlo),
        _ => {
            let helo = format!("HELO {name}");
            command(connection, "SMTP HELO", &helo, limits).await?;
            Offers::default()
        }
    };
    Ok(())
}

async fn start_tls(
    connection: &mut Connection,
    trust: &Trust,
    limits: Limits,
) -> Result<(), Trouble> {
    if !connection.offers.has("STARTTLS") {
        let why = match connection.offers.knows_ehlo {
            true => "the mail server does not offer it",
            false => "the mail server refuses EHLO, without which there is none",
        };
        return Err(Trouble::without_answer(MailReason::Tls, why));
    }
    command(connection, "SMTP STARTTLS", "STARTTLS", limits).await?;
    secure(connection, trust, limits).await
}

async fn secure(connection: &mut Connection, trust: &Trust, limits: Limits) -> Result<(), Trouble> {
    let span = span("SMTP TLS");
    let done = connection.secure(trust, limits.answer()).instrument(span.clone()).await;
    done.inspect_err(|trouble| note(&span, trouble))
}

/// Announces a mail; the server then waits for the message. If the connection ends before it gets
/// one, it drops the mail.
pub(super) async fn announce(
    connection: &mut Connection,
    mail: &Outgoing,
    limits: Limits,
) -> Result<(), Trouble> {
    let mut parameters = "";
    let addresses = || mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses().all(|address| address.to_string().is_ascii()) {
        if !connection.offers.has("SMTPUTF8") {
            let why = "553 the mail server takes no addresses beyond ASCII (no SMTPUTF8)";
            let refused = Trouble::without_answer(MailReason::Rejected, why);
            return Err(Trouble { code: Some(553), ..refused }.of_mail());
        }
        parameters = match connection.offers.has("8BITMIME") {
            true => " SMTPUTF8 BODY=8BITMIME",
            false => " SMTPUTF8",
        };
    }
    let from = mail.envelope.from().map(Address::to_string).unwrap_or_default();
    let from = format!("MAIL FROM:<{from}>{parameters}");
    let from = command(connection, "SMTP MAIL", &from, limits).await;
    // The sender is the same for all mails; what else is asked for is not.
    let is_of_mail = !parameters.is_empty();
    from.map_err(|trouble| if is_of_mail { trouble.of_mail() } else { trouble })?;
    for to in mail.envelope.to() {
        let to = format!("RCPT TO:<{to}>");
        command(connection, "SMTP RCPT", &to, limits).await.map_err(Trouble::of_mail)?;
    }
    let data = async {
        let reply = connection.ask("DATA", limits.answer()).await?;
        if reply.class() == 3 { Ok(reply) } else { Err(Trouble::answer(&reply)) }
    };
    step("SMTP DATA", data).await.map(drop).map_err(Trouble::of_mail)
}

/// Hands over the message of a mail that was announced; returns the server's answer.
pub(super) async fn hand_over(
    connection: &mut Connection,
    mail: &Outgoing,
    deadline: &Deadline<'_>,
    limits: Limits,
) -> Result<String, Trouble> {
    let reply = step("SMTP message", async {
        say_message(connection, &mail.raw, limits).await.map_err(Trouble::of_mail)?;
        let late = |text| Trouble::without_answer(MailReason::Timeout, text).of_mail();
        deadline.check().map_err(late)?;
        // Without its end, the server drops the message.
        let end = limits.acceptance();
        connection.say(b".\r\n", end).await.map_err(Trouble::of_mail)?;
        let reply = connection.verdict(end).await.and_then(yes);
        reply.map_err(Trouble::of_handed_over)
    });
    let reply = reply.await?;
    Span::current().record("smtp.reply.code", i64::from(reply.code));
    Ok(reply.text())
}

/// Says a message up to its end, unless the server refuses it before.
async fn say_message(
    connection: &mut Connection,
    message: &[u8],
    limits: Limits,
) -> Result<(), Trouble> {
    connection.check_waiting()?;
    let said = connection.say(&stuffed(message), limits.message()).await;
    match connection.interruption() {
        Ok(None) => said,
        Ok(Some(reply)) => Err(Trouble::answer(&reply)),
        Err(trouble) => Err(said.err().unwrap_or(trouble)),
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

/// Gives up a connection on which there was trouble.
pub(super) async fn leave(connection: Connection, trouble: Trouble) -> Trouble {
    if trouble.is_answer() {
        connection.quit(Instant::now() + SHORT).await;
    }
    trouble
}

async fn command(
    connection: &mut Connection,
    name: &'static str,
    command: &str,
    limits: Limits,
) -> Result<(), Trouble> {
    let asking = async { yes(connection.ask(command, limits.answer()).await?) };
    step(name, asking).await.map(drop)
}

/// An answer that says yes.
fn yes(reply: Reply) -> Result<Reply, Trouble> {
    if reply.class() == 2 { Ok(reply) } else { Err(Trouble::answer(&reply)) }
}

/// A step of the conversation. Its span tells the answer's code; what was said may hold an address.
async fn step(
    name: &'static str,
    doing: impl Future<Output = Result<Reply, Trouble>>,
) -> Result<Reply, Trouble> {
    let span = span(name);
    let done = doing.instrument(span.clone()).await;
    match &done {
        Ok(reply) => drop(span.record("smtp.reply.code", i64::from(reply.code))),
        Err(trouble) => note(&span, trouble),
    }
    done
}

fn span(name: &'static str) -> Span {
    info_span!(
        "SMTP step",
        otel.name = name,
        otel.status_code = Empty,
        error.type = Empty,
        smtp.reply.code = Empty,
    )
}

fn note(span: &Span, trouble: &Trouble) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", trouble.reason.name());
    if let Some(code) = trouble.code {
        span.record("smtp.reply.code", i64::from(code));
    }
}

//! Mails a second, from the outbox to a mail server that takes them at once, beside lettre, which makes
//! and sends the same mails, or does nothing but send them.

use std::{fs, sync::Arc, time::Duration};

use lettre::{
    Message,
    address::Envelope,
    message::{
        MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType},
    },
    transport::smtp::{client::AsyncSmtpConnection, extension::ClientId},
};
use tempfile::TempDir;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    generator::{Plan, call},
    installation::Installation,
    meter::Meter,
    null_mail_server::{NullMailServer, Taken},
    report::Mails,
    senders::ByRest,
    settings::Settings,
};
use crate::{
    mime::{self, Mail},
    until_within,
};

/// The default of `mail.max_connections`.
const CONNECTIONS: usize = 4;
const WITHIN: Duration = Duration::from_secs(1800);

/// A message, and where it goes.
type Ready = Arc<(Envelope, Vec<u8>)>;

/// Queues mails for a server that is not open, and opens it. The installation mails to that server, and
/// has no mail yet.
pub async fn measure(
    installation: &Installation,
    server: &NullMailServer,
    settings: &Settings,
) -> Mails {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    let (time, most) = (WITHIN, settings.mails);
    call::<ByRest>(Plan { port, callers: 16, time, most, people }).await;
    let meter = Meter::read(installation);
    server.begin();
    let taken = until_taken(server, most).await;
    let used = meter.used(installation, most);
    let (mail, per_second) = (Arc::new(parsed(&taken.message)), taken.per_second());
    let ready = made(&mail);
    let limit_per_second = bare(most, move || made(&mail)).await;
    let ready_per_second = bare(most, move || ready.clone()).await;
    Mails {
        database: installation.kind,
        mails: most,
        connections: CONNECTIONS,
        per_second,
        server_ms: used.server_ms,
        database_ms: used.database_ms,
        generator_ms: used.generator_ms,
        limit_per_second,
        ready_per_second,
        of_limit: per_second / limit_per_second,
    }
}

async fn until_taken(server: &NullMailServer, mails: usize) -> Taken {
    until_within(WITHIN, "the mails", async || (server.count() >= mails).then_some(())).await;
    server.taken()
}

fn parsed(message: &[u8]) -> Mail {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("mail.eml");
    fs::write(&file, message).unwrap();
    mime::parse(&[file]).remove(0)
}

/// A mail, made by lettre of texts that are ready.
fn made(mail: &Mail) -> Ready {
    let part = |content_type, text: &str| {
        SinglePart::builder()
            .header(content_type)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(text.to_owned())
    };
    let bodies = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text().text))
        .singlepart(part(ContentType::TEXT_HTML, &mail.html().text));
    let message = Message::builder()
        .from("Passlink <no-reply@login.example.com>".parse().unwrap())
        .to("Ada Example <ada@example.com>".parse().unwrap())
        .subject(mail.header("Subject"))
        .multipart(bodies)
        .unwrap();
    Arc::new((message.envelope().clone(), message.formatted()))
}

/// Sends mails by as many connections; returns mails a second.
async fn bare(mails: usize, next: impl Fn() -> Ready + Clone + Send + 'static) -> f64 {
    let server = NullMailServer::open();
    let mut tasks = JoinSet::new();
    for task in 0..CONNECTIONS {
        let (port, next) = (server.port(), next.clone());
        tasks.spawn(async move {
            let mut connection = connect(port).await;
            for _ in (task..mails).step_by(CONNECTIONS) {
                let (envelope, message) = &*next();
                connection.send(envelope, message).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    until_taken(&server, mails).await.per_second()
}

/// A connection of lettre's. Its own ones wait for the network before the end of each message (Nagle's
/// algorithm), for 40 ms.
async fn connect(port: u16) -> AsyncSmtpConnection {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ClientId::Domain("localhost".to_owned());
    AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await.unwrap()
}

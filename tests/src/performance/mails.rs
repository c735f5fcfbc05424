//! Mails a second, from the outbox to a mail server that takes them at once, beside lettre, which does
//! nothing but send them.

use std::{sync::Arc, time::Duration};

use lettre::{
    Address,
    address::Envelope,
    transport::smtp::{client::AsyncSmtpConnection, extension::ClientId},
};
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
use crate::until_within;

/// The default of `mail.max_connections`.
const CONNECTIONS: usize = 4;
const WITHIN: Duration = Duration::from_secs(1800);

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
    let limit_per_second = bare(&taken.message, most).await;
    let per_second = taken.per_second();
    Mails {
        database: installation.kind,
        mails: most,
        connections: CONNECTIONS,
        per_second,
        server_ms: used.server_ms,
        database_ms: used.database_ms,
        generator_ms: used.generator_ms,
        limit_per_second,
        of_limit: per_second / limit_per_second,
    }
}

async fn until_taken(server: &NullMailServer, mails: usize) -> Taken {
    until_within(WITHIN, "the mails", async || (server.count() >= mails).then_some(())).await;
    server.taken()
}

/// Sends the same message again and again by as many connections; returns mails a second.
async fn bare(message: &[u8], mails: usize) -> f64 {
    let server = NullMailServer::open();
    let address = |text: &str| text.parse::<Address>().unwrap();
    let to = vec![address("ada@example.com")];
    let envelope = Envelope::new(Some(address("no-reply@login.example.com")), to).unwrap();
    let message: Arc<[u8]> = message.into();
    let mut tasks = JoinSet::new();
    for task in 0..CONNECTIONS {
        let (port, envelope, message) = (server.port(), envelope.clone(), message.clone());
        tasks.spawn(async move {
            let mut connection = connect(port).await;
            for _ in (task..mails).step_by(CONNECTIONS) {
                connection.send(&envelope, &message).await.unwrap();
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

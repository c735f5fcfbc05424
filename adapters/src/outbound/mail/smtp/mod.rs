//! Mail by SMTP (RFC 5321), over connections that are kept for a while.
//!
//! The dialogue is our own: `docs/decisions/smtp-dialogue.md` says why, and when it can go.

mod connection;
mod dial;
mod dialogue;
mod extensions;
mod failure;
mod limits;
mod pool;
mod reply;
mod server;
mod sign_in;
mod tls_client;

use std::{path::Path, sync::Arc};

use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, NETWORK_PROTOCOL_NAME, SERVER_ADDRESS, SERVER_PORT,
};
use passlink_application::ports::{MailError, MailReason};
use tracing::{Instrument, field::Empty, info_span};
use url::Host;

pub use self::server::{SmtpServer, Tls};
use self::{
    connection::Connection,
    failure::Failure,
    limits::{Limits, Patience},
    pool::Pool,
    sign_in::without_secrets,
    tls_client::TlsClient,
};
use super::{answer::with_text, deadline::Deadline, message::Outgoing};

pub struct Smtp {
    server: SmtpServer,
    tls: Option<TlsClient>,
    patience: Patience,
    pool: Arc<Pool>,
}

impl Smtp {
    /// Takes the server, a PEM file of certificates to trust besides the system's, and the number
    /// of connections to keep for the next mails at the most. How many mails are handed over at a time
    /// is the caller's to say.
    ///
    /// Errors: the file can't be read or holds no certificate; the text says so.
    pub fn new(server: SmtpServer, ca_file: Option<&Path>, kept: usize) -> Result<Self, String> {
        let tls = match server.tls {
            Tls::None => None,
            _ => Some(TlsClient::new(server.host.clone(), ca_file)?),
        };
        let (patience, pool) = (Patience::default(), Arc::new(Pool::new(kept)));
        Ok(Self { server, tls, patience, pool })
    }

    pub(super) async fn deliver(
        &self,
        mail: &Outgoing,
        deadline: &Deadline<'_>,
    ) -> Result<String, MailError> {
        let server = &self.server;
        let span = info_span!(
            "SMTP",
            otel.kind = "client",
            { NETWORK_PROTOCOL_NAME } = "smtp",
            { SERVER_ADDRESS } = server.host,
            { SERVER_PORT } = i64::from(server.port),
            smtp.reply.code = Empty,
            otel.status_code = Empty,
            { ERROR_TYPE } = Empty,
        );
        let outcome = self.converse(mail, deadline).instrument(span.clone()).await;
        let redacted = |text| match &server.credentials {
            Some((user, password)) => without_secrets(text, (user, password)),
            None => text,
        };
        let outcome = outcome.map(redacted).map_err(|error| with_text(error, redacted));
        if let Err(error) = &outcome {
            let reason = match error {
                MailError::Refused(reason, _)
                | MailError::Unavailable(reason, _)
                | MailError::Busy(reason, _)
                | MailError::Down(reason, _) => *reason,
                MailError::Unclear(_) => MailReason::Unclear,
            };
            span.record("otel.status_code", "ERROR");
            span.record(ERROR_TYPE, reason.name());
        }
        outcome
    }

    async fn converse(
        &self,
        mail: &Outgoing,
        deadline: &Deadline<'_>,
    ) -> Result<String, MailError> {
        let limits = Limits { patience: self.patience, latest: deadline.latest };
        let mut connection = self.announce(mail, limits).await?;
        match dialogue::hand_over(&mut connection, mail, deadline).await {
            Ok(answer) => {
                self.pool.put(connection).await;
                Ok(answer)
            }
            Err(failure) => Err(dialogue::leave(connection, failure).await.into()),
        }
    }

    /// Announces a mail on a connection that was kept, or on a new one.
    async fn announce(&self, mail: &Outgoing, limits: Limits) -> Result<Connection, Failure> {
        if let Some(mut connection) = self.pool.take().await {
            connection.limits = limits;
            match announce_on(connection, mail).await {
                Err(failure) if failure.is_of_connection() => {}
                outcome => return outcome,
            }
        }
        let hello = hello(mail.envelope.from().map_or("", |from| from.domain()));
        let connection = dialogue::connect(&self.server, self.tls.as_ref(), &hello, limits).await?;
        announce_on(connection, mail).await
    }
}

async fn announce_on(mut connection: Connection, mail: &Outgoing) -> Result<Connection, Failure> {
    match dialogue::announce(&mut connection, mail).await {
        Ok(()) => Ok(connection),
        Err(failure) => Err(dialogue::leave(connection, failure).await),
    }
}

/// The name that a client gives in EHLO, if it sends mail for this domain.
fn hello(domain: &str) -> String {
    match Host::parse(domain) {
        Ok(Host::Domain(domain)) => domain,
        _ if domain.starts_with('[') => domain.to_owned(),
        _ => "[127.0.0.1]".to_owned(),
    }
}

#[cfg(test)]
mod tests;

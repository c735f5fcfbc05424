//! Mail by SMTP (RFC 5321), over connections that are kept for a while.
//!
//! lettre speaks the protocol. Its own pool is not used: it tells a server that refuses the
//! connection or the password from one that refuses the mail by nothing, and sets no limit to the
//! time that an answer may take.

mod dialogue;
mod pool;
mod server;
mod stream;

use std::{fmt, fs, path::Path, sync::Arc};

use lettre::transport::smtp::{
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use passlink_application::MailError;
use tracing::{Instrument, field::Empty, info_span};

pub use self::server::{SmtpServer, Tls};
use self::{
    dialogue::{Patience, Trouble},
    pool::Pool,
};
use super::{deadline::Deadline, message::Outgoing};

/// Sends mail to a mail server.
#[derive(Clone)]
pub struct Smtp {
    inner: Arc<Inner>,
}

struct Inner {
    server: SmtpServer,
    tls: Option<TlsParameters>,
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
            Tls::Implicit | Tls::Required | Tls::Optional => Some(trust(&server, ca_file)?),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                server,
                tls,
                patience: Patience::default(),
                pool: Arc::new(Pool::new(kept)),
            }),
        })
    }

    /// Hands a mail over.
    pub(super) async fn deliver(
        &self,
        mail: &Outgoing,
        deadline: &Deadline<'_>,
    ) -> Result<String, MailError> {
        let server = &self.inner.server;
        let span = info_span!(
            "SMTP",
            otel.kind = "client",
            network.protocol.name = "smtp",
            server.address = server.host,
            server.port = i64::from(server.port),
            smtp.reply.code = Empty,
            otel.status_code = Empty,
            error.type = Empty,
        );
        let outcome = self.inner.deliver(mail, deadline).instrument(span.clone()).await;
        if let Err(error) = &outcome {
            let (MailError::Refused(reason, _)
            | MailError::Unavailable(reason, _)
            | MailError::Busy(reason, _)
            | MailError::Down(reason, _)) = error;
            span.record("otel.status_code", "ERROR");
            span.record("error.type", reason.name());
        }
        outcome
    }
}

impl Inner {
    async fn deliver(&self, mail: &Outgoing, deadline: &Deadline<'_>) -> Result<String, MailError> {
        let mut connection = deadline.within(self.announce(mail)).await?;
        match dialogue::hand_over(&mut connection, mail, deadline, self.patience).await {
            Ok(answer) => {
                self.pool.put(connection).await;
                Ok(answer)
            }
            Err(trouble) => Err(leave(connection, trouble).await.into()),
        }
    }

    /// Announces a mail on a connection that was kept, or on a new one.
    async fn announce(&self, mail: &Outgoing) -> Result<AsyncSmtpConnection, MailError> {
        if let Some(connection) = self.pool.take().await {
            match self.announce_on(connection, mail).await {
                Err(trouble) if trouble.is_of_connection() => {}
                outcome => return Ok(outcome?),
            }
        }
        let domain = mail.envelope.from().map(|from| from.domain().to_owned());
        let hello = domain.map(ClientId::Domain).unwrap_or_default();
        let connection = dialogue::connect(&self.server, self.tls.as_ref(), &hello, self.patience)
            .await
            .map_err(|trouble| MailError::Down(trouble.reason, trouble.text))?;
        Ok(self.announce_on(connection, mail).await?)
    }

    async fn announce_on(
        &self,
        mut connection: AsyncSmtpConnection,
        mail: &Outgoing,
    ) -> Result<AsyncSmtpConnection, Trouble> {
        match dialogue::announce(&mut connection, mail, self.patience).await {
            Ok(()) => Ok(connection),
            Err(trouble) => Err(leave(connection, trouble).await),
        }
    }
}

/// Gives up a connection on which there was trouble.
async fn leave(connection: AsyncSmtpConnection, trouble: Trouble) -> Trouble {
    if trouble.is_answer() {
        pool::close(connection).await;
    }
    trouble
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.inner.server).finish_non_exhaustive()
    }
}

fn trust(server: &SmtpServer, ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if let Some(file) = ca_file {
        let failed = |why: String| format!("{}: {why}", file.display());
        let pem = fs::read(file).map_err(|error| failed(error.to_string()))?;
        let certificates =
            Certificate::from_pem(&pem).map_err(|_| failed("holds no valid PEM".to_owned()))?;
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Err(failed("holds no certificate".to_owned()));
        }
        tls = tls.add_root_certificate(certificates);
    }
    tls.build().map_err(|error| format!("certificates can't be used: {error}"))
}

/// How a certificate begins in a PEM file.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

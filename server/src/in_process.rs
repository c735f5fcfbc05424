//! Passlink without a listener: the router, the use cases and the mail worker in the caller's process, for
//! tests and fuzzers. What it does stands in the same rooms as what a server does.

use std::sync::Arc;

use passlink_adapters::outbound::mail::Mailbox;
use passlink_application::{
    mails::{DeliverMail, MailWorker},
    ports::{Clock, Ports},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    config::Config,
    wiring::{App, Pending},
    worker::Bell,
};

/// How many mails are delivered at a time.
const CONCURRENCY: usize = 4;
/// The page of the mailbox is not served, so that nobody has to guess its path.
const MAILBOX: &str = "the-mailbox-of-this-process-alone";

/// An installation on a database of its own.
pub struct InProcess {
    /// What the use cases of operators are made of.
    pub ports: Ports,
    /// Answers requests as a server does behind its listener.
    pub router: axum::Router,
    pub mailbox: Mailbox,
    deliver: Arc<DeliverMail>,
}

impl InProcess {
    /// Opens it with environment variables as a server would have them; all times are the clock's.
    ///
    /// Errors: what a server would refuse to start for.
    pub async fn open(
        variables: impl IntoIterator<Item = (String, String)>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let config = Config::load(None, variables)?;
        let app = App::open(config, Pending::Migrate).await?.with_clock(clock);
        let (keys, mailbox) = (app.held_keys().await?, Mailbox::new(MAILBOX)?);
        let mailer = Arc::new(app.local_mailer(mailbox.clone())?);
        let deliver = Arc::new(app.deliver_mail(keys.clone(), mailer)?);
        let router = app.router(
            keys,
            app.issuers()?,
            Arc::new(Bell::default()),
            || true,
            CancellationToken::new(),
        )?;
        Ok(Self { ports: app.ports(), router, mailbox, deliver })
    }

    /// Delivers the mails that are due; the mailbox holds them then.
    pub async fn deliver(&self) {
        let mut worker = MailWorker::new(self.deliver.clone(), CONCURRENCY).await;
        loop {
            worker.take_mails().await;
            if !worker.delivery_ended().await {
                return;
            }
        }
    }
}

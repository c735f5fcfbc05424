//! Passlink without a listener: the router, the use cases and the mail worker in the caller's process, for
//! tests and fuzzers. What it does stands in the same rooms as what a server does.

use std::sync::Arc;

use passlink_adapters::outbound::mail::Mailbox;
use passlink_application::{
    callers::ManageTokens,
    links::{ExpireLinks, ListLinks, RevokeLink},
    mails::{DeliverMail, MailWorker, ManageOutbox},
    ports::Clock,
    users::ManageUsers,
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
    app: App,
    router: axum::Router,
    deliver: Arc<DeliverMail>,
    mailbox: Mailbox,
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
        let router =
            app.router(keys, Arc::new(Bell::default()), || true, CancellationToken::new())?;
        Ok(Self { app, router, deliver, mailbox })
    }

    /// Answers requests as a server does behind its listener.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// What operators do with users.
    pub fn users(&self) -> ManageUsers {
        self.app.users()
    }

    /// What operators do with tokens.
    pub fn tokens(&self) -> ManageTokens {
        self.app.tokens()
    }

    /// What operators do with mails that wait.
    pub fn outbox(&self) -> ManageOutbox {
        self.app.outbox(Arc::new(Bell::default()))
    }

    /// What operators do with links that are open.
    pub fn revoke_link(&self) -> RevokeLink {
        self.app.revoke_link()
    }

    /// Lists the links of a user.
    pub fn list_links(&self) -> ListLinks {
        self.app.list_links()
    }

    /// Notes which links expired.
    pub fn expire_links(&self) -> ExpireLinks {
        self.app.expire_links()
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

    /// Where mails go.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

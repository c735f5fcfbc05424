//! A mail worker: takes mails for its free slots and has each delivered.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use passlink_domain::OutboxId;
use tokio::task::JoinSet;

use crate::{
    mails::{
        DeliverMail,
        mail_server::{Allowance, Change, MailServer, ServerAnswer},
        slots::MailSlots,
    },
    ports::{ClaimedMail, StoreResult},
};

/// How often mails are looked for whose wait is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The mails that a worker has in hand, and what it knows of the mail server.
pub struct MailWorker {
    deliver: Arc<DeliverMail>,
    slots: MailSlots,
    server: MailServer,
    deliveries: JoinSet<Ended>,
    looked: Option<Instant>,
}

struct Ended {
    mail: OutboxId,
    /// The number of the domain that it went to, as in [`Lane`](crate::mails::Lane).
    domain: i64,
    server: Option<ServerAnswer>,
}

impl MailWorker {
    /// A worker that delivers at most `concurrency` mails at a time.
    pub async fn new(deliver: Arc<DeliverMail>, concurrency: usize) -> Self {
        let mut slots = MailSlots::new(concurrency);
        // Domains that were served before a restart need not wait behind those that were not.
        match deliver.served_domains().await {
            Ok(domains) => slots.note_answering(domains),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(error, "which domains were served could not be read");
            }
        }
        let (server, deliveries) = (MailServer::default(), JoinSet::new());
        Self { deliver, slots, server, deliveries, looked: None }
    }

    pub fn has_free_slot(&self) -> bool {
        self.slots.free() > 0
    }

    /// Takes mails for the free slots, if the mail server takes some, and begins to deliver them.
    pub async fn take_mails(&mut self) {
        while let Some(Ok(ended)) = self.deliveries.try_join_next() {
            self.note_end(ended);
        }
        let most = match self.server.allows(Instant::now()) {
            Allowance::All => usize::MAX,
            Allowance::Probe => 1,
            Allowance::Nothing => return,
        };
        match self.claim(most).await {
            Ok(claimed) => {
                tracing::trace!(claimed = claimed.len(), "the outbox was asked");
                claimed.into_iter().for_each(|mail| self.begin_delivery(mail));
            }
            Err(error) => tracing::error!(error = &error as &dyn Error, "no mail could be claimed"),
        }
    }

    /// Waits until a delivery has ended; `false` when no mail is in hand. It may be dropped at any time.
    pub async fn delivery_ended(&mut self) -> bool {
        let Some(Ok(ended)) = self.deliveries.join_next().await else { return false };
        self.note_end(ended);
        true
    }

    async fn claim(&mut self, most: usize) -> StoreResult<Vec<ClaimedMail>> {
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.deliver.make_due_mails_ready(&self.slots).await?;
            self.looked = Some(Instant::now());
        }
        self.deliver.claim(&mut self.slots, most, Instant::now()).await
    }

    fn begin_delivery(&mut self, claimed: ClaimedMail) {
        self.server.note_asked(&claimed.id, Instant::now());
        let (mail, domain) = (claimed.id.clone(), claimed.lane.domain);
        let (observer, deliver) = (self.deliver.ports.observer.clone(), self.deliver.clone());
        let given = claimed.clone();
        let delivery = Box::pin(async move { deliver.deliver(given).await });
        let delivery = observer.delivering(&claimed, delivery);
        self.deliveries.spawn(async move {
            // One that panics ends alone. Its mail is given out again when its lease ends.
            let server = match tokio::spawn(delivery).await {
                Ok(end) => end.server,
                Err(error) => {
                    let error = &error as &dyn Error;
                    tracing::error!(error, "the delivery of a mail broke off");
                    None
                }
            };
            Ended { mail, domain, server }
        });
    }

    /// Takes note of the end of a delivery. Logs once when the mail server takes no mail any more, and
    /// once when it does again.
    fn note_end(&mut self, Ended { mail, domain, server }: Ended) {
        let (hint, now) = (server.as_ref().map(|answer| answer.hint), Instant::now());
        let jitter = self.deliver.jitter();
        self.slots.release(&mail, hint, jitter, now);
        match self.server.note_answer(hint, (&mail, domain), jitter, now) {
            Change::Nothing => {}
            Change::Down => {
                let (mail_id, answer) = (mail.as_str(), server.map(|answer| answer.text));
                tracing::warn!(mail_id, answer, "the mail server takes no mail; all mails wait");
            }
            Change::Back(after) => {
                let after_s = after.as_secs_f64();
                tracing::info!(after_s, "the mail server takes mail again");
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Delivering a claimed mail: it is sent while its lease is renewed, and what came of it is recorded.

use std::{error::Error, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    mails::{
        Composer,
        looked::Looked,
        mail_server::ServerAnswer,
        outcome::{self, Tried},
    },
    ports::{ClaimedMail, DeliveryEnd, MailOutcome, Mailer, Ports, StoreError, StoreResult},
};

/// How long to wait for a database that is out of reach while a mail is in hand. Others may have claimed
/// the mail by then, and then nothing is sent or recorded.
const DATABASE_PATIENCE: Duration = DeliverMail::LEASE.saturating_mul(4);
/// Wait before the database is asked again.
const DATABASE_WAIT: Duration = Duration::from_millis(250);

/// How often outcomes of mails are recorded that were claimed ahead: many leave in that time, and share a
/// transaction.
const COMPANY: Duration = Duration::from_millis(20);

/// Claims mails and delivers them: all that is done with a mail between the outbox and the mailer.
pub struct DeliverMail {
    pub ports: Ports,
    pub mailer: Arc<dyn Mailer>,
    pub composer: Composer,
    /// A name for the process that has the mails in hand, which no other process ever has, if it has one.
    pub holder: Option<String>,
}

impl DeliverMail {
    /// How long nobody else takes a claimed mail. The lease is renewed while the mail is sent. The mail
    /// leaves in the first half after the last renewal or not at all. The second half is for the mail
    /// server, should this process be held up then, and makes up for clocks that differ.
    pub(crate) const LEASE: Duration = Duration::from_secs(45);

    /// Delivers a claimed mail, however long that takes, and logs how that ended. `answered` gets what the
    /// mail server answered, if it was asked, as soon as the mail needs no connection any more.
    pub(crate) async fn deliver(
        &self,
        mail: ClaimedMail,
        looked: Option<Looked>,
        answered: impl FnOnce(Option<ServerAnswer>) + Send,
    ) -> DeliveryEnd {
        let (started, is_one_of_many) = (Instant::now(), looked.is_some());
        let sent = self.send_while_renewed(&mail, looked).await;
        let (taken, at) = (started.elapsed(), self.ports.clock.now());
        let (tried, recorded) = match sent {
            Ok(Some(tried)) => {
                answered(tried.server_answer());
                if is_one_of_many {
                    tokio::time::sleep(until_next(COMPANY, self.ports.clock.steady())).await;
                }
                let recorded = until_reached(|| self.record(&mail, &tried, at)).await;
                (Some(tried), recorded)
            }
            Ok(None) => (None, Ok(false)),
            Err(error) => (None, Err(error)),
        };
        DeliveryEnd { failure: outcome::log(&mail, tried.as_ref(), recorded, taken) }
    }

    /// Puts a claimed mail back that was not tried, for this reason. Where that fails, it is given out again
    /// when its lease ends.
    pub(crate) async fn put_back(&self, mail: &ClaimedMail, reason: &'static str) {
        let mail_id = mail.id.as_str();
        let now = self.ports.clock.now();
        let put_back = || {
            let store = &self.ports.store;
            store.write_in_set(mail.clone(), move |mail, tx| {
                tx.settle(mail, &MailOutcome::PutBack, now)
            })
        };
        match until_reached(put_back).await {
            Ok(_) => tracing::debug!(mail_id, reason, "a mail was put back"),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(mail_id, reason, error, "a mail was not put back");
            }
        }
    }

    /// Sends a mail and keeps it from others meanwhile; `None` when another worker has claimed it.
    async fn send_while_renewed(
        &self,
        mail: &ClaimedMail,
        looked: Option<Looked>,
    ) -> StoreResult<Option<Tried>> {
        let hold = self.hold(mail);
        let sending = async {
            match looked.filter(|looked| looked.is_fresh(self.ports.clock.steady())) {
                Some(looked) => Ok(Some(self.send_found(mail, &hold, looked.found).await)),
                None => until_reached(|| self.send(mail, &hold)).await,
            }
        };
        tokio::select! {
            tried = sending => tried,
            () = self.renew_until_lost(mail, &hold) => Ok(None),
        }
    }

    /// A number from 0 to 1 that spreads waits, so that what failed together isn't tried again together.
    pub(crate) fn jitter(&self) -> f64 {
        let mut byte = [0];
        self.ports.random.fill(&mut byte);
        let [byte] = byte;
        f64::from(byte) / 255.0
    }
}

/// How long it takes from `now` to the next time that all those have who wait for it.
fn until_next(interval: Duration, now: Duration) -> Duration {
    let passed = now.as_nanos() % interval.as_nanos().max(1);
    interval.saturating_sub(Duration::from_nanos(passed.try_into().unwrap_or(0)))
}

/// Does what needs the database. While that is out of reach, does it again after a short wait.
async fn until_reached<T, F>(work: impl Fn() -> F) -> StoreResult<T>
where
    F: Future<Output = StoreResult<T>>,
{
    let started = Instant::now();
    loop {
        match work().await {
            Err(StoreError::Unavailable(_)) if started.elapsed() < DATABASE_PATIENCE => {
                tokio::time::sleep(DATABASE_WAIT).await;
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests;

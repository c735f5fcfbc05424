//! Delivering a claimed mail: it is sent while its lease is renewed, and what came of it is recorded.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    mails::{
        Composer,
        outcome::{self, Tried},
    },
    ports::{ClaimedMail, DeliveryEnd, Mailer, Ports, StoreError, StoreResult},
};

/// How long to wait for a database that is out of reach while a mail is in hand. Others may have claimed
/// the mail by then, and then nothing is sent or recorded.
const DATABASE_PATIENCE: Duration = DeliverMail::LEASE.saturating_mul(4);
/// Wait before the database is asked again.
const DATABASE_WAIT: Duration = Duration::from_millis(250);

/// Claims mails and delivers them: all that is done with a mail between the outbox and the mailer.
pub struct DeliverMail {
    pub ports: Ports,
    pub mailer: Arc<dyn Mailer>,
    pub composer: Composer,
    /// A name for the process that has the mails in hand, which no other process ever has, if it has one.
    pub holder: Option<String>,
}

impl DeliverMail {
    /// How long nobody else takes a claimed mail. The lease is renewed as long as the mail is in hand. The
    /// mail leaves in the first half after the last renewal or not at all. The second half is for the mail
    /// server, should this process be held up then, and makes up for clocks that differ.
    pub(crate) const LEASE: Duration = Duration::from_secs(45);

    /// Delivers a claimed mail, however long that takes, and logs how that ended.
    pub(crate) async fn deliver(&self, mail: ClaimedMail) -> DeliveryEnd {
        let started = Instant::now();
        let (tried, recorded) = match self.send_while_renewed(&mail).await {
            Ok(Some(tried)) => {
                let recorded = until_reached(|| self.record(&mail, &tried)).await;
                (Some(tried), recorded)
            }
            Ok(None) => (None, Ok(false)),
            Err(error) => (None, Err(error)),
        };
        let failure = outcome::log(&mail, tried.as_ref(), recorded, started.elapsed());
        DeliveryEnd { failure, server: tried.as_ref().and_then(Tried::server_answer) }
    }

    /// Sends a mail and keeps it from others meanwhile; `None` when another worker has claimed it.
    async fn send_while_renewed(&self, mail: &ClaimedMail) -> StoreResult<Option<Tried>> {
        let hold = self.hold(mail);
        tokio::select! {
            tried = until_reached(|| self.send(mail, &hold)) => tried,
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

//! Renewing the lease of a mail in hand.

use std::time::Duration;

use jiff::Timestamp;
use passlink_domain::later;

use crate::{
    mails::{DeliverMail, Hold},
    ports::{ClaimedMail, StoreResult},
};

/// How often a lease is renewed. A delivery may take longer than a lease.
const INTERVAL: Duration = Duration::from_secs(DeliverMail::LEASE.as_secs() / 3);

impl DeliverMail {
    /// Renews the lease of a mail again and again; returns when another worker has claimed the mail.
    pub(crate) async fn renew_until_lost(&self, mail: &ClaimedMail, hold: &Hold) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            match self.renew(mail, hold).await {
                Ok(true) => {}
                Ok(false) => return,
                // Recording the outcome shows who has the mail then.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the lease of a mail was not renewed");
                }
            }
        }
    }

    /// Keeps a claimed mail for a whole lease from now; `false` when another worker has claimed it
    /// since, and it is not to be delivered here.
    pub(crate) async fn renew(&self, mail: &ClaimedMail, hold: &Hold) -> StoreResult<bool> {
        let lease_end = self.lease_end(self.ports.clock.now());
        let renew = self.ports.store.write(mail.clone(), move |mail, tx| tx.renew(mail, lease_end));
        let renewed = renew.await?;
        if renewed {
            hold.extend(lease_end, &*self.ports.clock);
        }
        Ok(renewed)
    }

    pub(crate) fn hold(&self, claimed: &ClaimedMail) -> Hold {
        Hold::new(claimed.lease_end, Self::LEASE / 2, &*self.ports.clock)
    }

    /// When a lease ends that begins now.
    pub(crate) fn lease_end(&self, now: Timestamp) -> Timestamp {
        later(now, Self::LEASE)
    }
}

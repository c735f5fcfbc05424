//! Claiming mails: those that may go out are taken under a lease.

use passlink_domain::OutboxId;

use crate::{
    mails::{
        DeliverMail, Lane,
        answering::ANSWERING,
        choose::choose,
        compose::{LINK_RETRY, NOTICE_RETRY},
        deal::Deal,
    },
    ports::{ClaimedMail, Lease, LongestWaits, StoreError, StoreResult},
};

/// How many times a claim goes on when it has seen only lanes that have had their share.
const ROUNDS: usize = 32;
/// How many mails of a kind are made ready at a time.
const MADE_READY: u64 = 500;

/// What was claimed.
pub(crate) struct Claim {
    pub mails: Vec<ClaimedMail>,
    /// The lane behind which the next look begins.
    pub last: Lane,
    pub in_vain: InVain,
}

/// Whether mails were ready, and none of them may go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InVain {
    No,
    Yes,
    /// There are more lanes than are looked at for one claim.
    AsFarAsLooked,
}

impl DeliverMail {
    /// Takes mails that may go out, for the free slots that are dealt. Each is to be delivered, or put
    /// back. One that isn't is given out again when its lease ends.
    pub(crate) async fn claim(&self, mut deal: Deal) -> StoreResult<Claim> {
        let any = self.ports.store.read((), |(), tx| tx.is_any_ready());
        if deal.free == 0 || !any.await? {
            return Ok(Claim { mails: Vec::new(), last: deal.last, in_vain: InVain::No });
        }
        for _ in 0..ROUNDS {
            let now = self.ports.clock.now();
            let lease = Lease { end: self.lease_end(now), holder: self.holder.clone() };
            let claimed = self.ports.store.write((deal, lease), move |(deal, lease), tx| {
                Box::pin(async move {
                    let deal = choose(deal.clone(), now, tx).await?;
                    let taken = if deal.chosen.is_empty() {
                        Vec::new()
                    } else {
                        tx.take(&deal.chosen, lease).await?
                    };
                    Ok::<_, StoreError>((deal, taken))
                })
            });
            let (dealt, mails) = claimed.await?;
            if !dealt.is_unfinished() {
                let in_vain = if mails.is_empty() { InVain::Yes } else { InVain::No };
                return Ok(Claim { mails, last: dealt.last, in_vain });
            }
            deal = dealt;
        }
        Ok(Claim { mails: Vec::new(), last: deal.last, in_vain: InVain::AsFarAsLooked })
    }

    /// Makes mails ready whose wait for the next try is over, or whose lease has ended. Those that the
    /// worker has in hand itself are left alone, whatever the clock says.
    pub(crate) async fn make_due_mails_ready(&self, in_hand: Vec<OutboxId>) -> StoreResult<()> {
        // Twice as long, since one clock wrote a time and another one reads it.
        let waits =
            LongestWaits { link: LINK_RETRY * 2, notice: NOTICE_RETRY * 2, lease: Self::LEASE * 2 };
        let given = (self.ports.clock.clone(), in_hand);
        let are_due = self.ports.store.read(given.clone(), move |(clock, in_hand), tx| {
            tx.are_mails_due(clock.now(), waits, in_hand)
        });
        if !are_due.await? {
            return Ok(());
        }
        let make_ready = self.ports.store.write(given, move |(clock, in_hand), tx| {
            tx.make_due_mails_ready(clock.now(), waits, in_hand, MADE_READY)
        });
        make_ready.await
    }

    /// Frees mails whose worker is gone, so that another one can take them. `is_gone` says of a worker's
    /// process, by its name as in [`DeliverMail::holder`], whether it is gone; `None` has no name.
    pub async fn free_mails(&self, is_gone: impl Fn(Option<&str>) -> bool) -> StoreResult<()> {
        let mut holders = self.ports.store.read((), |(), tx| tx.holders()).await?;
        holders.retain(|holder| is_gone(holder.as_deref()));
        if holders.is_empty() {
            return Ok(());
        }
        let free = self.ports.store.write(holders, |holders, tx| {
            Box::pin(async move {
                for holder in holders {
                    tx.free_mails_of(holder.as_deref()).await?;
                }
                Ok(())
            })
        });
        free.await
    }

    /// The domains, as in [`Lane`](crate::mails::Lane), whose mails the mail server took last, the last
    /// one first, as far as a worker can use them.
    pub(crate) async fn served_domains(&self) -> StoreResult<Vec<i64>> {
        let most = ANSWERING.get() as u64;
        self.ports.store.read((), move |(), tx| tx.served_domains(most)).await
    }
}

//! Delivering mail: claim, look again, render and send, record.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use passlink_domain::{CodeKeys, LinkKind, LinkState, PasskeyLink, User};

use crate::{
    links::PublicUrl,
    mails::{
        Hold, MailSlots, ServerWord,
        claim::choose,
        compose::{Composed, Composer, Dropped, LINK_WAIT, NOTICE_WAIT, Subject, look_up},
        slots::ANSWERING,
        waits::spread_by,
    },
    ports::{
        Attempt, ClaimedMail, Clock, Lease, LongestWaits, MailError, MailOutcome, MailReason,
        Mailer, Observer, OutboxState, Random, Repositories, Store, StoreError,
    },
};

/// Wait before the second try; it doubles with each one that follows.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// How many times a claim looks further when it has seen only lanes that have had their share.
const LOOKS: usize = 32;
/// How many mails of a kind are made ready at a time.
const RIPENED: u64 = 500;

/// What an operator is told of a mail that may have arrived.
const UNCLEAR: &str = "the mail may have arrived, and is sent once more";
const UNCLEAR_AGAIN: &str = "the mail was sent more than once, and may have arrived; a link in it stays open, and \
    `passlink outbox retry` sends one more";

/// What came of a try to deliver a claimed mail, to be recorded.
#[derive(Debug, Clone)]
pub struct Tried {
    claimed: ClaimedMail,
    outcome: MailOutcome,
    attempt: Attempt,
    /// What that tells of the mail server, if it was asked.
    server: Option<ServerWord>,
    /// The link, and what it becomes by that.
    moved: Option<(PasskeyLink, LinkState)>,
}

impl Tried {
    /// Why the mail was not sent, if it was not.
    pub fn trouble(&self) -> Option<MailReason> {
        match self.attempt {
            Attempt::Sent => None,
            Attempt::Retry(reason) | Attempt::Undeliverable(reason) => Some(reason),
        }
    }

    /// What the try told of the mail server, and the server's words; `None` when it was not asked.
    pub fn server(&self) -> Option<(ServerWord, &str)> {
        let (MailOutcome::Sent(answer)
        | MailOutcome::Retry { answer, .. }
        | MailOutcome::Returned(answer)
        | MailOutcome::Failed(answer)) = &self.outcome;
        self.server.map(|word| (word, answer.as_str()))
    }
}

/// What became of a claimed mail, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The outcome was recorded.
    Recorded(MailOutcome),
    /// Another worker has claimed the mail since; its outcome counts, not this one.
    Lost,
}

/// What came of handing a mail over.
struct HandedOver {
    outcome: MailOutcome,
    becomes: Option<LinkState>,
    attempt: Attempt,
    server: Option<ServerWord>,
}

/// The worker's use case.
pub struct DeliverMail {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    mailer: Arc<dyn Mailer>,
    composer: Composer,
    lease: Duration,
    holder: Option<String>,
    observer: Arc<dyn Observer>,
}

impl DeliverMail {
    /// How long a claimed mail is nobody else's, unless it is renewed, which it is as long as it is in
    /// hand. It leaves in the first half after the last renewal or not at all; the second one is the
    /// mail server's, should this node be held up then, and makes up for clocks that differ.
    pub const LEASE: Duration = Duration::from_secs(45);

    /// Takes the ports.
    pub fn new(
        store: Arc<dyn Store>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        mailer: Arc<dyn Mailer>,
        keys: Arc<CodeKeys>,
        public_url: PublicUrl,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let composer = Composer::new(keys, public_url);
        let (lease, holder) = (Self::LEASE, None);
        Self { store, clock, random, mailer, composer, observer, lease, holder }
    }

    /// With another lease than [`Self::LEASE`].
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// With a name for the process that holds the mails, which no other process ever has.
    #[must_use]
    pub fn held_by(self, holder: Option<String>) -> Self {
        Self { holder, ..self }
    }

    /// Makes the mails ready that workers had in hand who are gone, as `is_gone` knows of a holder;
    /// `None` is one that has no name.
    pub async fn free_mails(
        &self,
        is_gone: impl Fn(Option<&str>) -> bool,
    ) -> Result<(), StoreError> {
        let mut holders = self.store.read((), |(), tx| Box::pin(tx.holders())).await?;
        holders.retain(|holder| is_gone(holder.as_deref()));
        if holders.is_empty() {
            return Ok(());
        }
        self.store
            .write(holders, |holders, tx| {
                Box::pin(async move {
                    for holder in holders {
                        tx.free_mails_of(holder.as_deref()).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The domains, as in [`crate::mails::Lane`], whose mails the mail server took last, the last one first, as
    /// far as a worker can use them.
    pub async fn served_domains(&self) -> Result<Vec<i64>, StoreError> {
        let most = ANSWERING.get() as u64;
        self.store.read((), move |(), tx| Box::pin(tx.served_domains(most))).await
    }

    /// Makes mails ready whose wait for the next try is over, or whose lease has ended; for a worker
    /// to do once a second. Those that it has in hand itself are left alone, whatever the clock says.
    pub async fn ripen(&self, slots: &MailSlots) -> Result<(), StoreError> {
        // With as much again for who writes a time while this one is read.
        let waits =
            LongestWaits { link: LINK_WAIT * 2, notice: NOTICE_WAIT * 2, lease: self.lease * 2 };
        let given = (self.clock.clone(), slots.mails());
        let ripe = self.store.read(given.clone(), move |(clock, in_hand), tx| {
            tx.are_ripe(clock.now(), waits, in_hand)
        });
        if ripe.await? {
            let ripen = self.store.write(given, move |(clock, in_hand), tx| {
                tx.ripen(clock.now(), waits, in_hand, RIPENED)
            });
            ripen.await?;
        }
        Ok(())
    }

    /// Takes mails that may go out, for up to `most` of the free slots. Each must be handed to
    /// [`Self::deliver`]; one that isn't is given out again when its lease ends.
    pub async fn claim(
        &self,
        slots: &mut MailSlots,
        most: usize,
        at: Instant,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let any = self.store.read((), |(), tx| Box::pin(tx.is_any_ready()));
        if slots.free() == 0 || !any.await? {
            return Ok(Vec::new());
        }
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let lease = Lease { end: self.lease_end(now), holder: self.holder.clone() };
            let claimed =
                self.store.write((slots.deal(most, at), lease), move |(deal, lease), tx| {
                    Box::pin(async move {
                        let deal = choose(deal.clone(), now, tx).await?;
                        let taken = match deal.chosen().is_empty() {
                            true => Vec::new(),
                            false => tx.take(deal.chosen(), lease).await?,
                        };
                        Ok::<_, StoreError>((deal, taken))
                    })
                });
            let (deal, claimed) = claimed.await?;
            slots.served(deal.last());
            if !deal.is_unfinished() {
                claimed.iter().for_each(|mail| slots.take(mail.id.clone(), mail.lane, at));
                return Ok(claimed);
            }
        }
        Ok(Vec::new())
    }

    /// How often to [`Self::renew`] the lease of a mail while it is delivered, which may take longer
    /// than a lease.
    pub fn renewal_interval(&self) -> Duration {
        self.lease / 3
    }

    /// The hold that a claim gives.
    pub fn hold(&self, claimed: &ClaimedMail) -> Hold {
        Hold::new(claimed.lease_end, self.lease / 2, &*self.clock)
    }

    /// Keeps a claimed mail for a whole lease from now; `false` when another worker has claimed it
    /// since, and it is not to be delivered here.
    pub async fn renew(&self, claimed: &ClaimedMail, hold: &Hold) -> Result<bool, StoreError> {
        let lease_end = self.lease_end(self.clock.now());
        let renewed = self
            .store
            .write(claimed.clone(), move |claimed, tx| Box::pin(tx.renew(claimed, lease_end)))
            .await?;
        if renewed {
            hold.extend(lease_end, &*self.clock);
        }
        Ok(renewed)
    }

    fn lease_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.lease).unwrap_or(Timestamp::MAX)
    }

    /// Delivers a claimed mail. What came of it must be handed to [`Self::record`]; `None` when
    /// another worker has claimed the mail since.
    pub async fn deliver(
        &self,
        claimed: ClaimedMail,
        hold: &Hold,
    ) -> Result<Option<Tried>, StoreError> {
        let loaded =
            self.store.read(claimed.clone(), |claimed, tx| Box::pin(load(claimed, tx))).await?;
        let Some(found) = loaded else {
            return Ok(None);
        };
        Ok(Some(match found {
            Some((subject, user)) => self.look_again_and_send(claimed, hold, subject, user).await,
            None => Tried {
                claimed,
                outcome: MailOutcome::Failed("what it is about, or its user, is gone".into()),
                attempt: Attempt::Undeliverable(MailReason::LinkEnded),
                server: None,
                moved: None,
            },
        }))
    }

    /// Records what came of a try. When the store is out of reach, try again: a mail that was sent
    /// and is not known to be goes out once more when its lease ends.
    pub async fn record(&self, tried: &Tried) -> Result<Delivered, StoreError> {
        let now = self.clock.now();
        let recorded = self
            .store
            .write(tried.clone(), move |Tried { claimed, outcome, moved, .. }, tx| {
                Box::pin(async move {
                    if !tx.settle(claimed, outcome, now).await? {
                        let recorded = is_recorded(claimed, outcome, tx).await?;
                        return Ok(recorded.then(Changed::default));
                    }
                    let changed = match moved {
                        Some((link, becomes)) => move_link(link, *becomes, now, tx).await?,
                        None => Changed::default(),
                    };
                    Ok::<_, StoreError>(Some(changed))
                })
            })
            .await?;
        let Some(changed) = recorded else {
            return Ok(Delivered::Lost);
        };
        self.observer.tried(tried.attempt);
        if let Some((link, state)) = tried.moved.as_ref().filter(|_| changed.moved) {
            self.observer.links(*state, LinkKind::Mailed, 1);
            self.observer.links(LinkState::Replaced, LinkKind::Mailed, changed.replaced);
            if *state == LinkState::Sent {
                self.observer.mailed(now.duration_since(link.requested).unsigned_abs());
            }
        }
        Ok(Delivered::Recorded(tried.outcome.clone()))
    }

    /// Sends the mail, if all that it says still holds.
    async fn look_again_and_send(
        &self,
        claimed: ClaimedMail,
        hold: &Hold,
        subject: Subject,
        user: User,
    ) -> Tried {
        let composed = self.composer.compose(&subject, user, self.clock.now());
        let HandedOver { outcome, becomes, attempt, server } = match composed {
            Ok(composed) => self.hand_over(&claimed, hold, &composed).await,
            Err(Dropped { for_now: Some((give_up, longest_wait)), text, reason, .. }) => {
                let due = self.next_try(&claimed, give_up, longest_wait);
                let answer = text.to_owned();
                let outcome = MailOutcome::Retry { due, answer, may_have_arrived: false };
                let attempt = Attempt::Retry(reason);
                HandedOver { outcome, becomes: None, attempt, server: None }
            }
            Err(dropped) => HandedOver {
                outcome: MailOutcome::Failed(dropped.text.to_owned()),
                becomes: dropped.becomes,
                attempt: Attempt::Undeliverable(dropped.reason),
                server: None,
            },
        };
        let moved = match subject {
            Subject::Link(link) => becomes.map(|becomes| (link, becomes)),
            Subject::Added(_) | Subject::Removed(..) => None,
        };
        Tried { claimed, outcome, attempt, server, moved }
    }

    async fn hand_over(
        &self,
        claimed: &ClaimedMail,
        hold: &Hold,
        composed: &Composed,
    ) -> HandedOver {
        let due = || self.next_try(claimed, composed.give_up, composed.longest_wait);
        let again = |answer| MailOutcome::Retry { due: due(), answer, may_have_arrived: false };
        let sent = self.mailer.send(&claimed.id, &composed.mail, hold).await;
        let (outcome, becomes, attempt, server) = match sent {
            Ok(answer) => {
                let becomes = Some(LinkState::Sent);
                (MailOutcome::Sent(answer), becomes, Attempt::Sent, ServerWord::Took)
            }
            Err(MailError::Refused(reason, answer)) => {
                let becomes = Some(LinkState::Undeliverable);
                let attempt = Attempt::Undeliverable(reason);
                (MailOutcome::Failed(answer), becomes, attempt, ServerWord::Works)
            }
            Err(MailError::Unavailable(reason, answer)) => {
                let word = match reason {
                    MailReason::Connection => ServerWord::Lost,
                    _ => ServerWord::Works,
                };
                (again(answer), None, Attempt::Retry(reason), word)
            }
            Err(MailError::Busy(reason, answer)) => {
                (again(answer), None, Attempt::Retry(reason), ServerWord::Busy)
            }
            Err(MailError::Down(reason, answer)) => {
                let outcome = MailOutcome::Returned(answer);
                (outcome, None, Attempt::Retry(reason), ServerWord::Trouble)
            }
            // One further copy, and no more: each may have arrived.
            Err(MailError::Unclear(answer)) if claimed.may_have_arrived => {
                let outcome = MailOutcome::Failed(format!("{UNCLEAR_AGAIN}: {answer}"));
                let attempt = Attempt::Undeliverable(MailReason::Unclear);
                (outcome, None, attempt, ServerWord::Lost)
            }
            Err(MailError::Unclear(answer)) => {
                let answer = format!("{UNCLEAR}: {answer}");
                let outcome = MailOutcome::Retry { due: due(), answer, may_have_arrived: true };
                (outcome, None, Attempt::Retry(MailReason::Unclear), ServerWord::Lost)
            }
        };
        HandedOver { outcome, becomes, attempt, server: Some(server) }
    }

    /// When to try again: at the latest when the mail is no longer worth it.
    fn next_try(
        &self,
        claimed: &ClaimedMail,
        give_up: Timestamp,
        longest_wait: Duration,
    ) -> Timestamp {
        let doubled = FIRST_RETRY.saturating_mul(1 << claimed.tries.saturating_sub(1).min(16));
        let wait = spread_by(doubled.min(longest_wait), self.spread());
        let due = self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        due.min(give_up)
    }

    /// A number from 0 to 1 that spreads waits, so that what failed together doesn't come back
    /// together.
    pub fn spread(&self) -> f64 {
        let mut byte = [0];
        self.random.fill(&mut byte);
        let [byte] = byte;
        f64::from(byte) / 255.0
    }
}

/// What recording an outcome did to links.
#[derive(Default)]
struct Changed {
    /// Whether the mail's own link was moved.
    moved: bool,
    /// How many older ones it replaced.
    replaced: u64,
}

/// What a claimed mail is about, and whom it is for, if both are there; `None` if the mail has been
/// claimed again since.
async fn load(
    claimed: &ClaimedMail,
    tx: &mut dyn Repositories,
) -> Result<Option<Option<(Subject, User)>>, StoreError> {
    match tx.mail(&claimed.id).await? {
        Some(mail) if mail.state == OutboxState::Waiting && mail.tries == claimed.tries => {
            Ok(Some(look_up(claimed, tx).await?))
        }
        _ => Ok(None),
    }
}

/// Whether the outcome of this very claim stands in the store already: an earlier try to record it
/// was not known to have come through.
async fn is_recorded(
    claimed: &ClaimedMail,
    outcome: &MailOutcome,
    tx: &mut dyn Repositories,
) -> Result<bool, StoreError> {
    let state = match outcome {
        MailOutcome::Sent(_) => OutboxState::Sent,
        MailOutcome::Failed(_) => OutboxState::Failed,
        MailOutcome::Retry { .. } | MailOutcome::Returned(_) => OutboxState::Waiting,
    };
    let mail = tx.mail(&claimed.id).await?;
    Ok(mail.is_some_and(|mail| mail.state == state && mail.tries == claimed.tries))
}

/// Moves the link, unless it has ended meanwhile; a link that was sent replaces the older ones.
async fn move_link(
    link: &PasskeyLink,
    becomes: LinkState,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<Changed, StoreError> {
    let Ok(link_then) = link.clone().becomes(becomes, now) else {
        return Ok(Changed::default());
    };
    let moved = tx.move_link(&link.id, link.state, link_then.state).await?;
    // One that was revoked meanwhile leaves the older ones open.
    let counts =
        moved || tx.link(&link.id).await?.is_some_and(|it| it.state == LinkState::Redeemed);
    let replaced = match becomes {
        LinkState::Sent if counts => tx.replace_links_before(link).await?,
        _ => 0,
    };
    Ok(Changed { moved, replaced })
}

#[cfg(test)]
mod tests;

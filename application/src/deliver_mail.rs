//! Delivering mail: claim, look again, render and send, record.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{CodeKeys, LinkState, PasskeyLink, User};

use crate::{
    Attempt, ClaimedMail, Clock, LinkKind, MailError, MailOutcome, MailReason, Mailer, Observer,
    OutboxState, PublicUrl, Random, Repositories, Store, StoreError,
    compose_mail::{Composed, Composer, Dropped, Subject, look_up},
};

/// Wait before the second try; it doubles with each one that follows.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// What came of a try to deliver a claimed mail, to be recorded.
#[derive(Debug, Clone)]
pub struct Tried {
    claimed: ClaimedMail,
    outcome: MailOutcome,
    attempt: Attempt,
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
}

/// What became of a claimed mail, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The outcome was recorded.
    Recorded(MailOutcome),
    /// Another worker has claimed the mail since; its outcome counts, not this one.
    Lost,
}

/// The worker's use case.
pub struct DeliverMail {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    mailer: Arc<dyn Mailer>,
    composer: Composer,
    lease: Duration,
    observer: Arc<dyn Observer>,
}

impl DeliverMail {
    /// How long a claimed mail is nobody else's, unless it is renewed. It leaves in the first half or
    /// not at all; the second one is the mail server's, should this node be held up then, and makes
    /// up for clocks that differ.
    pub const LEASE: Duration = Duration::from_secs(180);

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
        Self { store, clock, random, mailer, composer, observer, lease: Self::LEASE }
    }

    /// With another lease than [`Self::LEASE`].
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Takes up to `limit` mails that are due. Each must be handed to [`Self::deliver`]; one that
    /// isn't is given out again when its lease ends.
    pub async fn claim(&self, limit: u64) -> Result<Vec<ClaimedMail>, StoreError> {
        let now = self.clock.now();
        let due = self.store.read((), |(), tx| Box::pin(tx.next_due())).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let lease_end = self.lease_end(now);
        self.store.write(limit, move |limit, tx| Box::pin(tx.claim(now, lease_end, *limit))).await
    }

    /// How often to [`Self::renew`] the lease of a mail while it is delivered, which may take longer
    /// than a lease.
    pub fn renewal_interval(&self) -> Duration {
        self.lease / 3
    }

    /// Keeps a claimed mail for a whole lease from now; `false` when another worker has claimed it
    /// since, and it is not to be delivered here.
    pub async fn renew(&self, claimed: &ClaimedMail) -> Result<bool, StoreError> {
        let lease_end = self.lease_end(self.clock.now());
        self.store
            .write(claimed.clone(), move |claimed, tx| Box::pin(tx.renew(claimed, lease_end)))
            .await
    }

    fn lease_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.lease).unwrap_or(Timestamp::MAX)
    }

    /// Delivers a claimed mail. What came of it must be handed to [`Self::record`]; `None` when
    /// another worker has claimed the mail since.
    pub async fn deliver(&self, claimed: ClaimedMail) -> Result<Option<Tried>, StoreError> {
        let loaded =
            self.store.read(claimed.clone(), |claimed, tx| Box::pin(load(claimed, tx))).await?;
        let Some(found) = loaded else {
            return Ok(None);
        };
        let (outcome, moved, attempt) = match found {
            Some((subject, user)) => self.look_again_and_send(&claimed, subject, user).await,
            None => (
                MailOutcome::Failed("what it is about, or its user, is gone".into()),
                None,
                Attempt::Undeliverable(MailReason::LinkEnded),
            ),
        };
        Ok(Some(Tried { claimed, outcome, attempt, moved }))
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

    /// Sends the mail, if all that it says still holds; with the outcome comes what its link
    /// becomes.
    async fn look_again_and_send(
        &self,
        claimed: &ClaimedMail,
        subject: Subject,
        user: User,
    ) -> (MailOutcome, Option<(PasskeyLink, LinkState)>, Attempt) {
        let composed = self.composer.compose(&subject, user, self.clock.now());
        let (outcome, becomes, attempt) = match composed {
            Ok(composed) => self.send(claimed, &composed).await,
            Err(Dropped { for_now: Some((give_up, longest_wait)), text, reason, .. }) => {
                let outcome = self.retry(claimed, give_up, longest_wait, text.to_owned());
                (outcome, None, Attempt::Retry(reason))
            }
            Err(dropped) => (
                MailOutcome::Failed(dropped.text.to_owned()),
                dropped.becomes,
                Attempt::Undeliverable(dropped.reason),
            ),
        };
        let moved = match subject {
            Subject::Link(link) => becomes.map(|becomes| (link, becomes)),
            Subject::Added(_) | Subject::Removed(..) => None,
        };
        (outcome, moved, attempt)
    }

    async fn send(
        &self,
        claimed: &ClaimedMail,
        composed: &Composed,
    ) -> (MailOutcome, Option<LinkState>, Attempt) {
        let until = claimed.lease_end.saturating_sub(self.lease / 2).unwrap_or(Timestamp::MIN);
        match self.mailer.send(&claimed.id, &composed.mail, until).await {
            Ok(answer) => (MailOutcome::Sent(answer), Some(LinkState::Sent), Attempt::Sent),
            Err(MailError::Refused(reason, answer)) => (
                MailOutcome::Failed(answer),
                Some(LinkState::Undeliverable),
                Attempt::Undeliverable(reason),
            ),
            Err(MailError::Unavailable(reason, answer)) => {
                let outcome = self.retry(claimed, composed.give_up, composed.longest_wait, answer);
                (outcome, None, Attempt::Retry(reason))
            }
        }
    }

    /// Another try, at the latest when the mail is no longer worth one.
    fn retry(
        &self,
        claimed: &ClaimedMail,
        give_up: Timestamp,
        longest_wait: Duration,
        answer: String,
    ) -> MailOutcome {
        let wait = self.clock.now().saturating_add(self.backoff(claimed.tries, longest_wait));
        MailOutcome::Retry { due: wait.unwrap_or(Timestamp::MAX).min(give_up), answer }
    }

    /// Doubles with each try, up to a limit, and spreads by half to either side, so that mails
    /// that failed together don't come back together.
    fn backoff(&self, tries: u32, longest: Duration) -> Duration {
        let doubled = FIRST_RETRY.saturating_mul(1 << tries.saturating_sub(1).min(16));
        let mut byte = [0];
        self.random.fill(&mut byte);
        let [byte] = byte;
        doubled.min(longest).mul_f64(0.5 + f64::from(byte) / 255.0)
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
        MailOutcome::Retry { .. } => OutboxState::Waiting,
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
    let replaced = match becomes {
        LinkState::Sent => tx.replace_links_before(link).await?,
        _ => 0,
    };
    Ok(Changed { moved, replaced })
}

#[cfg(test)]
mod tests;

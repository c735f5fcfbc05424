//! Delivering mail: claim, look again, render and send, record.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{CodeKeys, Delivery, LinkState, PasskeyLink, Purpose, User};

use crate::{
    Attempt, ClaimedMail, Clock, Mail, MailError, MailOutcome, MailReason, Mailer, Observer,
    OutboxState, PasskeyLinkMail, PublicUrl, Random, Repositories, Store, StoreError,
};

/// What part of a lease is left to record what came of a try, and to nodes whose clocks differ.
const REST: u32 = 6;
/// Wait before the second try; it doubles with each one that follows.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const LAST_RETRY: Duration = Duration::from_secs(60);

/// What came of a try to deliver a claimed mail, to be recorded.
#[derive(Debug, Clone)]
pub struct Tried {
    claimed: ClaimedMail,
    outcome: MailOutcome,
    attempt: Attempt,
    /// The link, and what it becomes by that.
    moved: Option<(PasskeyLink, LinkState)>,
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
    keys: Arc<CodeKeys>,
    public_url: PublicUrl,
    lease: Duration,
    observer: Arc<dyn Observer>,
}

impl DeliverMail {
    /// How long a claimed mail is nobody else's. A mail server may take a minute for its answer.
    pub const LEASE: Duration = Duration::from_secs(90);

    /// Takes the ports.
    pub fn new(
        store: Arc<dyn Store>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        mailer: Arc<dyn Mailer>,
        keys: Arc<CodeKeys>,
        public_url: PublicUrl,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self { store, clock, random, mailer, keys, public_url, observer, lease: Self::LEASE }
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
        let lease_end = now.saturating_add(self.lease).unwrap_or(Timestamp::MAX);
        self.store.write(limit, move |limit, tx| Box::pin(tx.claim(now, lease_end, *limit))).await
    }

    /// Delivers a claimed mail. What came of it must be handed to [`Self::record`]; `None` when
    /// another worker has claimed the mail since.
    pub async fn deliver(&self, claimed: ClaimedMail) -> Result<Option<Tried>, StoreError> {
        let loaded =
            self.store.read(claimed.clone(), |claimed, tx| Box::pin(load(claimed, tx))).await?;
        let Some((link, user)) = loaded else {
            return Ok(None);
        };
        let (outcome, becomes, attempt) = match self.look_again(link.as_ref(), user) {
            Ok((link, mail)) => self.send(&claimed, link, &mail).await,
            Err(dropped) if dropped.for_now => {
                let expires = link.as_ref().map_or(Timestamp::MAX, |link| link.expires);
                let outcome = self.retry(&claimed, expires, dropped.text.to_owned());
                (outcome, None, Attempt::Retry(dropped.reason))
            }
            Err(dropped) => (
                MailOutcome::Failed(dropped.text.to_owned()),
                dropped.becomes,
                Attempt::Undeliverable(dropped.reason),
            ),
        };
        Ok(Some(Tried { claimed, outcome, attempt, moved: link.zip(becomes) }))
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
                        return Ok(None);
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
            self.observer.links(*state, 1);
            self.observer.links(LinkState::Replaced, changed.replaced);
            if *state == LinkState::Sent {
                self.observer.mailed(now.duration_since(link.requested).unsigned_abs());
            }
        }
        Ok(Delivered::Recorded(tried.outcome.clone()))
    }

    /// Makes the mail, if link, user and address still hold.
    fn look_again<'l>(
        &self,
        link: Option<&'l PasskeyLink>,
        user: Option<User>,
    ) -> Result<(&'l PasskeyLink, Mail), Dropped> {
        use MailReason::{KeyMissing, LinkEnded, LinkExpired, UserChanged};
        let (Some(link), Some(user)) = (link, user) else {
            return Err(Dropped::because(LinkEnded, "the link or its user is gone"));
        };
        if link.clone().seen_at(self.clock.now()).state == LinkState::Expired {
            return Err(Dropped {
                becomes: Some(LinkState::Expired),
                ..Dropped::because(LinkExpired, "the link expired before the mail was taken")
            });
        }
        if link.state.is_final() {
            return Err(Dropped::because(LinkEnded, "the link has ended"));
        }
        let Delivery::Mail(to) = &link.delivery else {
            return Err(Dropped::because(LinkEnded, "the link is not for mail"));
        };
        if user.reachable_at() != Ok(to) {
            return Err(Dropped {
                becomes: Some(LinkState::Revoked),
                ..Dropped::because(UserChanged, "the user is not active or the address changed")
            });
        }
        let code = |purpose| {
            let code = self.keys.derive(&link.key, &link.code_binding(purpose));
            code.ok_or(Dropped::for_now(
                KeyMissing,
                "the key of the link's code is not in the key file",
            ))
        };
        let mail = PasskeyLinkMail {
            to: to.clone(),
            display_name: user.display_name,
            username: user.username,
            language: user.language,
            register_url: self.public_url.register(link, &code(Purpose::Register)?),
            revoke_url: self.public_url.revoke(link, &code(Purpose::Revoke)?),
            requested_by: link.requested_by.clone(),
            requested: link.requested,
            expires: link.expires,
        };
        Ok((link, Mail::PasskeyLink(mail)))
    }

    async fn send(
        &self,
        claimed: &ClaimedMail,
        link: &PasskeyLink,
        mail: &Mail,
    ) -> (MailOutcome, Option<LinkState>, Attempt) {
        let until = claimed.lease_end.saturating_sub(self.lease / REST).unwrap_or(Timestamp::MIN);
        match self.mailer.send(&claimed.id, mail, until).await {
            Ok(answer) => (MailOutcome::Sent(answer), Some(LinkState::Sent), Attempt::Sent),
            Err(MailError::Refused(reason, answer)) => (
                MailOutcome::Failed(answer),
                Some(LinkState::Undeliverable),
                Attempt::Undeliverable(reason),
            ),
            Err(MailError::Unavailable(reason, answer)) => {
                (self.retry(claimed, link.expires, answer), None, Attempt::Retry(reason))
            }
        }
    }

    /// Another try, at the latest when the link expires.
    fn retry(&self, claimed: &ClaimedMail, expires: Timestamp, answer: String) -> MailOutcome {
        let wait = self.clock.now().saturating_add(self.backoff(claimed.tries));
        MailOutcome::Retry { due: wait.unwrap_or(Timestamp::MAX).min(expires), answer }
    }

    /// Doubles with each try, up to a limit, and spreads by half to either side, so that mails
    /// that failed together don't come back together.
    fn backoff(&self, tries: u32) -> Duration {
        let doubled = FIRST_RETRY.saturating_mul(1 << tries.saturating_sub(1).min(16));
        let mut byte = [0];
        self.random.fill(&mut byte);
        let [byte] = byte;
        doubled.min(LAST_RETRY).mul_f64(0.5 + f64::from(byte) / 255.0)
    }
}

/// Why a claimed mail is not sent, and what its link becomes by that.
struct Dropped {
    reason: MailReason,
    text: &'static str,
    becomes: Option<LinkState>,
    /// Whether another node may be able to send it.
    for_now: bool,
}

impl Dropped {
    fn because(reason: MailReason, text: &'static str) -> Self {
        Self { reason, text, becomes: None, for_now: false }
    }

    fn for_now(reason: MailReason, text: &'static str) -> Self {
        Self { reason, text, becomes: None, for_now: true }
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

/// What a claimed mail is about; `None` if it has been claimed again since.
async fn load(
    claimed: &ClaimedMail,
    tx: &mut dyn Repositories,
) -> Result<Option<(Option<PasskeyLink>, Option<User>)>, StoreError> {
    match tx.mail(&claimed.id).await? {
        Some(mail) if mail.state == OutboxState::Waiting && mail.tries == claimed.tries => {
            Ok(Some((tx.link(&claimed.link).await?, tx.user(&claimed.user).await?)))
        }
        _ => Ok(None),
    }
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

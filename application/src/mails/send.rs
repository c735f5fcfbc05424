//! Sending a claimed mail, if all that it says still holds.

use std::collections::HashMap;

use jiff::Timestamp;
use passlink_domain::{LinkState, OutboxId, User, later};
use tokio::time::timeout;

use crate::{
    mails::{
        DeliverMail, Hold,
        backoff::retry_wait,
        compose::{Composed, Dropped, RetryPolicy, Subject, look_up},
        looked::{FRESH, Looked},
        mail_server::ServerHint,
        outcome::Tried,
    },
    ports::{
        Attempt, ClaimedMail, MailError, MailOutcome, MailReason, MailSubject, OutboxState,
        Repositories, StoreError, StoreResult,
    },
};

/// What an operator reads about a mail that may have arrived.
const UNCLEAR: &str = "the mail may have arrived, and is sent once more";
const UNCLEAR_AGAIN: &str = "the mail was sent more than once, and may have arrived; a link in it stays open, and \
    `passlink outbox retry` sends one more";

impl DeliverMail {
    /// Looks again at what a claimed mail is about, and sends it. What came of it is to be recorded;
    /// `None` when another worker has claimed the mail since.
    pub(crate) async fn send(
        &self,
        claimed: &ClaimedMail,
        hold: &Hold,
    ) -> StoreResult<Option<Tried>> {
        let load =
            self.ports.store.read(claimed.clone(), |claimed, tx| Box::pin(load(claimed, tx)));
        let Some(found) = load.await? else { return Ok(None) };
        Ok(Some(match found {
            Some(found) => self.send_found(claimed, hold, found).await,
            None => self.drop_mail(
                claimed,
                Dropped::because(MailReason::LinkEnded, "what it is about, or its user, is gone"),
            ),
        }))
    }

    /// Looks up what claimed mails with links are about, for those of them that will be sent in a moment.
    /// What is missing in the answer shows when it is looked at by itself.
    pub(crate) async fn look_ahead(&self, claimed: &[ClaimedMail]) -> HashMap<OutboxId, Looked> {
        let at = self.ports.clock.steady();
        let mails = claimed.iter().filter_map(|it| match &it.about {
            MailSubject::Link(link) => Some((it.id.clone(), link.clone(), it.user.clone())),
            _ => None,
        });
        let mails: Vec<_> = mails.collect();
        let look = self.ports.store.read(mails, |mails, tx| {
            Box::pin(async move {
                let links: Vec<_> = mails.iter().map(|(_, link, _)| link.clone()).collect();
                let users: Vec<_> = mails.iter().map(|(.., user)| user.clone()).collect();
                let links = tx.some_links(&links).await?.into_iter();
                let mut links: HashMap<_, _> = links.map(|it| (it.id.clone(), it)).collect();
                let users = tx.some_users(&users).await?.into_iter();
                let users: HashMap<_, _> = users.map(|it| (it.id.clone(), it)).collect();
                let found = mails.iter().filter_map(|(mail, link, user)| {
                    let (link, user) = (links.remove(link)?, users.get(user)?.clone());
                    Some((mail.clone(), (Subject::Link(link), user)))
                });
                Ok::<_, StoreError>(found.collect::<Vec<_>>())
            })
        });
        let found = timeout(FRESH, look).await.ok().and_then(Result::ok).unwrap_or_default();
        found.into_iter().map(|(mail, found)| (mail, Looked { found, at })).collect()
    }

    /// Sends a claimed mail that was looked up.
    pub(crate) async fn send_found(
        &self,
        claimed: &ClaimedMail,
        hold: &Hold,
        (subject, user): (Subject, User),
    ) -> Tried {
        let tried = match self.composer.compose(&subject, user, self.ports.clock.now()) {
            Ok(composed) => self.hand_over(claimed, hold, &composed).await,
            Err(dropped) => self.drop_mail(claimed, dropped),
        };
        let link = match subject {
            Subject::Link(link) => Some(link),
            Subject::Added(_) | Subject::Removed(..) => None,
        };
        Tried { link, ..tried }
    }

    fn drop_mail(&self, claimed: &ClaimedMail, dropped: Dropped) -> Tried {
        let Dropped { reason, text, link_becomes, retry } = dropped;
        let answer = text.to_owned();
        let (outcome, attempt) = match retry {
            Some(retry) => {
                let due = self.next_try(claimed, retry);
                let outcome = MailOutcome::Retry { due, answer, may_have_arrived: false };
                (outcome, Attempt::Retry(reason))
            }
            None => (MailOutcome::Failed(answer), Attempt::Undeliverable(reason)),
        };
        Tried { outcome, attempt, hint: None, link: None, link_becomes }
    }

    async fn hand_over(&self, claimed: &ClaimedMail, hold: &Hold, composed: &Composed) -> Tried {
        let due = || self.next_try(claimed, composed.retry);
        let again = |answer| MailOutcome::Retry { due: due(), answer, may_have_arrived: false };
        let sent = self.mailer.send(&claimed.id, &composed.mail, hold).await;
        let (outcome, attempt, hint) = match sent {
            Ok(answer) => (MailOutcome::Sent(answer), Attempt::Sent, ServerHint::Accepted),
            Err(MailError::Refused(reason, answer)) => {
                (MailOutcome::Failed(answer), Attempt::Undeliverable(reason), ServerHint::Works)
            }
            Err(MailError::Unavailable(reason, answer)) => {
                let hint = match reason {
                    MailReason::Connection => ServerHint::NoAnswer,
                    _ => ServerHint::Works,
                };
                (again(answer), Attempt::Retry(reason), hint)
            }
            Err(MailError::Busy(reason, answer)) => {
                (again(answer), Attempt::Retry(reason), ServerHint::Busy)
            }
            Err(MailError::Down(reason, answer)) => {
                (MailOutcome::Returned(answer), Attempt::Retry(reason), ServerHint::Down)
            }
            // One further copy, and no more: each may have arrived.
            Err(MailError::Unclear(answer)) if claimed.may_have_arrived => {
                let outcome = MailOutcome::Failed(format!("{UNCLEAR_AGAIN}: {answer}"));
                (outcome, Attempt::Undeliverable(MailReason::Unclear), ServerHint::NoAnswer)
            }
            Err(MailError::Unclear(answer)) => {
                let answer = format!("{UNCLEAR}: {answer}");
                let outcome = MailOutcome::Retry { due: due(), answer, may_have_arrived: true };
                (outcome, Attempt::Retry(MailReason::Unclear), ServerHint::NoAnswer)
            }
        };
        let link_becomes = match (attempt, hint) {
            (Attempt::Sent, _) => Some(LinkState::Sent),
            (Attempt::Undeliverable(_), ServerHint::Works) => Some(LinkState::Undeliverable),
            // The link of a mail that may have arrived stays open.
            _ => None,
        };
        Tried { outcome, attempt, hint: Some(hint), link: None, link_becomes }
    }

    /// When to try again: at the latest when the mail is no longer worth it.
    fn next_try(&self, claimed: &ClaimedMail, retry: RetryPolicy) -> Timestamp {
        let wait = retry_wait(claimed.tries, retry.longest_wait, self.jitter());
        later(self.ports.clock.now(), wait).min(retry.give_up)
    }
}

/// What a claimed mail is about, and whom it is for, if both are there; `None` if the mail has been
/// claimed again since.
async fn load(
    claimed: &ClaimedMail,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<Option<(Subject, User)>>> {
    match tx.mail(&claimed.id).await? {
        Some(mail) if mail.state == OutboxState::Waiting && mail.tries == claimed.tries => {
            Ok(Some(look_up(claimed, tx).await?))
        }
        _ => Ok(None),
    }
}

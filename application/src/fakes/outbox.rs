use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::*;

#[async_trait]
impl Outbox for State {
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError> {
        self.mails.push(mail.clone());
        Ok(())
    }

    async fn claim(
        &mut self,
        now: Timestamp,
        lease_end: Timestamp,
        limit: u64,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let due = self
            .mails
            .iter_mut()
            .filter(|mail| mail.state == OutboxState::Waiting && mail.due <= now);
        let claimed = due.take(limit as usize).map(|mail| {
            (mail.due, mail.leased_until) = (lease_end, Some(lease_end));
            mail.tries += 1;
            ClaimedMail {
                id: mail.id.clone(),
                user: mail.user.clone(),
                about: mail.about.clone(),
                tries: mail.tries,
                lease_end,
                trace: mail.trace.clone(),
            }
        });
        Ok(claimed.collect())
    }

    async fn renew(
        &mut self,
        claimed: &ClaimedMail,
        lease_end: Timestamp,
    ) -> Result<bool, StoreError> {
        let in_hand = self.mail_mut(&claimed.id).filter(|mail| {
            mail.tries == claimed.tries
                && mail.state == OutboxState::Waiting
                && mail.leased_until.is_some()
        });
        let renewed =
            in_hand.map(|mail| (mail.due, mail.leased_until) = (lease_end, Some(lease_end)));
        Ok(renewed.is_some())
    }

    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mail = self.mail_mut(&claimed.id).unwrap();
        if mail.tries != claimed.tries || mail.state != OutboxState::Waiting {
            return Ok(false);
        }
        let (state, answer) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, answer),
            MailOutcome::Failed(answer) => (OutboxState::Failed, answer),
            MailOutcome::Retry { due, answer } => {
                mail.due = *due;
                (OutboxState::Waiting, answer)
            }
        };
        (mail.state, mail.last_answer) = (state, Some(answer.clone()));
        mail.leased_until = None;
        if let (OutboxState::Sent, MailSubject::Link(link)) = (state, mail.about.clone()) {
            self.accepted.insert(link.to_string(), at);
        }
        Ok(true)
    }

    async fn accepted_at(&mut self, link: &LinkId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.accepted.get(link.as_str()).copied())
    }

    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let waiting = self.mails.iter().filter(|mail| mail.state == OutboxState::Waiting);
        Ok(waiting.map(|mail| mail.due).min())
    }

    async fn load(&mut self) -> Result<OutboxLoad, StoreError> {
        let waiting: Vec<_> =
            self.mails.iter().filter(|mail| mail.state == OutboxState::Waiting).collect();
        let oldest = waiting.iter().map(|mail| mail.queued).min();
        let due = waiting.iter().map(|mail| mail.due).min();
        Ok(OutboxLoad { waiting: waiting.len() as u64, oldest, due })
    }

    async fn mails_in(
        &mut self,
        state: OutboxState,
        _after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let mails = self.mails.iter().filter(|mail| mail.state == state);
        Ok(mails.take(limit as usize).cloned().collect())
    }

    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError> {
        Ok(self.mail_mut(id).cloned())
    }

    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        let mail = self.mail_mut(id).filter(|mail| {
            mail.state != OutboxState::Sent && mail.leased_until.is_none_or(|end| end <= at)
        });
        Ok(mail.map(|mail| (mail.state, mail.due) = (OutboxState::Waiting, at)).is_some())
    }

    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.mails.retain(|mail| mail.user != *user);
        Ok(())
    }
}

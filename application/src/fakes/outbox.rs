use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl Outbox for State {
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError> {
        self.ready.insert(mail.id.to_string(), mail.about.urgency());
        self.mails.push(mail.clone());
        Ok(())
    }

    async fn end_mails(
        &mut self,
        links: &[LinkId],
        answer: &str,
        _at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for mail in &mut self.mails {
            let about = matches!(&mail.about, MailSubject::Link(link) if links.contains(link));
            if about && mail.state == OutboxState::Waiting && mail.leased_until.is_none() {
                (mail.state, mail.last_answer) = (OutboxState::Failed, Some(answer.into()));
                self.ready.remove(mail.id.as_str());
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn accepted_at(&mut self, link: &LinkId) -> Result<Option<Timestamp>, StoreError> {
        let about = MailSubject::Link(link.clone());
        let mut mails = self.mails.iter().filter(|mail| mail.about == about);
        Ok(mails.find_map(|mail| self.accepted.get(mail.id.as_str()).copied()))
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
        after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let mut mails = self.mails.clone();
        mails.retain(|mail| mail.state == state && after.is_none_or(|after| mail.id > *after));
        mails.sort_by(|a, b| a.id.cmp(&b.id));
        mails.truncate(limit as usize);
        Ok(mails)
    }

    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError> {
        Ok(self.mail_mut(id).cloned())
    }

    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        let mail = self.mail_mut(id).filter(|mail| {
            mail.state != OutboxState::Sent && mail.leased_until.is_none_or(|end| end <= at)
        });
        let Some(mail) = mail else { return Ok(false) };
        (mail.state, mail.due, mail.leased_until) = (OutboxState::Waiting, at, None);
        // Whoever asks for it waits for it.
        self.ready.insert(id.to_string(), Urgency::Awaited);
        Ok(true)
    }

    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.mails.retain(|mail| mail.user != *user);
        Ok(())
    }
}

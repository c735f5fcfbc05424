use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::OutboxId;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl MailQueue for State {
    async fn served_domains(&mut self, limit: u64) -> Result<Vec<i64>, StoreError> {
        let sent = self.mails.iter().rev().filter(|mail| mail.state == OutboxState::Sent);
        Ok(sent.take(limit as usize).map(|mail| mail.lane.domain).collect())
    }

    async fn is_any_ready(&mut self) -> Result<bool, StoreError> {
        Ok(!self.ready.is_empty())
    }

    async fn ready(
        &mut self,
        after: Option<(Urgency, Lane)>,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError> {
        let ready = self.mails.iter().filter_map(|mail| {
            let urgency = *self.ready.get(mail.id.as_str())?;
            Some(ReadyMail { id: mail.id.clone(), urgency, lane: mail.lane, since: mail.due })
        });
        let mut ready: Vec<_> = ready.collect();
        ready.retain(|mail| after.is_none_or(|after| (mail.urgency, mail.lane) > after));
        ready.sort_by_key(|mail| (mail.urgency, mail.lane, mail.since));
        ready.truncate(limit);
        Ok(ready)
    }

    async fn ready_since(
        &mut self,
        urgency: Urgency,
        lane: Option<Lane>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError> {
        let mut ready = self.ready(None, usize::MAX).await?;
        let of_lane = |it: &ReadyMail| lane.is_none_or(|lane| it.lane == lane);
        ready.retain(|it| it.urgency == urgency && of_lane(it) && it.since >= since);
        ready.sort_by_key(|it| it.since);
        ready.truncate(limit);
        Ok(ready)
    }

    async fn take(
        &mut self,
        mails: &[ReadyMail],
        lease: &Lease,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let mut claimed = Vec::new();
        for taken in mails {
            let may_have_arrived = self.may_have_arrived.contains(taken.id.as_str());
            let mail = self.mail_mut(&taken.id).unwrap();
            (mail.due, mail.leased_until) = (lease.end, Some(lease.end));
            mail.tries += 1;
            claimed.push(ClaimedMail {
                id: mail.id.clone(),
                user: mail.user.clone(),
                about: mail.about.clone(),
                lane: mail.lane,
                queued: mail.queued,
                tries: mail.tries,
                may_have_arrived,
                lease_end: lease.end,
                trace: mail.trace.clone(),
            });
            self.ready.remove(taken.id.as_str());
        }
        Ok(claimed)
    }

    async fn are_mails_due(
        &mut self,
        _now: Timestamp,
        _waits: LongestWaits,
        _except: &[OutboxId],
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn make_due_mails_ready(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
        _limit: u64,
    ) -> Result<(), StoreError> {
        let waiting = |mail: &&mut OutboxMail| mail.state == OutboxState::Waiting;
        for mail in self.mails.iter_mut().filter(waiting).filter(|mail| !except.contains(&mail.id))
        {
            let (longest, urgency) = match (mail.leased_until, mail.about.urgency()) {
                (Some(_), urgency) => (waits.lease, urgency),
                (None, Urgency::Awaited) => (waits.link, Urgency::Retry),
                (None, _) => (waits.notice, Urgency::Retry),
            };
            if mail.due <= now || mail.due > now + longest {
                mail.leased_until = None;
                self.ready.entry(mail.id.to_string()).or_insert(urgency);
            }
        }
        Ok(())
    }

    async fn holders(&mut self) -> Result<Vec<Option<String>>, StoreError> {
        let in_hand = self.mails.iter().any(|mail| mail.leased_until.is_some());
        Ok(in_hand.then_some(None).into_iter().collect())
    }

    async fn free_mails_of(&mut self, _holder: Option<&str>) -> Result<(), StoreError> {
        for mail in self.mails.iter_mut().filter(|mail| mail.leased_until.is_some()) {
            mail.leased_until = None;
            self.ready.insert(mail.id.to_string(), mail.about.urgency());
        }
        Ok(())
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
        let mail = self.mails.iter_mut().find(|mail| mail.id == claimed.id).unwrap();
        if mail.tries != claimed.tries || mail.state != OutboxState::Waiting {
            return Ok(false);
        }
        let (state, answer) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, answer),
            MailOutcome::Failed(answer) => (OutboxState::Failed, answer),
            MailOutcome::Retry { due, answer, may_have_arrived } => {
                mail.due = *due;
                if *may_have_arrived {
                    self.may_have_arrived.insert(mail.id.to_string());
                }
                (OutboxState::Waiting, answer)
            }
            MailOutcome::Returned(answer) => {
                mail.due = mail.queued;
                self.ready.insert(mail.id.to_string(), mail.about.urgency());
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
}

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::OutboxId;

use super::State;
use crate::fakes::everything::*;

/// Whether a worker has the mail in hand.
fn is_in_hand(mail: &OutboxMail) -> bool {
    mail.state == OutboxState::Waiting && mail.leased_until.is_some()
}

impl State {
    /// The mails that are ready again: their wait is over or their lease has ended, or the time of that
    /// lies further ahead than any can.
    fn ripe<'s>(
        &'s self,
        now: Timestamp,
        waits: LongestWaits,
        except: &'s [OutboxId],
    ) -> impl Iterator<Item = &'s OutboxMail> {
        self.mails.iter().filter(move |mail| {
            let longest = match mail.about.urgency() {
                _ if is_in_hand(mail) => waits.lease,
                Urgency::Awaited => waits.link,
                _ => waits.notice,
            };
            mail.state == OutboxState::Waiting
                && !self.ready.contains_key(mail.id.as_str())
                && !(is_in_hand(mail) && except.contains(&mail.id))
                && (mail.due <= now || mail.due > now + longest)
        })
    }

    fn in_hand(&self) -> impl Iterator<Item = &OutboxMail> {
        self.mails.iter().filter(|mail| is_in_hand(mail))
    }

    fn holder(&self, mail: &OutboxMail) -> Option<&str> {
        self.holders.get(mail.id.as_str()).map(String::as_str)
    }

    /// Makes a mail ready that a worker has in hand, as if it had not been tried.
    fn put_back(&mut self, id: &OutboxId) {
        let mail = self.mail_mut(id).unwrap();
        (mail.due, mail.leased_until) = (mail.queued, None);
        let urgency = mail.about.urgency();
        self.ready.insert(id.to_string(), urgency);
    }
}

#[async_trait]
impl MailQueue for State {
    async fn served_domains(&mut self, limit: u64) -> Result<Vec<i64>, StoreError> {
        let mut sent = self.mails_in(OutboxState::Sent, None, u64::MAX).await?;
        sent.reverse();
        Ok(sent.iter().take(limit as usize).map(|mail| mail.lane.domain).collect())
    }

    async fn is_any_ready(&mut self) -> Result<bool, StoreError> {
        Ok(!self.ready.is_empty())
    }

    async fn ready(
        &mut self,
        after: Option<(Urgency, Lane)>,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError> {
        self.asked += 1;
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
            let Some(mail) = self.mail_mut(&taken.id) else { continue };
            (mail.due, mail.leased_until) = (lease.end, Some(lease.end));
            mail.tries += 1;
            claimed.push(ClaimedMail {
                id: mail.id.clone(),
                user: mail.user.clone(),
                about: mail.about.clone(),
                lane: mail.lane,
                queued: mail.queued,
                urgency: taken.urgency,
                since: taken.since,
                tries: mail.tries,
                may_have_arrived,
                lease_end: lease.end,
                trace: mail.trace.clone(),
            });
            self.ready.remove(taken.id.as_str());
            self.holders.remove(taken.id.as_str());
            self.holders.extend(lease.holder.clone().map(|holder| (taken.id.to_string(), holder)));
        }
        Ok(claimed)
    }

    async fn are_mails_due(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
    ) -> Result<bool, StoreError> {
        Ok(self.ripe(now, waits, except).next().is_some())
    }

    async fn make_due_mails_ready(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
        limit: u64,
    ) -> Result<(), StoreError> {
        for kind in MailKind::QUEUED {
            let ripe = self.ripe(now, waits, except).filter(|mail| mail.about.kind() == kind);
            let ripe: Vec<_> = ripe.take(limit as usize).cloned().collect();
            for mail in ripe {
                if is_in_hand(&mail) {
                    self.put_back(&mail.id);
                } else {
                    self.mail_mut(&mail.id).unwrap().due = now;
                    self.ready.insert(mail.id.to_string(), Urgency::Retry);
                }
            }
        }
        Ok(())
    }

    async fn holders(&mut self) -> Result<Vec<Option<String>>, StoreError> {
        let holders: BTreeSet<_> = self.in_hand().map(|mail| self.holder(mail)).collect();
        Ok(holders.into_iter().map(|holder| holder.map(str::to_owned)).collect())
    }

    async fn free_mails_of(&mut self, holder: Option<&str>) -> Result<(), StoreError> {
        let held = self.in_hand().filter(|mail| self.holder(mail) == holder);
        let held: Vec<_> = held.map(|mail| mail.id.clone()).collect();
        held.iter().for_each(|id| self.put_back(id));
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
        let mail = self
            .mail_mut(&claimed.id)
            .filter(|mail| mail.tries == claimed.tries && mail.state == OutboxState::Waiting);
        let Some(mail) = mail else { return Ok(false) };
        let (state, answer) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, Some(answer.clone())),
            MailOutcome::Failed(answer) => (OutboxState::Failed, Some(answer.clone())),
            MailOutcome::Retry { answer, .. } | MailOutcome::Returned(answer) => {
                (OutboxState::Waiting, Some(answer.clone()))
            }
            MailOutcome::PutBack => (OutboxState::Waiting, mail.last_answer.clone()),
        };
        (mail.state, mail.last_answer, mail.leased_until) = (state, answer, None);
        match outcome {
            MailOutcome::Retry { due, .. } => mail.due = *due,
            MailOutcome::PutBack => mail.due = claimed.since,
            _ => {}
        }
        let id = claimed.id.to_string();
        // It may be ready again, when its lease has ended.
        self.ready.remove(&id);
        match outcome {
            MailOutcome::Sent(_) => {
                self.accepted.insert(id, at);
            }
            MailOutcome::Retry { may_have_arrived: true, .. } => {
                self.may_have_arrived.insert(id);
            }
            MailOutcome::Returned(_) => self.put_back(&claimed.id),
            MailOutcome::PutBack => {
                self.ready.insert(id, claimed.urgency);
            }
            _ => {}
        }
        Ok(true)
    }
}

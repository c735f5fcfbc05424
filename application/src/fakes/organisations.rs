use async_trait::async_trait;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl OrganisationMails for State {
    async fn count_mail_for(
        &mut self,
        organisation: &OrganisationId,
        most: u32,
        now: Minute,
    ) -> Result<Option<Vec<MailedMinute>>, StoreError> {
        let mails = self.organisations.entry(organisation.clone()).or_default();
        let ahead = mails.first().copied().unwrap_or(now).max(now);
        let now = if ahead.is_ahead_of(now) { now } else { ahead };
        let counting = || mails.iter().filter(|minute| **minute >= now.counts_from());
        if counting().count() < most as usize {
            mails.iter_mut().for_each(|minute| *minute = now.min(*minute));
            mails.retain(|minute| *minute >= now.counts_from());
            mails.insert(0, now);
            return Ok(None);
        }
        let mut minutes = Vec::<MailedMinute>::new();
        for minute in counting().copied() {
            match minutes.last_mut() {
                Some(last) if last.minute == minute => last.mails += 1,
                _ => minutes.push(MailedMinute { minute, mails: 1 }),
            }
        }
        Ok(Some(minutes))
    }

    async fn set_mails_for_before(
        &mut self,
        organisation: &OrganisationId,
        now: Minute,
    ) -> Result<(), StoreError> {
        let mails = self.organisations.entry(organisation.clone()).or_default();
        if mails.first().is_some_and(|newest| newest.is_ahead_of(now)) {
            mails.iter_mut().for_each(|minute| *minute = now.min(*minute));
        }
        Ok(())
    }

    async fn forget_organisation_mails(
        &mut self,
        before: Minute,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let mut left = limit;
        self.organisations.retain(|_, mails| {
            let goes = left > 0 && mails.first().is_none_or(|newest| *newest < before);
            left -= u64::from(goes);
            !goes
        });
        Ok(limit - left)
    }
}

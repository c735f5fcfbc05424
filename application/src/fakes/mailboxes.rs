use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl Mailboxes for State {
    async fn count_mail(
        &mut self,
        mailbox: &Mailbox,
        most: u32,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Vec<Timestamp>>, StoreError> {
        let mails = self.mailboxes.entry(*mailbox).or_default();
        if mails.get(most as usize - 1).is_some_and(|at| *at > since) {
            return Ok(Some(mails.clone()));
        }
        mails.insert(0, now);
        mails.truncate(most as usize);
        Ok(None)
    }

    async fn set_mails_before(
        &mut self,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mails = self.mailboxes.get_mut(mailbox).into_iter().flatten();
        mails.for_each(|at| *at = now.min(*at));
        Ok(())
    }

    async fn forget_mailboxes(&mut self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut left = limit;
        self.mailboxes.retain(|_, mails| {
            let goes = left > 0 && mails.first().is_none_or(|newest| *newest < before);
            left -= u64::from(goes);
            !goes
        });
        Ok(limit - left)
    }
}

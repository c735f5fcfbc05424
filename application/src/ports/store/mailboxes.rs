//! How much is mailed to mailboxes.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::Mailbox;

use crate::ports::StoreError;

#[async_trait]
pub trait Mailboxes {
    /// Counts a mail to the mailbox, unless `most` were counted after `since`; nobody else counts one
    /// before the transaction ends. Where it is not counted, answers when the last `most` were, the
    /// newest first.
    async fn count_mail(
        &mut self,
        mailbox: &Mailbox,
        most: u32,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Vec<Timestamp>>, StoreError>;
    /// Sets mails that were counted later than `now`, by a clock that was ahead, to `now`.
    async fn set_mails_before(
        &mut self,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Forgets up to `limit` mailboxes to which nothing was mailed since `before`; returns how many.
    async fn forget_mailboxes(&mut self, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
}

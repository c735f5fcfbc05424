//! How much is mailed to mailboxes: one row per mailbox, with the times of its last mails as one text, so
//! that one statement locks it, looks whether there is room, and counts.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Mailboxes, StoreError};
use passlink_domain::Mailbox;
use sea_orm::{ConnectionTrait, Statement};

use super::{Sql, instant, parsed};

/// Digits of a time, so that as text they are in order. They last until the year 2286.
const DIGITS: usize = 13;

fn digits(at: Timestamp) -> String {
    format!("{:0DIGITS$}", at.as_millisecond().max(0))
}

fn times(text: &str) -> Result<Vec<Timestamp>, StoreError> {
    let digits: Vec<char> = text.chars().collect();
    digits.chunks(DIGITS).map(|time| instant(parsed(&time.iter().collect::<String>())?)).collect()
}

impl<C: ConnectionTrait> Sql<'_, C> {
    async fn mailed_at(&mut self, mailbox: &Mailbox) -> Result<Vec<Timestamp>, StoreError> {
        let sql = "SELECT mailed_at FROM \"mailboxes\" WHERE mailbox = $1";
        let values = [mailbox.as_bytes().to_vec().into()];
        let backend = self.db.get_database_backend();
        let row = self.db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await;
        let text = row.and_then(|row| row.map(|row| row.try_get("", "mailed_at")).transpose());
        times(&text.map_err(|error| self.failed(error))?.unwrap_or_else(String::new))
    }
}

#[async_trait]
impl<C: ConnectionTrait> Mailboxes for Sql<'_, C> {
    async fn count_mail(
        &mut self,
        mailbox: &Mailbox,
        most: u32,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Vec<Timestamp>>, StoreError> {
        let length = DIGITS * most as usize;
        let last = length.saturating_sub(DIGITS) + 1;
        let sql = format!(
            "INSERT INTO \"mailboxes\" (mailbox, mailed_at) VALUES ($1, $2) \
             ON CONFLICT (mailbox) DO UPDATE \
             SET mailed_at = substr(excluded.mailed_at || mailboxes.mailed_at, 1, {length}) \
             WHERE substr(mailboxes.mailed_at, {last}, {DIGITS}) <= $3"
        );
        let values = [
            mailbox.as_bytes().to_vec().into(),
            digits(now).into(),
            // What isn't there is the empty text, which comes before any time.
            digits(since).into(),
        ];
        match self.run(&sql, values).await? {
            0 => self.mailed_at(mailbox).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn set_mails_before(
        &mut self,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let times = self.mailed_at(mailbox).await?;
        let times: String = times.into_iter().map(|at| digits(at.min(now))).collect();
        let sql = "UPDATE \"mailboxes\" SET mailed_at = $2 WHERE mailbox = $1";
        self.run(sql, [mailbox.as_bytes().to_vec().into(), times.into()]).await.map(drop)
    }

    async fn forget_mailboxes(&mut self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        // A text of times begins with the newest one.
        let sql = "DELETE FROM \"mailboxes\" WHERE mailbox IN \
            (SELECT mailbox FROM \"mailboxes\" WHERE mailed_at < $1 LIMIT $2) AND mailed_at < $1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run(sql, [digits(before).into(), limit.into()]).await
    }
}

//! How much is mailed to mailboxes: one row per mailbox, with the times of its last mails as one text, so
//! that one statement locks it, looks whether there is room, and counts.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Mailboxes, StoreError};
use passlink_domain::Mailbox;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::sets::neighbours::{Exclusive, MailTo};

/// Digits of a time, so that as text they are in order. They last until the year 2286.
const DIGITS: usize = 13;

fn digits(at: Timestamp) -> String {
    format!("{:0DIGITS$}", at.as_millisecond().max(0))
}

fn times(text: &str) -> Result<Vec<Timestamp>, StoreError> {
    let digits: Vec<char> = text.chars().collect();
    digits.chunks(DIGITS).map(|time| instant(parsed(&time.iter().collect::<String>())?)).collect()
}

/// The statement that counts, with the mails that come from `source`, unless `is_full` says that there is no
/// room.
fn counting(source: &str, most: u32, has_room: impl FnOnce(&str) -> String) -> String {
    let length = DIGITS * most as usize;
    let last = length.saturating_sub(DIGITS) + 1;
    // What isn't there is the empty text, which comes before any time.
    let has_room = has_room(&format!("substr(mailboxes.mailed_at, {last}, {DIGITS})"));
    format!(
        "INSERT INTO \"mailboxes\" (mailbox, mailed_at) {source} \
         ON CONFLICT (mailbox) DO UPDATE \
         SET mailed_at = substr(excluded.mailed_at || mailboxes.mailed_at, 1, {length}) \
         WHERE {has_room}"
    )
}

impl<C: ConnectionTrait> Sql<'_, C> {
    async fn count(&mut self, mail: &MailTo) -> Result<Option<Vec<Timestamp>>, StoreError> {
        let sql = counting("VALUES ($1, $2)", mail.most, |last| format!("{last} <= $3"));
        let mailbox = mail.mailbox.as_bytes().to_vec().into();
        match self.run(&sql, [mailbox, digits(mail.now).into(), digits(mail.since).into()]).await? {
            0 => self.mailed_at(&mail.mailbox).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Counts a mail to each of these mailboxes, of which no two are the same.
    pub async fn count_mails(
        &mut self,
        mails: &[MailTo],
    ) -> Result<Vec<Option<Vec<Timestamp>>>, StoreError> {
        let counted = match mails {
            [first, _, ..] if self.db.get_database_backend() == DbBackend::Postgres => {
                Some(self.counted(first, mails).await?)
            }
            _ => None,
        };
        let mut full = Vec::with_capacity(mails.len());
        for mail in mails {
            full.push(match &counted {
                Some(counted) if counted.contains(&mail.mailbox.as_bytes()[..]) => None,
                Some(_) => Some(self.mailed_at(&mail.mailbox).await?),
                None => self.count(mail).await?,
            });
        }
        Ok(full)
    }

    /// The mailboxes in which there was room; on PostgreSQL. All mails have the limits of the first.
    async fn counted(
        &mut self,
        first: &MailTo,
        mails: &[MailTo],
    ) -> Result<HashSet<Vec<u8>>, StoreError> {
        // Locked in the order of mailboxes.
        let mails: BTreeMap<_, _> =
            mails.iter().map(|it| (it.mailbox.as_bytes().to_vec(), digits(it.now))).collect();
        let (mailboxes, times): (Vec<_>, Vec<_>) = mails.into_iter().unzip();
        let window = first.now.as_millisecond() - first.since.as_millisecond();
        let source = "SELECT * FROM UNNEST($1::bytea[], $2::text[])";
        let sql = counting(source, first.most, |last| {
            format!(
                "COALESCE(NULLIF({last}, '')::bigint, 0) <= excluded.mailed_at::bigint - $3 \
                 RETURNING mailbox"
            )
        });
        let db = self.own_write().await?;
        let values = [mailboxes.into(), times.into(), window.into()];
        let rows = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        let rows = db.query_all_raw(rows).await;
        let read = |row: &QueryResult| row.try_get("", "mailbox");
        let counted = rows.and_then(|rows| rows.iter().map(read).collect());
        counted.map_err(|error| self.failed(error))
    }

    async fn mailed_at(&mut self, mailbox: &Mailbox) -> Result<Vec<Timestamp>, StoreError> {
        let sql = "SELECT mailed_at FROM \"mailboxes\" WHERE mailbox = $1";
        let values = [mailbox.as_bytes().to_vec().into()];
        let db = self.own().await?;
        let backend = db.get_database_backend();
        let row = db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await;
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
        let mail = MailTo { mailbox: *mailbox, most, since, now };
        let Some(member) = self.member else { return self.count(&mail).await };
        self.own().await?;
        member.take(Exclusive::Mailbox(*mailbox)).await;
        let full = member.set.mailboxes.ask(mail).await?;
        if full.is_none() {
            member.note_write();
        }
        Ok(full)
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

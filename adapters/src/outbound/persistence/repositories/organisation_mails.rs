//! How much is mailed for the users of organisations: one row per organisation, so that one statement locks
//! it, looks whether there is room, and counts.
//!
//! A row has the totals of all that was ever counted: by now, and at the end of each of the 61 minutes before
//! the row's. What was mailed in between is the difference of two, so nothing has to be summed, and time
//! passes by writing the newest total once more for each minute.

use std::sync::LazyLock;

use async_trait::async_trait;
use passlink_application::ports::{OrganisationMails, StoreError};
use passlink_domain::{MINUTES, MailedMinute, Minute, OrganisationId};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};

use super::{Sql, parsed};
use crate::outbound::persistence::error::bad_row;

/// Digits of a total.
const DIGITS: usize = 12;
/// The total of what has none yet; so all have as many digits.
const NONE: i64 = 100_000_000_000;
const COUNTED: usize = MINUTES as usize;

/// `total` once for each minute, or for the first `minutes` of them.
fn repeated(total: &str, minutes: Option<&str>) -> String {
    let all = format!("'{}'", "x".repeat(COUNTED));
    match minutes {
        Some(minutes) => format!("replace(substr({all}, 1, {minutes}), 'x', {total})"),
        None => format!("replace({all}, 'x', {total})"),
    }
}

/// The row's earlier totals, once the minute is `now`. What a clock that was ahead has counted in later
/// minutes then counts in this one ([`Minute::is_ahead_of`]).
fn earlier(now: &str) -> String {
    let (all, oldest) = (DIGITS * COUNTED, DIGITS * (COUNTED - 1) + 1);
    let oldest = format!("substr(kept.earlier, {oldest}, {DIGITS})");
    let passed = repeated("CAST(kept.total AS text)", Some(&format!("{now} - kept.minute")));
    let unknown = repeated(&oldest, None);
    format!(
        "CASE WHEN {now} > kept.minute THEN substr({passed} || kept.earlier, 1, {all}) \
         WHEN kept.minute - {now} <= 1 THEN kept.earlier \
         WHEN kept.minute - {now} < {COUNTED} THEN \
         substr(kept.earlier || {unknown}, {DIGITS} * (kept.minute - {now}) + 1, {all}) \
         ELSE {unknown} END"
    )
}

static COUNT: LazyLock<String> = LazyLock::new(|| {
    let (first, none, earlier) = (NONE + 1, repeated(&format!("'{NONE}'"), None), earlier("$2"));
    let last = COUNTED - 1;
    format!(
        "INSERT INTO \"organisation_mails\" AS kept (organisation, minute, total, earlier) \
         VALUES ($1, $2, {first}, {none}) \
         ON CONFLICT (organisation) DO UPDATE SET total = kept.total + 1, earlier = {earlier}, \
         minute = CASE WHEN kept.minute - $2 = 1 THEN kept.minute ELSE $2 END \
         WHERE $2 - kept.minute > {last} OR kept.total - $3 < CAST(substr(kept.earlier, 1 + {DIGITS} * \
         CASE WHEN $2 > kept.minute THEN {last} - ($2 - kept.minute) ELSE {last} END, {DIGITS}) AS bigint)"
    )
});

static SET_BEFORE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE \"organisation_mails\" AS kept SET minute = $2, earlier = {} \
         WHERE organisation = $1 AND kept.minute - $2 > 1",
        earlier("$2")
    )
});

/// A row: its minute, its total, and the earlier ones.
type Row = (i32, i64, String);

fn row(row: &QueryResult) -> Result<Row, DbErr> {
    Ok((row.try_get("", "minute")?, row.try_get("", "total")?, row.try_get("", "earlier")?))
}

/// The minutes in which some were mailed, the newest first.
fn mailed_minutes((minute, total, earlier): Row) -> Result<Vec<MailedMinute>, StoreError> {
    let digits: Vec<char> = earlier.chars().collect();
    let (mut minute, mut later, mut mailed) = (Minute::recorded(minute), total, Vec::new());
    for total in digits.chunks(DIGITS) {
        let total = parsed(&total.iter().collect::<String>())?;
        let mails = u64::try_from(later - total).map_err(bad_row)?;
        if mails > 0 {
            mailed.push(MailedMinute { minute, mails });
        }
        (minute, later) = (minute.later(-1), total);
    }
    Ok(mailed)
}

#[async_trait]
impl<C: ConnectionTrait> OrganisationMails for Sql<'_, C> {
    async fn count_mail_for(
        &mut self,
        organisation: &OrganisationId,
        most: u32,
        now: Minute,
    ) -> Result<Option<Vec<MailedMinute>>, StoreError> {
        let values = [organisation.as_str().into(), now.number().into(), i64::from(most).into()];
        if self.run(&COUNT, values).await? > 0 {
            return Ok(None);
        }
        let sql =
            "SELECT minute, total, earlier FROM \"organisation_mails\" WHERE organisation = $1";
        let backend = self.db.get_database_backend();
        let select = Statement::from_sql_and_values(backend, sql, [organisation.as_str().into()]);
        let found = self.db.query_one_raw(select).await;
        let found = found.and_then(|found| found.as_ref().map(row).transpose());
        let found = found.map_err(|error| self.failed(error))?;
        let mut minutes = found.map(mailed_minutes).transpose()?.unwrap_or_default();
        minutes.retain(|mailed| mailed.minute >= now.counts_from());
        Ok(Some(minutes))
    }

    async fn set_mails_for_before(
        &mut self,
        organisation: &OrganisationId,
        now: Minute,
    ) -> Result<(), StoreError> {
        let values = [organisation.as_str().into(), now.number().into()];
        self.run(&SET_BEFORE, values).await.map(drop)
    }

    async fn forget_organisation_mails(
        &mut self,
        before: Minute,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM \"organisation_mails\" WHERE organisation IN \
            (SELECT organisation FROM \"organisation_mails\" WHERE minute < $1 LIMIT $2) AND minute < $1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run(sql, [before.number().into(), limit.into()]).await
    }
}

//! How much is mailed for the users of organisations: one row per organisation, with the minutes of an hour as
//! one text. The row stays as long as it is, however high a limit is.

use async_trait::async_trait;
use passlink_application::ports::{OrganisationMails, StoreError};
use passlink_domain::{MailedMinute, MailedMinutes, Minute, OrganisationId};
use sea_orm::{ConnectionTrait, Statement};

use super::Sql;
use crate::outbound::persistence::error::bad_row;

/// A minute and how many were mailed in it: `29407680:17`.
fn written(MailedMinute { minute, mails }: &MailedMinute) -> String {
    format!("{}:{mails}", minute.number())
}

fn read(text: &str) -> Result<MailedMinute, StoreError> {
    let (minute, mails) = text.split_once(':').ok_or_else(|| bad_row("a minute without mails"))?;
    let minute = minute.parse().map_err(bad_row)?;
    Ok(MailedMinute { minute: Minute::recorded(minute), mails: mails.parse().map_err(bad_row)? })
}

#[async_trait]
impl<C: ConnectionTrait> OrganisationMails for Sql<'_, C> {
    async fn mailed_for(
        &mut self,
        organisation: &OrganisationId,
    ) -> Result<MailedMinutes, StoreError> {
        if let Some(member) = self.member {
            return member.set.organisations.ask((member.number, organisation.clone())).await;
        }
        // It changes nothing, but locks the row.
        let sql = "INSERT INTO \"organisation_mails\" AS kept (organisation, newest, mailed) VALUES ($1, 0, '') \
            ON CONFLICT (organisation) DO UPDATE SET newest = kept.newest RETURNING mailed";
        let db = self.own_write().await?;
        let backend = db.get_database_backend();
        let select = Statement::from_sql_and_values(backend, sql, [organisation.as_str().into()]);
        let row = db.query_one_raw(select).await;
        let text = row.and_then(|row| row.map(|row| row.try_get("", "mailed")).transpose());
        let text: Option<String> = text.map_err(|error| self.failed(error))?;
        let minutes = text.as_deref().unwrap_or_default().split_whitespace();
        minutes.map(read).collect::<Result<_, _>>().map(MailedMinutes)
    }

    async fn set_mailed_for(
        &mut self,
        organisation: &OrganisationId,
        mailed: &MailedMinutes,
    ) -> Result<(), StoreError> {
        if let Some(member) = self.member {
            return member.set_mailed_for(organisation, mailed);
        }
        let newest = mailed.0.first().map_or(0, |newest| newest.minute.number());
        let text = mailed.0.iter().map(written).collect::<Vec<_>>().join(" ");
        let sql =
            "UPDATE \"organisation_mails\" SET newest = $2, mailed = $3 WHERE organisation = $1";
        let values = [organisation.as_str().into(), newest.into(), text.into()];
        self.run(sql, values).await.map(drop)
    }

    async fn forget_organisation_mails(
        &mut self,
        before: Minute,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM \"organisation_mails\" WHERE organisation IN \
            (SELECT organisation FROM \"organisation_mails\" WHERE newest < $1 LIMIT $2) AND newest < $1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run(sql, [before.number().into(), limit.into()]).await
    }
}

//! Mails to send.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{
    ClaimedMail, MailOutcome, MailSubject, Outbox, OutboxLoad, OutboxMail, OutboxState, StoreError,
    TraceContext,
};
use passlink_domain::{LinkId, OutboxId, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::{Sql, instant, parsed, state_names};
use crate::persistence::{
    entities::outbox::{ActiveModel, Column, Entity, Model},
    error::bad_row,
};

state_names!(state_name, state_named, OutboxState {
    OutboxState::Waiting => "waiting",
    OutboxState::Sent => "sent",
    OutboxState::Failed => "failed",
});

/// The kinds of mails that this version knows. Those of a newer one wait for a node that does.
const KINDS: [&str; 3] = ["passkey_link", "passkey_added", "passkey_removed"];

fn kind_and_subject(about: &MailSubject) -> (&'static str, &str) {
    match about {
        MailSubject::Link(id) => ("passkey_link", id.as_str()),
        MailSubject::PasskeyAdded(id) => ("passkey_added", id.as_str()),
        MailSubject::PasskeyRemoved(id) => ("passkey_removed", id.as_str()),
    }
}

fn about(kind: &str, subject: &str) -> Result<MailSubject, StoreError> {
    Ok(match kind {
        "passkey_link" => MailSubject::Link(parsed(subject)?),
        "passkey_added" => MailSubject::PasskeyAdded(parsed(subject)?),
        "passkey_removed" => MailSubject::PasskeyRemoved(parsed(subject)?),
        _ => return Err(bad_row(format!("unknown kind of mail {kind}"))),
    })
}

fn mail(row: Model) -> Result<OutboxMail, StoreError> {
    Ok(OutboxMail {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        about: about(&row.kind, &row.subject)?,
        queued: instant(row.queued_at)?,
        due: instant(row.due_at)?,
        tries: row.tries.try_into().unwrap_or_default(),
        state: state_named(&row.state)?,
        leased_until: row.leased_until.map(instant).transpose()?,
        last_answer: row.last_answer,
        trace: row.trace.map(TraceContext::new),
    })
}

fn claimed(row: Model, lease_end: Timestamp) -> Result<ClaimedMail, StoreError> {
    Ok(ClaimedMail {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        about: about(&row.kind, &row.subject)?,
        tries: u32::try_from(row.tries).unwrap_or_default() + 1,
        lease_end,
        trace: row.trace.map(TraceContext::new),
    })
}

#[async_trait]
impl<C: ConnectionTrait> Outbox for Sql<'_, C> {
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError> {
        let (kind, subject) = kind_and_subject(&mail.about);
        let row = ActiveModel {
            id: Set(mail.id.to_string()),
            user_id: Set(mail.user.to_string()),
            kind: Set(kind.to_owned()),
            subject: Set(subject.to_owned()),
            queued_at: Set(mail.queued.as_millisecond()),
            due_at: Set(mail.due.as_millisecond()),
            tries: Set(mail.tries.try_into().unwrap_or(i32::MAX)),
            state: Set(state_name(mail.state).to_owned()),
            last_answer: Set(mail.last_answer.clone()),
            settled_at: Set(None),
            trace: Set(mail.trace.as_ref().map(|trace| trace.as_str().to_owned())),
            leased_until: Set(mail.leased_until.map(Timestamp::as_millisecond)),
        };
        let queued = Entity::insert(row).exec_without_returning(self.db).await;
        queued.map(drop).map_err(|error| self.failed(error))
    }

    async fn claim(
        &mut self,
        now: Timestamp,
        lease_end: Timestamp,
        limit: u64,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let rows = Entity::find()
            .filter(Column::State.eq(state_name(OutboxState::Waiting)))
            .filter(Column::DueAt.lte(now.as_millisecond()))
            .filter(Column::Kind.is_in(KINDS))
            .order_by_asc(Column::DueAt)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(lease_end.as_millisecond()))
            .col_expr(Column::LeasedUntil, Expr::value(lease_end.as_millisecond()))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id.as_str())))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let readable = |row: Model| {
            let id = row.id.clone();
            claimed(row, lease_end)
                .inspect_err(|error| {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(mail_id = id, error, "a mail of the outbox can't be read");
                })
                .ok()
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    async fn renew(
        &mut self,
        claimed: &ClaimedMail,
        lease_end: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(lease_end.as_millisecond()))
            .col_expr(Column::LeasedUntil, Expr::value(lease_end.as_millisecond()))
            .filter(Column::Id.eq(claimed.id.as_str()))
            .filter(Column::Tries.eq(claimed.tries))
            .filter(Column::State.eq(state_name(OutboxState::Waiting)))
            // One that is to be tried again is in nobody's hand.
            .filter(Column::LeasedUntil.is_not_null())
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(renewed.rows_affected == 1)
    }

    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, answer, due) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, answer, None),
            MailOutcome::Failed(answer) => (OutboxState::Failed, answer, None),
            MailOutcome::Retry { due, answer } => (OutboxState::Waiting, answer, Some(due)),
        };
        let mut update = Entity::update_many()
            .col_expr(Column::State, Expr::value(state_name(state)))
            .col_expr(Column::LastAnswer, Expr::value(answer.as_str()))
            .col_expr(Column::LeasedUntil, Expr::value(None::<i64>))
            .filter(Column::Id.eq(claimed.id.as_str()))
            .filter(Column::Tries.eq(claimed.tries))
            .filter(Column::State.eq(state_name(OutboxState::Waiting)));
        update = match due {
            Some(due) => update.col_expr(Column::DueAt, Expr::value(due.as_millisecond())),
            None => update.col_expr(Column::SettledAt, Expr::value(at.as_millisecond())),
        };
        let settled = update.exec(self.db).await.map_err(|error| self.failed(error))?;
        Ok(settled.rows_affected == 1)
    }

    async fn accepted_at(&mut self, link: &LinkId) -> Result<Option<Timestamp>, StoreError> {
        let about = MailSubject::Link(link.clone());
        let (kind, subject) = kind_and_subject(&about);
        let settled: Option<Option<i64>> = Entity::find()
            .select_only()
            .column(Column::SettledAt)
            .filter(Column::Subject.eq(subject))
            .filter(Column::Kind.eq(kind))
            .filter(Column::State.eq(state_name(OutboxState::Sent)))
            .into_tuple()
            .one(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        settled.flatten().map(instant).transpose()
    }

    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> = Entity::find()
            .select_only()
            .column(Column::DueAt)
            .filter(Column::State.eq(state_name(OutboxState::Waiting)))
            .filter(Column::Kind.is_in(KINDS))
            .order_by_asc(Column::DueAt)
            .limit(1)
            .into_tuple()
            .one(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        due.map(instant).transpose()
    }

    async fn load(&mut self) -> Result<OutboxLoad, StoreError> {
        let waiting = || Entity::find().filter(Column::State.eq(state_name(OutboxState::Waiting)));
        let count = waiting().count(self.db).await.map_err(|error| self.failed(error))?;
        // Ids begin with the time at which they were made, and are indexed.
        let oldest: Option<i64> = waiting()
            .select_only()
            .column(Column::QueuedAt)
            .order_by_asc(Column::Id)
            .limit(1)
            .into_tuple()
            .one(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let oldest = oldest.map(instant).transpose()?;
        Ok(OutboxLoad { waiting: count, oldest, due: self.next_due().await? })
    }

    async fn mails_in(
        &mut self,
        state: OutboxState,
        after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let mut rows = Entity::find()
            .filter(Column::State.eq(state_name(state)))
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(after) = after {
            rows = rows.filter(Column::Id.gt(after.as_str()));
        }
        let rows = rows.all(self.db).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(mail).collect()
    }

    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(mail).transpose()
    }

    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        let made = Entity::update_many()
            .col_expr(Column::State, Expr::value(state_name(OutboxState::Waiting)))
            .col_expr(Column::DueAt, Expr::value(at.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.ne(state_name(OutboxState::Sent)))
            .filter(Column::LeasedUntil.is_null().or(Column::LeasedUntil.lte(at.as_millisecond())))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(made.rows_affected == 1)
    }

    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        let deleted =
            Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(self.db).await;
        deleted.map(drop).map_err(|error| self.failed(error))
    }
}

//! Mails to send.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{
    mails::{Lane, MailKind, Urgency},
    ports::{MailSubject, Outbox, OutboxLoad, OutboxMail, OutboxState, StoreError, TraceContext},
};
use passlink_domain::{LinkId, OutboxId, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    Select,
    sea_query::{Expr, Query, UnionType},
};

use super::{Sql, instant, page, parsed};
use crate::outbound::persistence::{
    entities::{
        links,
        outbox::{ActiveModel, Column, Entity, Model},
        passkeys,
    },
    error::bad_row,
};

// As the indices have them, to the letter.
pub(super) const READY: &str =
    "settled_at IS NULL AND leased_until IS NULL AND urgency IS NOT NULL";
pub(super) const PUT_OFF: &str = "settled_at IS NULL AND leased_until IS NULL AND urgency IS NULL";
pub(super) const IN_HAND: &str = "settled_at IS NULL AND leased_until IS NOT NULL";

pub(super) fn urgency_number(urgency: Urgency) -> i16 {
    match urgency {
        Urgency::Awaited => 0,
        Urgency::Notice => 1,
        Urgency::Retry => 2,
    }
}

/// Ready mails of the kinds that this version knows. Those of a newer one wait for a node that does.
fn unordered_ready() -> Select<Entity> {
    Entity::find()
        .filter(Expr::cust(READY))
        .filter(Column::Kind.is_in(MailKind::QUEUED.map(MailKind::name)))
}

pub(super) fn ready_with(urgency: Urgency) -> Select<Entity> {
    unordered_ready().filter(Column::Urgency.eq(urgency_number(urgency)))
}

/// The mails that are ready, in their order.
pub(super) fn ready() -> Select<Entity> {
    unordered_ready()
        .order_by_asc(Column::Urgency)
        .order_by_asc(Column::LaneOrganisation)
        .order_by_asc(Column::LaneDomain)
        .order_by_asc(Column::DueAt)
}

fn subject_id(about: &MailSubject) -> &str {
    match about {
        MailSubject::Link(id) => id.as_str(),
        MailSubject::PasskeyAdded(id) | MailSubject::PasskeyRemoved(id) => id.as_str(),
    }
}

pub(super) fn about(kind: &str, subject: &str) -> Result<MailSubject, StoreError> {
    Ok(match parsed(kind)? {
        MailKind::PasskeyLink => MailSubject::Link(parsed(subject)?),
        MailKind::PasskeyAdded => MailSubject::PasskeyAdded(parsed(subject)?),
        MailKind::PasskeyRemoved => MailSubject::PasskeyRemoved(parsed(subject)?),
        MailKind::Test => return Err(bad_row("a test mail does not wait")),
    })
}

fn mail(row: Model) -> Result<OutboxMail, StoreError> {
    Ok(OutboxMail {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        about: about(&row.kind, &row.subject)?,
        lane: Lane { organisation: row.lane_organisation, domain: row.lane_domain },
        queued: instant(row.queued_at)?,
        due: instant(row.due_at)?,
        tries: row.tries.into(),
        state: parsed(&row.state)?,
        leased_until: row.leased_until.map(instant).transpose()?,
        last_answer: row.last_answer,
        trace: row.trace.map(TraceContext),
    })
}

pub(super) fn row(mail: &OutboxMail) -> ActiveModel {
    ActiveModel {
        id: Set(mail.id.to_string()),
        user_id: Set(mail.user.to_string()),
        kind: Set(mail.about.kind().name().to_owned()),
        subject: Set(subject_id(&mail.about).to_owned()),
        queued_at: Set(mail.queued.as_millisecond()),
        due_at: Set(mail.due.as_millisecond()),
        tries: Set(mail.tries.into()),
        state: Set(mail.state.name().to_owned()),
        last_answer: Set(mail.last_answer.clone()),
        settled_at: Set(None),
        trace: Set(mail.trace.as_ref().map(|trace| trace.0.clone())),
        leased_until: Set(mail.leased_until.map(Timestamp::as_millisecond)),
        urgency: Set(Some(urgency_number(mail.about.urgency()))),
        lane_organisation: Set(mail.lane.organisation),
        lane_domain: Set(mail.lane.domain),
        held_by: Set(None),
        may_have_arrived: Set(false),
    }
}

#[async_trait]
impl<C: ConnectionTrait> Outbox for Sql<'_, C> {
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError> {
        if let Some(member) = self.member {
            member.write(|written| written.mails.push(mail.clone()));
            return Ok(());
        }
        self.queue_all(slice::from_ref(mail)).await
    }

    async fn end_mails(
        &mut self,
        links: &[LinkId],
        answer: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        if links.is_empty() {
            return Ok(0);
        }
        let ended = Entity::update_many()
            .col_expr(Column::State, Expr::value(OutboxState::Failed.name()))
            .col_expr(Column::LastAnswer, Expr::value(answer))
            .col_expr(Column::SettledAt, Expr::value(at.as_millisecond()))
            .col_expr(Column::Urgency, Expr::value(None::<i16>))
            .filter(Column::Subject.is_in(links.iter().map(LinkId::as_str)))
            .filter(Column::Kind.eq(MailKind::PasskeyLink.name()))
            .filter(Column::SettledAt.is_null())
            .filter(Column::LeasedUntil.is_null());
        self.update(ended).await
    }

    async fn accepted_at(&mut self, link: &LinkId) -> Result<Option<Timestamp>, StoreError> {
        let sent = Entity::find()
            .filter(Column::Subject.eq(link.as_str()))
            .filter(Column::Kind.eq(MailKind::PasskeyLink.name()))
            .filter(Column::State.eq(OutboxState::Sent.name()));
        let settled = self.one(sent, |row| row.settled_at.map(instant).transpose()).await?;
        Ok(settled.flatten())
    }

    async fn load(&mut self) -> Result<OutboxLoad, StoreError> {
        let waiting = || Entity::find().filter(Column::State.eq(OutboxState::Waiting.name()));
        let count = waiting().count(self.own().await?).await.map_err(|error| self.failed(error))?;
        // Ids begin with the time at which they were made, and are indexed.
        let oldest = waiting().order_by_asc(Column::Id);
        let oldest = self.one(oldest, |row| instant(row.queued_at)).await?;
        Ok(OutboxLoad { waiting: count, oldest, due: self.due().await? })
    }

    async fn mails_in(
        &mut self,
        state: OutboxState,
        after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let rows = Entity::find().filter(Column::State.eq(state.name()));
        self.all(page(rows, Column::Id, after.map(OutboxId::as_str), limit), mail).await
    }

    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()), mail).await
    }

    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        let made = Entity::update_many()
            .col_expr(Column::State, Expr::value(OutboxState::Waiting.name()))
            .col_expr(Column::DueAt, Expr::value(at.as_millisecond()))
            .col_expr(Column::SettledAt, Expr::value(None::<i64>))
            .col_expr(Column::LeasedUntil, Expr::value(None::<i64>))
            .col_expr(Column::Urgency, Expr::value(urgency_number(Urgency::Awaited)))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.ne(OutboxState::Sent.name()))
            .filter(Column::LeasedUntil.is_null().or(Column::LeasedUntil.lte(at.as_millisecond())));
        Ok(self.update(made).await? == 1)
    }

    async fn delete_mails_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        // Whatever is mailed is about a link or a passkey.
        let mut subjects = Query::select();
        subjects.column(links::Column::Id).from(links::Entity);
        subjects.and_where(links::Column::UserId.eq(user.as_str()));
        let mut passkeys = Query::select();
        passkeys.column(passkeys::Column::Id).from(passkeys::Entity);
        passkeys.and_where(passkeys::Column::UserId.eq(user.as_str()));
        subjects.union(UnionType::All, passkeys);
        self.delete::<Entity>(Column::Subject.in_subquery(subjects)).await.map(drop)
    }
}

impl<C: ConnectionTrait> Sql<'_, C> {
    pub async fn queue_all(&mut self, mails: &[OutboxMail]) -> Result<(), StoreError> {
        self.insert_all(mails.iter().map(row).collect()).await
    }

    /// When a mail was due for longest, or when the next one is.
    async fn due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let mut due: Option<i64> = None;
        let ready = Urgency::ALL.map(|urgency| ready_with(urgency).order_by_asc(Column::DueAt));
        let put_off = MailKind::QUEUED.map(|kind| {
            let put_off = Entity::find().filter(Expr::cust(PUT_OFF));
            put_off.filter(Column::Kind.eq(kind.name())).order_by_asc(Column::DueAt)
        });
        let in_hand = Entity::find().filter(Expr::cust(IN_HAND)).order_by_asc(Column::LeasedUntil);
        for first in ready.into_iter().chain(put_off).chain([in_hand]) {
            due = due.into_iter().chain(self.value(first, Column::DueAt).await?).min();
        }
        due.map(instant).transpose()
    }
}

//! Mails on their way out.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{
    mails::{Lane, MailKind, Urgency},
    ports::{
        ClaimedMail, Lease, LongestWaits, MailOutcome, MailQueue, OutboxState, ReadyMail,
        StoreError, TraceContext,
    },
};
use passlink_domain::OutboxId;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, UpdateMany,
    sea_query::{Expr, LockBehavior, LockType, SimpleExpr},
};
use serde_json::json;

use super::{
    Sql, instant,
    outbox::{IN_HAND, PUT_OFF, about, ready, ready_with, urgency_number},
    parsed,
};
use crate::outbound::persistence::{
    entities::outbox::{Column, Entity, Model},
    sets::neighbours::Settlement,
};

/// Id, urgency, lane, and since when it is ready.
type ReadyRow = (String, Option<i16>, i64, i64, i64);

fn ready_mail((id, urgency, organisation, domain, due): ReadyRow) -> Result<ReadyMail, StoreError> {
    Ok(ReadyMail {
        id: parsed(&id)?,
        urgency: match urgency {
            Some(0) => Urgency::Awaited,
            Some(1) => Urgency::Notice,
            _ => Urgency::Retry,
        },
        lane: Lane { organisation, domain },
        since: instant(due)?,
    })
}

/// For update, without the rows that others have locked.
fn skip_locked(mails: Select<Entity>) -> Select<Entity> {
    mails.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

/// The mails that are ready again at `now`: their wait is over or their lease has ended, or the time of
/// that lies further ahead than any can. By kind, and without those in `except`.
fn ripe(
    now: Timestamp,
    waits: LongestWaits,
    except: SimpleExpr,
) -> impl Iterator<Item = (MailKind, Condition)> {
    let at = |time: Result<Timestamp, jiff::Error>| time.unwrap_or(Timestamp::MAX).as_millisecond();
    let lease = at(now.checked_add(waits.lease));
    let now_ms = now.as_millisecond();
    MailKind::QUEUED.into_iter().flat_map(move |kind| {
        let longest = if kind.urgency() == Urgency::Awaited { waits.link } else { waits.notice };
        let that = move |is: &'static str, when: SimpleExpr| {
            Condition::all().add(Expr::cust(is)).add(Column::Kind.eq(kind.name())).add(when)
        };
        let put_off = move |when| that(PUT_OFF, when);
        let others = except.clone().not();
        let in_hand = move |when| that(IN_HAND, when).add(others.clone());
        [
            (kind, put_off(Column::DueAt.lte(now_ms))),
            (kind, put_off(Column::DueAt.gt(at(now.checked_add(longest))))),
            (kind, in_hand(Column::LeasedUntil.lte(now_ms))),
            (kind, in_hand(Column::LeasedUntil.gt(lease))),
        ]
    })
}

fn claimed(row: Model, ready: &ReadyMail, lease_end: Timestamp) -> Result<ClaimedMail, StoreError> {
    Ok(ClaimedMail {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        about: about(&row.kind, &row.subject)?,
        lane: Lane { organisation: row.lane_organisation, domain: row.lane_domain },
        queued: instant(row.queued_at)?,
        urgency: ready.urgency,
        since: ready.since,
        tries: row.tries.into(),
        may_have_arrived: row.may_have_arrived,
        lease_end,
        trace: row.trace.map(TraceContext),
    })
}

/// A change of a mail that nobody has claimed or settled since.
fn change_of(claimed: &ClaimedMail) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(claimed.id.as_str()))
        .filter(Column::Tries.eq(claimed.tries))
        .filter(Column::State.eq(OutboxState::Waiting.name()))
}

#[async_trait]
impl<C: ConnectionTrait> MailQueue for Sql<'_, C> {
    async fn served_domains(&mut self, limit: u64) -> Result<Vec<i64>, StoreError> {
        let sent = Entity::find()
            .filter(Column::State.eq(OutboxState::Sent.name()))
            .order_by_desc(Column::Id)
            .limit(limit);
        self.values(sent, [Column::LaneDomain]).await
    }

    async fn is_any_ready(&mut self) -> Result<bool, StoreError> {
        self.is_any(ready()).await
    }

    async fn ready(
        &mut self,
        after: Option<(Urgency, Lane)>,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError> {
        let mut mails = ready().limit(u64::try_from(limit).unwrap_or(u64::MAX));
        if let Some((urgency, lane)) = after {
            // Up to the lane's last mail: without its time, SQLite reads all of the lane to get behind it.
            let columns =
                [Column::Urgency, Column::LaneOrganisation, Column::LaneDomain, Column::DueAt];
            let place: [SimpleExpr; 4] = [
                urgency_number(urgency).into(),
                lane.organisation.into(),
                lane.domain.into(),
                i64::MAX.into(),
            ];
            mails = mails.filter(Expr::tuple(columns.map(Expr::col)).gt(Expr::tuple(place)));
        }
        self.ready_mails(mails).await
    }

    async fn ready_since(
        &mut self,
        urgency: Urgency,
        lane: Option<Lane>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ReadyMail>, StoreError> {
        let mut mails = ready_with(urgency)
            .filter(Column::DueAt.gte(since.as_millisecond()))
            .order_by_asc(Column::DueAt)
            .limit(u64::try_from(limit).unwrap_or(u64::MAX));
        if let Some(lane) = lane {
            mails = mails
                .filter(Column::LaneOrganisation.eq(lane.organisation))
                .filter(Column::LaneDomain.eq(lane.domain));
        }
        self.ready_mails(mails).await
    }

    async fn take(
        &mut self,
        mails: &[ReadyMail],
        lease: &Lease,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        if mails.is_empty() {
            return Ok(Vec::new());
        }
        let end = lease.end.as_millisecond();
        let db = self.own_write().await?;
        let mut rows = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(end))
            .col_expr(Column::LeasedUntil, Expr::value(end))
            .col_expr(Column::HeldBy, Expr::value(lease.holder.clone()))
            .col_expr(Column::Urgency, Expr::value(None::<i16>))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(self.among(Column::Id, mails.iter().map(|mail| mail.id.as_str())))
            .exec_with_returning(db)
            .await
            .map_err(|error| self.failed(error))?;
        let places = mails.iter().enumerate().map(|(place, mail)| (mail.id.as_str(), place));
        let places: HashMap<_, _> = places.collect();
        rows.sort_by_key(|row| places.get(row.id.as_str()));
        let readable = |row: Model| {
            let id = row.id.clone();
            let ready = mails.get(*places.get(id.as_str())?)?;
            claimed(row, ready, lease.end)
                .inspect_err(|error| {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(mail_id = id, error, "a mail of the outbox can't be read");
                })
                .ok()
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    async fn are_mails_due(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
    ) -> Result<bool, StoreError> {
        for (_, which) in ripe(now, waits, self.among_mails(except)) {
            if self.is_any(Entity::find().filter(which)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn make_due_mails_ready(
        &mut self,
        now: Timestamp,
        waits: LongestWaits,
        except: &[OutboxId],
        limit: u64,
    ) -> Result<(), StoreError> {
        for (kind, which) in ripe(now, waits, self.among_mails(except)) {
            let some = self.locked(Entity::find().filter(which).limit(limit)).await?;
            // A worker that is gone had some in hand as the first who tried them.
            let (in_hand, put_off): (Vec<_>, Vec<_>) =
                some.into_iter().partition(|row| row.leased_until.is_some());
            self.make_ready(in_hand, kind.urgency(), Expr::col(Column::QueuedAt)).await?;
            self.make_ready(put_off, Urgency::Retry, Expr::value(now.as_millisecond())).await?;
        }
        Ok(())
    }

    async fn holders(&mut self) -> Result<Vec<Option<String>>, StoreError> {
        let in_hand = Entity::find().filter(Expr::cust(IN_HAND));
        let holders: Vec<_> = self.values(in_hand, [Column::HeldBy]).await?;
        Ok(BTreeSet::from_iter(holders).into_iter().collect())
    }

    async fn free_mails_of(&mut self, holder: Option<&str>) -> Result<(), StoreError> {
        let held = holder.map_or_else(|| Column::HeldBy.is_null(), |it| Column::HeldBy.eq(it));
        for kind in MailKind::QUEUED {
            let rows = Entity::find()
                .filter(Expr::cust(IN_HAND))
                .filter(held.clone())
                .filter(Column::Kind.eq(kind.name()));
            let rows = self.locked(rows).await?;
            self.make_ready(rows, kind.urgency(), Expr::col(Column::QueuedAt)).await?;
        }
        Ok(())
    }

    async fn renew(
        &mut self,
        claimed: &ClaimedMail,
        lease_end: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = change_of(claimed)
            .col_expr(Column::DueAt, Expr::value(lease_end.as_millisecond()))
            .col_expr(Column::LeasedUntil, Expr::value(lease_end.as_millisecond()))
            // One that is to be tried again is in nobody's hand.
            .filter(Column::LeasedUntil.is_not_null());
        Ok(self.update(renewed).await? == 1)
    }

    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, answer, due) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, Some(answer), None),
            MailOutcome::Failed(answer) => (OutboxState::Failed, Some(answer), None),
            MailOutcome::Retry { due, answer, .. } => {
                (OutboxState::Waiting, Some(answer), Some(*due))
            }
            MailOutcome::Returned(answer) => {
                (OutboxState::Waiting, Some(answer), Some(claimed.queued))
            }
            MailOutcome::PutBack => (OutboxState::Waiting, None, Some(claimed.since)),
        };
        let urgency = match outcome {
            MailOutcome::Returned(_) => Some(claimed.about.urgency()),
            MailOutcome::PutBack => Some(claimed.urgency),
            _ => None,
        };
        let settlement = Settlement {
            id: claimed.id.clone(),
            tries: claimed.tries.into(),
            state,
            answer: answer.cloned(),
            urgency: urgency.map(urgency_number),
            may_have_arrived: matches!(outcome, MailOutcome::Retry { may_have_arrived: true, .. }),
            due,
            settled: due.is_none().then_some(at),
        };
        if let Some(member) = self.member {
            self.own_write().await?;
            return member.set.settlements.ask(settlement).await;
        }
        self.settle_one(&settlement).await
    }
}

/// The statement that settles claimed mails that nobody has claimed or settled since, and what it takes the
/// values from. The parameters stand for those.
fn settling(
    from: &str,
    [id, tries, state, answer, urgency, arrived, due, settled]: [&str; 8],
) -> String {
    let waiting = OutboxState::Waiting.name();
    // `IS TRUE` keeps PostgreSQL from looking at all mails that wait, where it believes that they are few.
    format!(
        "UPDATE \"outbox\" SET state = {state}, last_answer = COALESCE({answer}, last_answer), \
         urgency = {urgency}, leased_until = NULL, held_by = NULL, \
         may_have_arrived = may_have_arrived OR {arrived}, due_at = COALESCE({due}, due_at), \
         settled_at = COALESCE({settled}, settled_at) {from} \
         WHERE outbox.id = {id} AND outbox.tries = {tries} AND (outbox.state = '{waiting}') IS TRUE"
    )
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Whether a row is one of these mails.
    fn among_mails(&self, mails: &[OutboxId]) -> SimpleExpr {
        self.among(Column::Id, mails.iter().map(OutboxId::as_str))
    }

    async fn settle_one(&mut self, it: &Settlement) -> Result<bool, StoreError> {
        let sql = settling("", ["$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8"]);
        let values = [
            it.id.as_str().into(),
            it.tries.into(),
            it.state.name().into(),
            it.answer.as_deref().into(),
            it.urgency.into(),
            it.may_have_arrived.into(),
            it.due.map(Timestamp::as_millisecond).into(),
            it.settled.map(Timestamp::as_millisecond).into(),
        ];
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Settles claimed mails; whether each was.
    pub async fn settle_all(&mut self, all: &[Settlement]) -> Result<Vec<bool>, StoreError> {
        // Of two claims of one mail, one alone counts.
        let ids: BTreeSet<_> = all.iter().map(|it| it.id.as_str()).collect();
        let is_postgres = self.db.get_database_backend() == DbBackend::Postgres;
        if is_postgres && all.len() > 1 && ids.len() == all.len() {
            let sql = settling(
                "FROM json_to_recordset($1::text::json) AS new (id text, tries int, state text, \
                 answer text, urgency smallint, arrived bool, due bigint, settled bigint)",
                [
                    "new.id",
                    "new.tries",
                    "new.state",
                    "new.answer",
                    "new.urgency",
                    "new.arrived",
                    "new.due",
                    "new.settled",
                ],
            );
            let rows = all.iter().map(|it| {
                json!({
                    "id": it.id.as_str(),
                    "tries": u32::from(it.tries),
                    "state": it.state.name(),
                    "answer": it.answer,
                    "urgency": it.urgency,
                    "arrived": it.may_have_arrived,
                    "due": it.due.map(Timestamp::as_millisecond),
                    "settled": it.settled.map(Timestamp::as_millisecond),
                })
            });
            let rows = serde_json::Value::from_iter(rows).to_string();
            // Nobody knows how many rows JSON has: with their ids, none but those are looked at.
            let sql = sql + " AND outbox.id = ANY($2) RETURNING outbox.id";
            let ids: Vec<_> = all.iter().map(|it| it.id.to_string()).collect();
            let settled = self.ids(&sql, [rows.into(), ids.into()]).await?;
            return Ok(all.iter().map(|it| settled.contains_key(it.id.as_str())).collect());
        }
        let mut settled = Vec::with_capacity(all.len());
        for one in all {
            settled.push(self.settle_one(one).await?);
        }
        Ok(settled)
    }

    async fn ready_mails(&mut self, mails: Select<Entity>) -> Result<Vec<ReadyMail>, StoreError> {
        let columns = [
            Column::Id,
            Column::Urgency,
            Column::LaneOrganisation,
            Column::LaneDomain,
            Column::DueAt,
        ];
        let rows: Vec<ReadyRow> = self.values(skip_locked(mails), columns).await?;
        Ok(rows.into_iter().filter_map(|row| ready_mail(row).ok()).collect())
    }

    async fn is_any(&mut self, mails: Select<Entity>) -> Result<bool, StoreError> {
        let id: Option<String> = self.value(mails, Column::Id).await?;
        Ok(id.is_some())
    }

    /// Locks rows, but for those that others have locked.
    async fn locked(&mut self, mails: Select<Entity>) -> Result<Vec<Model>, StoreError> {
        self.all(skip_locked(mails), Ok).await
    }

    /// Makes mails ready that are put off or in hand, as if they had been since `since`.
    async fn make_ready(
        &mut self,
        rows: Vec<Model>,
        urgency: Urgency,
        since: SimpleExpr,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let freed = Entity::update_many()
            .col_expr(Column::Urgency, Expr::value(urgency_number(urgency)))
            .col_expr(Column::LeasedUntil, Expr::value(None::<i64>))
            .col_expr(Column::HeldBy, Expr::value(None::<String>))
            .col_expr(Column::DueAt, since)
            .filter(Column::Id.is_in(rows.into_iter().map(|row| row.id)));
        self.update(freed).await.map(drop)
    }
}

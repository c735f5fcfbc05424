//! Passkey links.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    slice,
};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Links, StoreError};
use passlink_domain::{
    Delivery, EmailAddress, LinkId, LinkKind, LinkState, MAX_LIFETIME, OpenLink, PasskeyLink,
    RecentLinks, TokenId, UserId,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Statement, UpdateMany, Value,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::{Sql, instant, parsed, parsed_if_any, prepared::Prepared};
use crate::outbound::persistence::{
    entities::{
        links::{ActiveModel, Column, Entity, Model},
        sessions,
    },
    sets::neighbours::{LinkMove, RecentOf},
};

/// The states of a link that are not final.
const OPEN_STATES: [LinkState; 3] =
    [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable];
/// Whether the state of a link is one of them, as an index has it, to the letter.
const OPEN: &str = "state IN ('requested', 'sent', 'undeliverable')";

fn is_open() -> Expr {
    Expr::cust(OPEN)
}

/// Whether a link is open, though its time has run out.
fn is_late(now: Timestamp) -> Expr {
    is_open().and(Column::ExpiresAt.lte(now.as_millisecond()))
}

fn moved_to(state: LinkState) -> UpdateMany<Entity> {
    Entity::update_many().col_expr(Column::State, Expr::value(state.name()))
}

fn link(row: Model) -> Result<PasskeyLink, StoreError> {
    Ok(PasskeyLink {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        organisation: parsed(&row.organisation)?,
        delivery: match row.email {
            Some(address) => Delivery::Mail(EmailAddress::recorded(address)),
            None => Delivery::Returned,
        },
        domain: row.domain,
        key: parsed(&row.key_id)?,
        requested_by: parsed_if_any(row.requested_by)?,
        token: parsed_if_any(row.token_id)?,
        url_template: parsed_if_any(row.url_template)?,
        requested: instant(row.requested_at)?,
        expires: instant(row.expires_at)?,
        state: parsed(&row.state)?,
    })
}

pub(super) fn row(link: &PasskeyLink) -> ActiveModel {
    let address = match &link.delivery {
        Delivery::Mail(address) => Some(address.to_string()),
        Delivery::Returned => None,
    };
    ActiveModel {
        id: Set(link.id.to_string()),
        user_id: Set(link.user.to_string()),
        organisation: Set(link.organisation.to_string()),
        email: Set(address),
        domain: Set(link.domain.clone()),
        key_id: Set(link.key.to_string()),
        requested_by: Set(link.requested_by.as_ref().map(ToString::to_string)),
        requested_at: Set(link.requested.as_millisecond()),
        expires_at: Set(link.expires.as_millisecond()),
        state: Set(link.state.name().to_owned()),
        url_template: Set(link.url_template.as_ref().map(ToString::to_string)),
        resent_at: Set(None),
        token_id: Set(link.token.as_ref().map(ToString::to_string)),
    }
}

fn has_kind(kind: LinkKind) -> Expr {
    match kind {
        LinkKind::Mailed => Column::Email.is_not_null(),
        LinkKind::Returned => Column::Email.is_null(),
    }
}

fn open_at(now: Timestamp) -> Condition {
    let longest = now.saturating_sub(MAX_LIFETIME).unwrap_or(Timestamp::MIN);
    Condition::all()
        .add(Column::RequestedAt.gt(longest.as_millisecond()))
        .add(is_open())
        .add(Column::ExpiresAt.gt(now.as_millisecond()))
}

#[async_trait]
impl<C: ConnectionTrait> Links for Sql<'_, C> {
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> Result<RecentLinks, StoreError> {
        let asked = RecentOf { user: user.clone(), since, limit };
        if let Some(member) = self.member {
            self.own().await?;
            return member.set.recent_links.ask(asked).await;
        }
        let recent = self.recent_links_of(slice::from_ref(&asked)).await?;
        Ok(recent.into_iter().next().unwrap_or_default())
    }

    async fn open_returned_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenLink>, StoreError> {
        let open = Entity::find()
            .filter(open_at(now))
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RequestedAt.gt(since.as_millisecond()))
            .filter(has_kind(LinkKind::Returned))
            .limit(limit as u64);
        self.all(open, |row| {
            Ok(OpenLink {
                requested: instant(row.requested_at)?,
                expires: instant(row.expires_at)?,
            })
        })
        .await
    }

    async fn set_requested_before(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.as_millisecond();
        let later = Entity::update_many()
            .col_expr(Column::RequestedAt, Expr::value(now.saturating_sub(1)))
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RequestedAt.gte(now));
        self.update(later).await.map(drop)
    }

    async fn links_of(
        &mut self,
        user: &UserId,
        after: Option<&LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, StoreError> {
        let mut rows = Entity::find().filter(Column::UserId.eq(user.as_str()));
        if let Some(after) = after {
            let last = self.one(Entity::find_by_id(after.as_str()), Ok).await?;
            // Where the last one is gone, it was the oldest.
            let last = last.map_or(i64::MIN, |last| last.requested_at);
            let later = Column::RequestedAt.gt(last).or(Column::Id.gt(after.as_str()));
            rows = rows.filter(Column::RequestedAt.gte(last)).filter(later);
        }
        let rows = rows.order_by_asc(Column::RequestedAt).order_by_asc(Column::Id);
        self.all(rows.limit(limit), link).await
    }

    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError> {
        if let Some(member) = self.member {
            member.write(|written| written.links.push(link.clone()));
            return Ok(());
        }
        self.add_links(slice::from_ref(link)).await
    }

    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()), link).await
    }

    async fn some_links(&mut self, ids: &[LinkId]) -> Result<Vec<PasskeyLink>, StoreError> {
        let rows = Entity::find().filter(self.among(Column::Id, ids.iter().map(LinkId::as_str)));
        self.all(rows, link).await
    }

    async fn move_link(
        &mut self,
        id: &LinkId,
        from: LinkState,
        to: LinkState,
    ) -> Result<bool, StoreError> {
        let asked = LinkMove { id: id.clone(), from, to };
        if let Some(member) = self.member {
            self.own_write().await?;
            return member.set.link_moves.ask(asked).await;
        }
        self.move_one(&asked).await
    }

    async fn mark_resent(&mut self, id: &LinkId, now: Timestamp) -> Result<bool, StoreError> {
        // What is noted as expired is so, also by a clock that was set back since.
        let expired = Column::State.eq(LinkState::Expired.name()).or(is_late(now));
        let marked = Entity::update_many()
            .col_expr(Column::ResentAt, Expr::value(now.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(expired)
            .filter(Column::ResentAt.is_null());
        Ok(self.update(marked).await? == 1)
    }

    async fn end_link(
        &mut self,
        id: &LinkId,
        to: LinkState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = moved_to(to)
            .filter(Column::Id.eq(id.as_str()))
            .filter(is_open())
            .filter(Column::ExpiresAt.gt(now.as_millisecond()));
        Ok(self.update(ended).await? == 1)
    }

    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<u64, StoreError> {
        if let Some(member) = self.member {
            self.own_write().await?;
            return member.set.replacements.ask(newer.id.clone()).await;
        }
        let replaced = self.replace_links(slice::from_ref(&newer.id)).await?;
        Ok(replaced.into_iter().sum())
    }

    async fn expire_links(
        &mut self,
        kind: LinkKind,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<LinkId>, StoreError> {
        let mut some: Vec<String> = Vec::new();
        // From key to key and from state to state, so that each is a look into an index.
        for key in self.keys_of_links().await? {
            for state in OPEN_STATES {
                let late = Entity::find()
                    .filter(Column::KeyId.eq(&key))
                    .filter(Column::State.eq(state.name()))
                    .filter(Column::ExpiresAt.lte(now.as_millisecond()))
                    .filter(has_kind(kind))
                    .limit(limit.saturating_sub(some.len() as u64))
                    .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
                some.append(&mut self.values(late, [Column::Id]).await?);
            }
        }
        if !some.is_empty() {
            let expired = moved_to(LinkState::Expired)
                .filter(Column::Id.is_in(some.iter().map(String::as_str)))
                .filter(is_late(now));
            self.update(expired).await?;
        }
        some.iter().map(|id| parsed(id)).collect()
    }

    async fn revoke_links_of_sessions(
        &mut self,
        user: &UserId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sessions = sessions::Entity::find()
            .select_only()
            .column(sessions::Column::Id)
            .filter(sessions::Column::UserId.eq(user.as_str()));
        let revoked = moved_to(LinkState::Revoked)
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::TokenId.in_subquery(sessions.into_query()))
            .filter(open_at(now))
            .filter(has_kind(kind));
        self.update(revoked).await
    }

    async fn revoke_links_of_token(
        &mut self,
        token: &TokenId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let revoked = moved_to(LinkState::Revoked)
            .filter(Column::TokenId.eq(token.as_str()))
            .filter(open_at(now))
            .filter(has_kind(kind));
        self.update(revoked).await
    }

    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        let revoked = moved_to(LinkState::Revoked)
            .filter(open_at(now))
            .filter(Column::UserId.eq(user.as_str()));
        self.update(revoked).await.map(drop)
    }

    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.delete::<Entity>(Column::UserId.eq(user.as_str())).await.map(drop)
    }
}

impl<C: ConnectionTrait> Sql<'_, C> {
    pub async fn add_links(&mut self, links: &[PasskeyLink]) -> Result<(), StoreError> {
        self.insert_all(links.iter().map(row).collect()).await
    }

    async fn move_one(&mut self, LinkMove { id, from, to }: &LinkMove) -> Result<bool, StoreError> {
        let sql = "UPDATE \"links\" SET state = $3 WHERE id = $1 AND state = $2";
        let values = [id.as_str().into(), from.name().into(), to.name().into()];
        Ok(self.run(sql, values).await? == 1)
    }

    /// Moves links, of which no two are the same; whether each was moved.
    pub async fn move_links(&mut self, moves: &[LinkMove]) -> Result<Vec<bool>, StoreError> {
        if moves.len() < 2 || self.db.get_database_backend() != DbBackend::Postgres {
            let mut moved = Vec::with_capacity(moves.len());
            for one in moves {
                moved.push(self.move_one(one).await?);
            }
            return Ok(moved);
        }
        let sql = "UPDATE \"links\" SET state = moved.new \
            FROM UNNEST($1::text[], $2::text[], $3::text[]) AS moved (id, old, new) \
            WHERE links.id = moved.id AND links.state = moved.old RETURNING links.id";
        let all = |text: fn(&LinkMove) -> &str| {
            let texts: Vec<_> = moves.iter().map(|it| text(it).to_owned()).collect();
            Value::from(texts)
        };
        let values = [all(|it| it.id.as_str()), all(|it| it.from.name()), all(|it| it.to.name())];
        let moved = self.ids(sql, values).await?;
        Ok(moves.iter().map(|it| moved.contains_key(it.id.as_str())).collect())
    }

    /// Replaces the open mailed links of the same users that are older than these; returns how many there
    /// were. When each was requested stands in its row: a clock that was set back may have moved it.
    pub async fn replace_links(&mut self, newer: &[LinkId]) -> Result<Vec<u64>, StoreError> {
        if self.db.get_database_backend() == DbBackend::Postgres {
            return self.replace_at_once(newer).await;
        }
        let replaced = LinkState::Replaced.name();
        let sql = format!(
            "UPDATE \"links\" SET state = '{replaced}' FROM \"links\" AS newer \
             WHERE newer.id = $1 AND links.user_id = newer.user_id \
             AND links.requested_at < newer.requested_at AND links.email IS NOT NULL AND links.{OPEN}"
        );
        let mut counts = Vec::with_capacity(newer.len());
        for link in newer {
            counts.push(self.run(&sql, [link.as_str().into()]).await?);
        }
        Ok(counts)
    }

    /// The same on PostgreSQL. Few have older ones. `OFFSET 0` keeps the order: else PostgreSQL may look at
    /// all open links of all users first, where it believes that they are few.
    async fn replace_at_once(&mut self, newer: &[LinkId]) -> Result<Vec<u64>, StoreError> {
        let sql = format!(
            "SELECT newer.id AS newer, older.id AS older FROM UNNEST($1::text[]) AS given (id) \
             CROSS JOIN LATERAL \
             (SELECT * FROM \"links\" WHERE links.id = given.id OFFSET 0) AS newer \
             CROSS JOIN LATERAL \
             (SELECT id FROM \"links\" WHERE links.user_id = newer.user_id \
             AND links.requested_at < newer.requested_at AND links.email IS NOT NULL \
             AND links.{OPEN} OFFSET 0) AS older"
        );
        let ids = newer.iter().map(LinkId::to_string).collect::<Vec<_>>();
        let db = self.own_write().await?;
        let pairs = Statement::from_sql_and_values(DbBackend::Postgres, sql, [ids.into()]);
        let pairs = db.query_all_raw(pairs).await;
        let read = |row: QueryResult| Ok((row.try_get("", "older")?, row.try_get("", "newer")?));
        let newer_by_older = pairs.and_then(|rows| rows.into_iter().map(read).collect());
        let newer_by_older: BTreeMap<String, String> =
            newer_by_older.map_err(|error| self.failed(error))?;
        let mut counts = HashMap::new();
        if !newer_by_older.is_empty() {
            let replaced = LinkState::Replaced.name();
            let sql = format!(
                "UPDATE \"links\" SET state = '{replaced}' WHERE id = ANY($1) AND {OPEN} RETURNING id"
            );
            let older = newer_by_older.keys().cloned().collect::<Vec<_>>();
            for older in self.ids(&sql, [older.into()]).await?.keys() {
                *counts.entry(newer_by_older.get(older)).or_default() += 1;
            }
        }
        let count = |it: &LinkId| counts.get(&Some(&it.to_string())).copied().unwrap_or(0);
        Ok(newer.iter().map(count).collect())
    }

    /// The recent links of each of these users. A user has no more in an hour than the limit was then.
    pub async fn recent_links_of(
        &mut self,
        asked: &[RecentOf],
    ) -> Result<Vec<RecentLinks>, StoreError> {
        const COLUMNS: [Column; 3] = [Column::UserId, Column::RequestedAt, Column::Email];
        static OF_ONE: Prepared<Entity> = Prepared::new(|| {
            let rows =
                Entity::find().filter(Column::UserId.eq("")).filter(Column::RequestedAt.gt(0));
            rows.order_by_desc(Column::RequestedAt).limit(1).select_only().columns(COLUMNS)
        });
        let mut rows: Vec<(String, i64, Option<String>)> = if let [one] = asked {
            let (since, limit) = (one.since.as_millisecond(), u64::from(one.limit));
            let values = [one.user.as_str().into(), since.into(), limit.into()];
            self.query_columns(&OF_ONE, values, COLUMNS).await?
        } else {
            let since = asked.iter().map(|it| it.since).min().unwrap_or(Timestamp::MAX);
            let users = asked.iter().map(|it| it.user.as_str());
            let rows = Entity::find()
                .filter(self.among(Column::UserId, users))
                .filter(Column::RequestedAt.gt(since.as_millisecond()));
            self.values(rows, COLUMNS).await?
        };
        rows.sort_by_key(|(_, at, _)| Reverse(*at));
        let mut of_users: HashMap<_, Vec<_>> = HashMap::new();
        for (user, at, email) in &rows {
            of_users.entry(user.as_str()).or_default().push((instant(*at)?, email.is_some()));
        }
        let recent = |RecentOf { user, since, limit }: &RecentOf| {
            let links = of_users.get(user.as_str()).into_iter().flatten();
            let links = links.filter(|(at, _)| at > since).take(*limit as usize);
            RecentLinks {
                last_mailed: links.clone().find(|(_, mailed)| *mailed).map(|(at, _)| *at),
                requested: links.map(|(at, _)| *at).collect(),
            }
        };
        Ok(asked.iter().map(recent).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_index_calls_open_is_what_is_not_final() {
        let names = OPEN_STATES.map(|state| format!("'{}'", state.name())).join(", ");
        assert_eq!(OPEN, format!("state IN ({names})"));
        assert!(OPEN_STATES.iter().all(|state| !state.is_final()));
    }
}

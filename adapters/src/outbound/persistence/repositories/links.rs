//! Passkey links.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Links, StoreError};
use passlink_domain::{
    Delivery, EmailAddress, LinkId, LinkKind, LinkState, MAX_LIFETIME, OpenLink, PasskeyLink,
    RecentLinks, TokenId, UserId,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, Query},
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::entities::links::{ActiveModel, Column, Entity, Model};

/// The states in which a link is not final.
const OPEN: [LinkState; 3] = [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable];

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
        requested_by: row.requested_by.as_deref().map(parsed).transpose()?,
        token: row.token_id.as_deref().map(parsed).transpose()?,
        url_template: row.url_template.as_deref().map(parsed).transpose()?,
        requested: instant(row.requested_at)?,
        expires: instant(row.expires_at)?,
        state: parsed(&row.state)?,
    })
}

fn has_kind(kind: LinkKind) -> Expr {
    match kind {
        LinkKind::Mailed => Column::Email.is_not_null(),
        LinkKind::Returned => Column::Email.is_null(),
    }
}

/// Links of the user that are open.
fn open_of_user(user: &UserId, now: Timestamp) -> Condition {
    open_at(now).add(Column::UserId.eq(user.as_str()))
}

/// Links that are open.
fn open_at(now: Timestamp) -> Condition {
    let longest = now.saturating_sub(MAX_LIFETIME).unwrap_or(Timestamp::MIN);
    Condition::all()
        .add(Column::RequestedAt.gt(longest.as_millisecond()))
        .add(Column::State.is_in(OPEN.map(LinkState::name)))
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
        let rows: Vec<(i64, Option<String>)> = Entity::find()
            .select_only()
            .columns([Column::RequestedAt, Column::Email])
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RequestedAt.gt(since.as_millisecond()))
            .order_by_desc(Column::RequestedAt)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let mailed = rows.iter().find(|(_, email)| email.is_some());
        Ok(RecentLinks {
            last_mailed: mailed.map(|(at, _)| instant(*at)).transpose()?,
            requested: rows.iter().map(|(at, _)| instant(*at)).collect::<Result<_, _>>()?,
        })
    }

    async fn open_returned_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenLink>, StoreError> {
        let rows: Vec<(i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::RequestedAt, Column::ExpiresAt])
            .filter(open_of_user(user, now))
            .filter(Column::RequestedAt.gt(since.as_millisecond()))
            .filter(Column::Email.is_null())
            .limit(limit as u64)
            .into_tuple()
            .all(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let open = |(requested, expires)| {
            Ok(OpenLink { requested: instant(requested)?, expires: instant(expires)? })
        };
        rows.into_iter().map(open).collect()
    }

    async fn set_requested_before(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.as_millisecond();
        Entity::update_many()
            .col_expr(Column::RequestedAt, Expr::value(now.saturating_sub(1)))
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RequestedAt.gte(now))
            .exec(self.db)
            .await
            .map(drop)
            .map_err(|error| self.failed(error))
    }

    async fn links_of(
        &mut self,
        user: &UserId,
        after: Option<&LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, StoreError> {
        let mut rows = Entity::find()
            .filter(Column::UserId.eq(user.as_str()))
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(after) = after {
            rows = rows.filter(Column::Id.gt(after.as_str()));
        }
        let rows = rows.all(self.db).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(link).collect()
    }

    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError> {
        let address = match &link.delivery {
            Delivery::Mail(address) => Some(address.to_string()),
            Delivery::Returned => None,
        };
        let row = ActiveModel {
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
        };
        let added = Entity::insert(row).exec_without_returning(self.db).await;
        added.map(drop).map_err(|error| self.failed(error))
    }

    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(link).transpose()
    }

    async fn move_link(
        &mut self,
        id: &LinkId,
        from: LinkState,
        to: LinkState,
    ) -> Result<bool, StoreError> {
        let moved = Entity::update_many()
            .col_expr(Column::State, Expr::value(to.name()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.eq(from.name()))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(moved.rows_affected == 1)
    }

    async fn mark_resent(&mut self, id: &LinkId, now: Timestamp) -> Result<bool, StoreError> {
        // What is noted as expired is so, also by a clock that was set back since.
        let expired = Column::State.eq(LinkState::Expired.name()).or(Column::State
            .is_in(OPEN.map(LinkState::name))
            .and(Column::ExpiresAt.lte(now.as_millisecond())));
        let marked = Entity::update_many()
            .col_expr(Column::ResentAt, Expr::value(now.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(expired)
            .filter(Column::ResentAt.is_null())
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(marked.rows_affected == 1)
    }

    async fn end_link(
        &mut self,
        id: &LinkId,
        to: LinkState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = Entity::update_many()
            .col_expr(Column::State, Expr::value(to.name()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.is_in(OPEN.map(LinkState::name)))
            .filter(Column::ExpiresAt.gt(now.as_millisecond()))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(ended.rows_affected == 1)
    }

    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<u64, StoreError> {
        // As its row has it now: a clock that was set back may have moved it.
        let requested = Query::select()
            .column(Column::RequestedAt)
            .from(Entity)
            .and_where(Column::Id.eq(newer.id.as_str()))
            .take();
        let replaced = Entity::update_many()
            .col_expr(Column::State, Expr::value(LinkState::Replaced.name()))
            .filter(Column::UserId.eq(newer.user.as_str()))
            .filter(Expr::col(Column::RequestedAt).lt(requested))
            .filter(Column::Email.is_not_null())
            .filter(Column::State.is_in(OPEN.map(LinkState::name)))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(replaced.rows_affected)
    }

    async fn expire_links(
        &mut self,
        kind: LinkKind,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<LinkId>, StoreError> {
        let late = Column::State
            .is_in(OPEN.map(LinkState::name))
            .and(Column::ExpiresAt.lte(now.as_millisecond()));
        let some: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(late.clone())
            .filter(match kind {
                LinkKind::Mailed => Column::Email.is_not_null(),
                LinkKind::Returned => Column::Email.is_null(),
            })
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_tuple()
            .all(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        if !some.is_empty() {
            Entity::update_many()
                .col_expr(Column::State, Expr::value(LinkState::Expired.name()))
                .filter(Column::Id.is_in(some.iter().map(String::as_str)))
                .filter(late)
                .exec(self.db)
                .await
                .map_err(|error| self.failed(error))?;
        }
        some.iter().map(|id| parsed(id)).collect()
    }

    async fn revoke_links_of_token(
        &mut self,
        token: &TokenId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let revoked = Entity::update_many()
            .col_expr(Column::State, Expr::value(LinkState::Revoked.name()))
            .filter(Column::TokenId.eq(token.as_str()))
            .filter(open_at(now))
            .filter(has_kind(kind))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(revoked.rows_affected)
    }

    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(LinkState::Revoked.name()))
            .filter(open_of_user(user, now))
            .exec(self.db)
            .await
            .map(drop)
            .map_err(|error| self.failed(error))
    }

    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        let deleted =
            Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(self.db).await;
        deleted.map(drop).map_err(|error| self.failed(error))
    }
}

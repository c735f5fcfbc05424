//! Passkey links.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{Links, StoreError};
use passlink_domain::{Delivery, LinkId, LinkState, PasskeyLink, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{Sql, bad_row, instant, parsed, state_names, store_error};
use crate::persistence::entities::links::{ActiveModel, Column, Entity, Model};

state_names!(state_name, state_named, LinkState {
    LinkState::Requested => "requested",
    LinkState::Sent => "sent",
    LinkState::Undeliverable => "undeliverable",
    LinkState::Redeemed => "redeemed",
    LinkState::Expired => "expired",
    LinkState::Replaced => "replaced",
    LinkState::Revoked => "revoked",
});

/// The states in which a link is not final.
const OPEN: [LinkState; 3] = [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable];

fn link(row: Model) -> Result<PasskeyLink, StoreError> {
    let email = row.email.ok_or_else(|| bad_row("a link without an address"))?;
    Ok(PasskeyLink {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        organisation: parsed(&row.organisation)?,
        delivery: Delivery::Mail(parsed(&email)?),
        domain: row.domain,
        key: parsed(&row.key_id)?,
        requested_by: row.requested_by.as_deref().map(parsed).transpose()?,
        requested: instant(row.requested_at)?,
        expires: instant(row.expires_at)?,
        state: state_named(&row.state)?,
    })
}

#[async_trait]
impl<C: ConnectionTrait> Links for Sql<'_, C> {
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let rows: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::RequestedAt)
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RequestedAt.gt(since.as_millisecond()))
            .order_by_desc(Column::RequestedAt)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.0)
            .await
            .map_err(store_error)?;
        rows.into_iter().map(instant).collect()
    }

    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError> {
        let Delivery::Mail(address) = &link.delivery;
        let row = ActiveModel {
            id: Set(link.id.to_string()),
            user_id: Set(link.user.to_string()),
            organisation: Set(link.organisation.to_string()),
            email: Set(Some(address.to_string())),
            domain: Set(link.domain.clone()),
            key_id: Set(link.key.to_string()),
            requested_by: Set(link.requested_by.as_ref().map(ToString::to_string)),
            requested_at: Set(link.requested.as_millisecond()),
            expires_at: Set(link.expires.as_millisecond()),
            state: Set(state_name(link.state).to_owned()),
        };
        let added = Entity::insert(row).exec_without_returning(self.0).await;
        added.map(drop).map_err(store_error)
    }

    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.0).await;
        row.map_err(store_error)?.map(link).transpose()
    }

    async fn move_link(
        &mut self,
        id: &LinkId,
        from: LinkState,
        to: LinkState,
    ) -> Result<bool, StoreError> {
        let moved = Entity::update_many()
            .col_expr(Column::State, Expr::value(state_name(to)))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.eq(state_name(from)))
            .exec(self.0)
            .await
            .map_err(store_error)?;
        Ok(moved.rows_affected == 1)
    }

    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(state_name(LinkState::Replaced)))
            .filter(Column::UserId.eq(newer.user.as_str()))
            .filter(Column::RequestedAt.lt(newer.requested.as_millisecond()))
            .filter(Column::Email.is_not_null())
            .filter(Column::State.is_in(OPEN.map(state_name)))
            .exec(self.0)
            .await
            .map(drop)
            .map_err(store_error)
    }
}

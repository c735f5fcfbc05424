//! Keys that were retired at once, and what ends with one.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{EndedByKey, RetiredKey, RetiredKeys, StoreError};
use passlink_domain::{KeyId, LinkState};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, OnConflict},
};

use super::{
    Sql, instant,
    keys::{NEEDY, undoable},
    links::state_name,
    parsed,
};
use crate::persistence::entities::{ceremonies, links, passkeys, retired_keys};

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Revokes those links that need a key of which `which` is so; returns how many.
    async fn revoke_links_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        which: Condition,
    ) -> Result<u64, StoreError> {
        use links::{Column, Entity};
        let revoked = Entity::update_many()
            .col_expr(Column::State, Expr::value(state_name(LinkState::Revoked)))
            .filter(Column::KeyId.eq(key.as_str()))
            .filter(Column::State.is_in(NEEDY.map(state_name)))
            .filter(Column::ExpiresAt.gt(expired_after.as_millisecond()))
            .filter(which)
            .exec(self.db)
            .await;
        Ok(revoked.map_err(|error| self.failed(error))?.rows_affected)
    }
}

#[async_trait]
impl<C: ConnectionTrait> RetiredKeys for Sql<'_, C> {
    async fn is_retired(&mut self, key: &KeyId) -> Result<bool, StoreError> {
        let row = retired_keys::Entity::find_by_id(key.as_str()).one(self.db).await;
        Ok(row.map_err(|error| self.failed(error))?.is_some())
    }

    async fn retired_keys(&mut self) -> Result<Vec<RetiredKey>, StoreError> {
        use retired_keys::{Column, Entity};
        let rows = Entity::find().order_by_asc(Column::KeyId).all(self.db).await;
        let rows = rows.map_err(|error| self.failed(error))?.into_iter();
        rows.map(|row| Ok(RetiredKey { key: parsed(&row.key_id)?, at: instant(row.retired_at)? }))
            .collect()
    }

    async fn retire_key(&mut self, key: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        use retired_keys::{ActiveModel, Column, Entity};
        let row =
            ActiveModel { key_id: Set(key.to_string()), retired_at: Set(at.as_millisecond()) };
        let once = OnConflict::column(Column::KeyId).do_nothing().to_owned();
        let retired = Entity::insert(row).on_conflict(once).exec_without_returning(self.db).await;
        retired.map(drop).map_err(|error| self.failed(error))
    }

    async fn end_what_needs(
        &mut self,
        key: &KeyId,
        newer: &KeyId,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<EndedByKey, StoreError> {
        let open = Condition::all()
            .add(links::Column::State.ne(state_name(LinkState::Expired)))
            .add(links::Column::ExpiresAt.gt(now.as_millisecond()));
        let not_resent = Condition::all().add(links::Column::ResentAt.is_null());
        let links = self.revoke_links_of_key(key, expired_after, open).await?;
        let resends = self.revoke_links_of_key(key, expired_after, not_resent).await?;
        // Those that were sent again only seem to need their key.
        self.revoke_links_of_key(key, expired_after, Condition::all()).await?;

        let undos = undoable(key.as_str(), now).count(self.db).await;
        let undos = undos.map_err(|error| self.failed(error))?;
        passkeys::Entity::update_many()
            .col_expr(passkeys::Column::UndoKeyId, Expr::value(newer.as_str()))
            .filter(passkeys::Column::UndoKeyId.eq(key.as_str()))
            .filter(passkeys::Column::RemovedAt.is_null())
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;

        let ended = ceremonies::Entity::delete_many()
            .filter(ceremonies::Column::KeyId.eq(key.as_str()))
            .exec(self.db)
            .await;
        let ceremonies = ended.map_err(|error| self.failed(error))?.rows_affected;
        Ok(EndedByKey { links, resends, undos, ceremonies })
    }
}

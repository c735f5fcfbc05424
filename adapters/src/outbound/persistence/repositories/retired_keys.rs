//! Keys that were retired at once, and what ends with one.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{EndedByKey, RetiredKey, RetiredKeys, StoreError};
use passlink_domain::{KeyId, LinkState};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};

use super::{
    Sql, instant,
    keys::{needy, undoable},
    parsed,
};
use crate::outbound::persistence::entities::{ceremonies, links, passkeys, retired_keys};

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Revokes up to `limit` links that need a key; returns those that were open and those that could
    /// have been resent, and how many were looked at.
    async fn revoke_links_of_key(
        &mut self,
        key: &KeyId,
        (expired_after, now): (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<(u64, u64, usize), StoreError> {
        use links::{Column, Entity};
        let rows = needy(key, expired_after).limit(limit).lock(LockType::Update);
        let rows = self.all(rows, Ok).await?;
        if rows.is_empty() {
            return Ok((0, 0, 0));
        }
        let revoked = Entity::update_many()
            .col_expr(Column::State, Expr::value(LinkState::Revoked.name()))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id.as_str())));
        self.update(revoked).await?;
        let (open, over): (Vec<_>, Vec<_>) = rows.iter().partition(|row| {
            row.state != LinkState::Expired.name() && row.expires_at > now.as_millisecond()
        });
        // Those that were resent only seem to need their key.
        let resends = over.iter().filter(|row| row.resent_at.is_none()).count();
        Ok((open.len() as u64, resends as u64, rows.len()))
    }

    /// Has up to `limit` undo codes derived from another key; returns how many.
    async fn hand_undos_over(
        &mut self,
        (key, newer): (&KeyId, &KeyId),
        now: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        use passkeys::{Column, Entity};
        let passkeys = undoable(key.as_str(), now).limit(limit);
        let ids: Vec<String> = self.values(passkeys, [Column::Id]).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let handed = Entity::update_many()
            .col_expr(Column::UndoKeyId, Expr::value(newer.as_str()))
            .filter(Column::Id.is_in(ids));
        self.update(handed).await
    }
}

#[async_trait]
impl<C: ConnectionTrait> RetiredKeys for Sql<'_, C> {
    async fn is_retired(&mut self, key: &KeyId) -> Result<bool, StoreError> {
        let row = self.one(retired_keys::Entity::find_by_id(key.as_str()), Ok).await?;
        Ok(row.is_some())
    }

    async fn retired_keys(&mut self) -> Result<Vec<RetiredKey>, StoreError> {
        let rows = retired_keys::Entity::find().order_by_asc(retired_keys::Column::KeyId);
        self.all(rows, |row| {
            Ok(RetiredKey { key: parsed(&row.key_id)?, at: instant(row.retired_at)? })
        })
        .await
    }

    async fn retire_key(&mut self, key: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        let (key_id, retired_at) = (Set(key.to_string()), Set(at.as_millisecond()));
        self.insert_new(retired_keys::ActiveModel { key_id, retired_at }).await.map(drop)
    }

    async fn end_batch_that_needs(
        &mut self,
        key: &KeyId,
        newer: &KeyId,
        times: (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<Option<EndedByKey>, StoreError> {
        let (links, resends, revoked) = self.revoke_links_of_key(key, times, limit).await?;
        let undos = self.hand_undos_over((key, newer), times.1, limit).await?;
        let begun = ceremonies::Column::KeyId.eq(key.as_str());
        let ceremonies = self.delete::<ceremonies::Entity>(begun).await?;
        let is_any = revoked > 0 || undos > 0 || ceremonies > 0;
        Ok(is_any.then_some(EndedByKey { links, resends, undos, ceremonies }))
    }
}

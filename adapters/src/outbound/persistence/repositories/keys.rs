//! Which keys are still needed. The queries go from key to key and from state to state, so that
//! each is a look into an index, however many links and passkeys there are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{KeyNeed, KeyNeeds, KeyUsers, StoreError};
use passlink_domain::{KeyId, LinkState};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, TryGetable,
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::entities::{links, passkeys};

/// States in which a link works, or can be sent again when its time has run out.
pub(super) const NEEDY: [LinkState; 4] =
    [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable, LinkState::Expired];

/// Passkeys that are not removed.
fn present() -> Select<passkeys::Entity> {
    passkeys::Entity::find().filter(passkeys::Column::RemovedAt.is_null())
}

/// Passkeys whose registration a code of this key can undo.
pub(super) fn undoable(key: &str, now: Timestamp) -> Select<passkeys::Entity> {
    present()
        .filter(passkeys::Column::UndoKeyId.eq(key))
        .filter(passkeys::Column::UndoUntil.gt(now.as_millisecond()))
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// A value of the first row, of those that a query selects one of.
    async fn first<E: EntityTrait, T: TryGetable + Send>(
        &mut self,
        query: Select<E>,
        column: E::Column,
    ) -> Result<Option<T>, StoreError> {
        let row = query.select_only().column(column).limit(1).into_tuple().one(self.db).await;
        row.map_err(|error| self.failed(error))
    }

    /// The greatest expiry of the links of a key that need it.
    async fn last_expiry(
        &mut self,
        key: &str,
        expired_after: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        use links::{Column, Entity};
        let mut last: Option<i64> = None;
        for state in NEEDY {
            let query = Entity::find()
                .filter(Column::KeyId.eq(key))
                .filter(Column::State.eq(state.name()))
                .filter(Column::ExpiresAt.gt(expired_after.as_millisecond()))
                .order_by_desc(Column::ExpiresAt);
            last = last.max(self.first(query, Column::ExpiresAt).await?);
        }
        last.map(instant).transpose()
    }

    /// The keys of all links, whether they need them or not.
    async fn keys_of_links(&mut self) -> Result<Vec<String>, StoreError> {
        use links::{Column, Entity};
        let mut keys = Vec::new();
        let mut next = Entity::find();
        while let Some(key) = self.first(next.order_by_asc(Column::KeyId), Column::KeyId).await? {
            next = Entity::find().filter(Column::KeyId.gt(&key));
            keys.push(key);
        }
        Ok(keys)
    }

    /// The keys of all passkeys, whether they need them or not.
    async fn keys_of_passkeys(&mut self) -> Result<Vec<String>, StoreError> {
        use passkeys::Column;
        let mut keys: Vec<String> = Vec::new();
        let mut next = present().filter(Column::UndoKeyId.is_not_null());
        while let Some(key) =
            self.first(next.order_by_asc(Column::UndoKeyId), Column::UndoKeyId).await?
        {
            next = present().filter(Column::UndoKeyId.gt(&key));
            keys.push(key);
        }
        Ok(keys)
    }
}

#[async_trait]
impl<C: ConnectionTrait> KeyNeeds for Sql<'_, C> {
    async fn keys_needed(
        &mut self,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<KeyNeed>, StoreError> {
        let mut needs = BTreeMap::new();
        for key in self.keys_of_links().await? {
            let last = self.last_expiry(&key, expired_after).await?;
            needs.insert(key, (last, None));
        }
        for key in self.keys_of_passkeys().await? {
            let undo = passkeys::Column::UndoUntil;
            let last: Option<i64> =
                self.first(undoable(&key, now).order_by_desc(undo), undo).await?;
            needs.entry(key).or_insert((None, None)).1 = last.map(instant).transpose()?;
        }
        let needs = needs.into_iter().filter(|(_, need)| *need != (None, None));
        needs
            .map(|(key, (last_expiry, last_undo))| {
                Ok(KeyNeed { key: parsed(&key)?, last_expiry, last_undo })
            })
            .collect()
    }

    async fn users_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<KeyUsers, StoreError> {
        let links = links::Entity::find()
            .filter(links::Column::KeyId.eq(key.as_str()))
            .filter(links::Column::State.is_in(NEEDY.map(LinkState::name)))
            .filter(links::Column::ExpiresAt.gt(expired_after.as_millisecond()))
            .count(self.db)
            .await;
        let passkeys = undoable(key.as_str(), now).count(self.db).await;
        Ok(KeyUsers {
            links: links.map_err(|error| self.failed(error))?,
            passkeys: passkeys.map_err(|error| self.failed(error))?,
        })
    }
}

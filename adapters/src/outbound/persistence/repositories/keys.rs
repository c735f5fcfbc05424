//! Which keys are still needed. The queries go from key to key and from state to state, so that
//! each is a look into an index, however many links and passkeys there are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{KeyNeed, KeyNeeds, KeyUsers, StoreError};
use passlink_domain::{KeyId, LinkState};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::entities::{links, passkeys};

/// States in which a link works, or can be resent when its time has run out.
const NEEDY: [LinkState; 4] =
    [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable, LinkState::Expired];

fn present() -> Select<passkeys::Entity> {
    passkeys::Entity::find().filter(passkeys::Column::RemovedAt.is_null())
}

/// Passkeys whose registration a code of this key can undo.
pub(super) fn undoable(key: &str, now: Timestamp) -> Select<passkeys::Entity> {
    present()
        .filter(passkeys::Column::UndoKeyId.eq(key))
        .filter(passkeys::Column::UndoUntil.gt(now.as_millisecond()))
}

fn links_of(key: &str, expired_after: Timestamp) -> Select<links::Entity> {
    links::Entity::find()
        .filter(links::Column::KeyId.eq(key))
        .filter(links::Column::ExpiresAt.gt(expired_after.as_millisecond()))
}

/// Links that a code of this key opens, or that can be resent with one.
pub(super) fn needy(key: &KeyId, expired_after: Timestamp) -> Select<links::Entity> {
    let is_needy = links::Column::State.is_in(NEEDY.map(LinkState::name));
    links_of(key.as_str(), expired_after).filter(is_needy)
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// The greatest expiry of the links of a key that need it.
    async fn last_expiry(
        &mut self,
        key: &str,
        expired_after: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        use links::Column;
        let mut last: Option<i64> = None;
        for state in NEEDY {
            let links = links_of(key, expired_after).filter(Column::State.eq(state.name()));
            let links = links.order_by_desc(Column::ExpiresAt);
            last = last.max(self.value(links, Column::ExpiresAt).await?);
        }
        last.map(instant).transpose()
    }

    /// The keys that rows have in a column, each once.
    async fn keys_in<E: EntityTrait>(
        &mut self,
        column: E::Column,
        rows: impl Fn() -> Select<E> + Send,
    ) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        let mut next = rows().filter(column.is_not_null());
        while let Some(key) = self.value(next.order_by_asc(column), column).await? {
            next = rows().filter(column.gt(&key));
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
        for key in self.keys_in(links::Column::KeyId, links::Entity::find).await? {
            let last = self.last_expiry(&key, expired_after).await?;
            needs.insert(key, (last, None));
        }
        for key in self.keys_in(passkeys::Column::UndoKeyId, present).await? {
            let undo = passkeys::Column::UndoUntil;
            let last: Option<i64> =
                self.value(undoable(&key, now).order_by_desc(undo), undo).await?;
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
        let links = needy(key, expired_after).count(self.db).await;
        let passkeys = undoable(key.as_str(), now).count(self.db).await;
        Ok(KeyUsers {
            links: links.map_err(|error| self.failed(error))?,
            passkeys: passkeys.map_err(|error| self.failed(error))?,
        })
    }
}

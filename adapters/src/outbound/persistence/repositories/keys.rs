//! Which keys are still needed, and which were retired at once.
//!
//! The queries go from key to key and from state to state, so that each is a look into an index, however
//! many links and passkeys there are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{
    EndedByKey, KeyNeed, KeyNeeds, KeyUsers, RetiredKey, RetiredKeys, StoreError,
};
use passlink_domain::{KeyId, LinkState};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, LockType},
};

use super::{Sql, instant, parsed, prepared::Prepared};
use crate::outbound::persistence::entities::{ceremonies, links, passkeys, retired_keys};

/// States in which a link works, or can be resent when its time has run out.
const NEEDY: [LinkState; 4] =
    [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable, LinkState::Expired];

fn present() -> Select<passkeys::Entity> {
    passkeys::Entity::find().filter(passkeys::Column::RemovedAt.is_null())
}

/// Passkeys whose registration a code of this key can undo.
fn undoable(key: &str, now: Timestamp) -> Select<passkeys::Entity> {
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
fn needy(key: &KeyId, expired_after: Timestamp) -> Select<links::Entity> {
    let is_needy = links::Column::State.is_in(NEEDY.map(LinkState::name));
    links_of(key.as_str(), expired_after).filter(is_needy)
}

impl<C: ConnectionTrait> Sql<'_, C> {
    pub async fn is_key_retired(&mut self, key: &str) -> Result<bool, StoreError> {
        static KEY: Prepared<retired_keys::Entity> =
            Prepared::new(|| retired_keys::Entity::find_by_id(""));
        Ok(!self.query(&KEY, [key.into()], Ok).await?.is_empty())
    }

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

    /// The keys of all links that there are, each once.
    pub async fn keys_of_links(&mut self) -> Result<Vec<String>, StoreError> {
        self.keys_in(links::Column::KeyId, links::Entity::find).await
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
        for key in self.keys_of_links().await? {
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
        let db = self.own().await?;
        let links = needy(key, expired_after).count(db).await;
        let passkeys = undoable(key.as_str(), now).count(db).await;
        Ok(KeyUsers {
            links: links.map_err(|error| self.failed(error))?,
            passkeys: passkeys.map_err(|error| self.failed(error))?,
        })
    }
}

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
        match self.member {
            Some(member) => member.set.retired_keys.ask(key.clone()).await,
            None => self.is_key_retired(key.as_str()).await,
        }
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

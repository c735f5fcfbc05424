//! Which keys are still needed. The queries go from key to key and from state to state, so that
//! each is a look into an index, however many links there are.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{KeyNeed, KeyNeeds, StoreError};
use passlink_domain::LinkState;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{Sql, instant, links::state_name, parsed};
use crate::persistence::entities::links::{Column, Entity};

/// States in which a link works, or can be sent again when its time has run out.
const NEEDY: [LinkState; 4] =
    [LinkState::Requested, LinkState::Sent, LinkState::Undeliverable, LinkState::Expired];

impl<C: ConnectionTrait> Sql<'_, C> {
    /// A value of the first row, of those that a query selects one of.
    async fn first<T: sea_orm::TryGetable>(
        &mut self,
        query: Select<Entity>,
        column: Column,
    ) -> Result<Option<T>, StoreError> {
        let row = query.select_only().column(column).limit(1).into_tuple().one(self.db).await;
        row.map_err(|error| self.failed(error))
    }

    /// The greatest expiry of the links of a key in a state, if it is after `expired_after`.
    async fn last_expiry(
        &mut self,
        key: &str,
        state: LinkState,
        expired_after: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let query = Entity::find()
            .filter(Column::KeyId.eq(key))
            .filter(Column::State.eq(state_name(state)))
            .filter(Column::ExpiresAt.gt(expired_after.as_millisecond()))
            .order_by_desc(Column::ExpiresAt);
        self.first(query, Column::ExpiresAt).await
    }
}

#[async_trait]
impl<C: ConnectionTrait> KeyNeeds for Sql<'_, C> {
    async fn keys_needed(&mut self, expired_after: Timestamp) -> Result<Vec<KeyNeed>, StoreError> {
        let mut needs = Vec::new();
        let mut next = Entity::find();
        while let Some(key) =
            self.first::<String>(next.order_by_asc(Column::KeyId), Column::KeyId).await?
        {
            let mut last = None;
            for state in NEEDY {
                last = last.max(self.last_expiry(&key, state, expired_after).await?);
            }
            if let Some(last) = last {
                needs.push(KeyNeed { key: parsed(&key)?, last_expiry: instant(last)? });
            }
            next = Entity::find().filter(Column::KeyId.gt(key));
        }
        Ok(needs)
    }

    async fn links_that_need(
        &mut self,
        key: &passlink_domain::KeyId,
        expired_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let count = Entity::find()
            .select_only()
            .column_as(Column::Id.count(), "links")
            .filter(Column::KeyId.eq(key.as_str()))
            .filter(Column::State.is_in(NEEDY.map(state_name)))
            .filter(Column::ExpiresAt.gt(expired_after.as_millisecond()))
            .into_tuple::<i64>()
            .one(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(count.unwrap_or_default().try_into().unwrap_or_default())
    }
}

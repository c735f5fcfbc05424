//! Registration ceremonies.

use async_trait::async_trait;
use passlink_application::ports::{Ceremonies, StoreError};
use passlink_domain::{Ceremony, OpenedBy, PasskeyId, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::entities::ceremonies::{ActiveModel, Column, Entity, Model};

fn ceremony(row: Model) -> Result<Ceremony, StoreError> {
    Ok(Ceremony {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        opened_by: match row.link_id {
            Some(link) => OpenedBy::Link(parsed(&link)?),
            None => OpenedBy::Bearer,
        },
        key: parsed(&row.key_id)?,
        rp_id: row.rp_id,
        asked: row.asked.as_deref().map(parsed).transpose()?,
        begun: instant(row.begun_at)?,
        expires: instant(row.expires_at)?,
    })
}

#[async_trait]
impl<C: ConnectionTrait> Ceremonies for Sql<'_, C> {
    async fn add_ceremony(&mut self, ceremony: &Ceremony, most: u64) -> Result<(), StoreError> {
        let kept = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::UserId.eq(ceremony.user.as_str()))
            // Those of a clock that was wrong don't make room as the newest.
            .filter(Column::BegunAt.lte(Ceremony::latest_begin(ceremony.begun).as_millisecond()))
            .order_by_desc(Column::BegunAt)
            .order_by_desc(Column::Id)
            .limit(most.saturating_sub(1))
            .into_query();
        Entity::delete_many()
            .filter(Column::UserId.eq(ceremony.user.as_str()))
            .filter(Column::Id.not_in_subquery(kept))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let row = ActiveModel {
            id: Set(ceremony.id.to_string()),
            user_id: Set(ceremony.user.to_string()),
            link_id: Set(match &ceremony.opened_by {
                OpenedBy::Link(link) => Some(link.to_string()),
                OpenedBy::Bearer => None,
            }),
            rp_id: Set(ceremony.rp_id.clone()),
            asked: Set(ceremony.asked.map(|it| it.name().to_owned())),
            begun_at: Set(ceremony.begun.as_millisecond()),
            expires_at: Set(ceremony.expires.as_millisecond()),
            key_id: Set(ceremony.key.to_string()),
        };
        let added = Entity::insert(row).exec_without_returning(self.db).await;
        added.map(drop).map_err(|error| self.failed(error))
    }

    async fn ceremony(&mut self, id: &PasskeyId) -> Result<Option<Ceremony>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(ceremony).transpose()
    }

    async fn ceremonies_of(&mut self, user: &UserId) -> Result<Vec<Ceremony>, StoreError> {
        let rows = Entity::find().filter(Column::UserId.eq(user.as_str())).all(self.db).await;
        rows.map_err(|error| self.failed(error))?.into_iter().map(ceremony).collect()
    }

    async fn end_ceremony(&mut self, id: &PasskeyId) -> Result<bool, StoreError> {
        let ended = Entity::delete_by_id(id.as_str()).exec(self.db).await;
        Ok(ended.map_err(|error| self.failed(error))?.rows_affected == 1)
    }
}

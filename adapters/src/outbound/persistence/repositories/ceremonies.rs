//! Registration ceremonies.

use async_trait::async_trait;
use passlink_application::ports::{Ceremonies, StoreError};
use passlink_domain::{Ceremony, OpenedBy, PasskeyId, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use super::{Sql, instant, parsed, parsed_if_any};
use crate::outbound::persistence::entities::ceremonies::{ActiveModel, Column, Entity, Model};

fn ceremony(row: Model) -> Result<Ceremony, StoreError> {
    Ok(Ceremony {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        opened_by: parsed_if_any(row.link_id)?.map_or(OpenedBy::Bearer, OpenedBy::Link),
        key: parsed(&row.key_id)?,
        rp_id: row.rp_id,
        asked: parsed_if_any(row.asked)?,
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
        let of_user = Column::UserId.eq(ceremony.user.as_str());
        self.delete::<Entity>(of_user.and(Column::Id.not_in_subquery(kept))).await?;
        self.insert(ActiveModel {
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
        })
        .await
    }

    async fn ceremony(&mut self, id: &PasskeyId) -> Result<Option<Ceremony>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()), ceremony).await
    }

    async fn ceremonies_of(&mut self, user: &UserId) -> Result<Vec<Ceremony>, StoreError> {
        self.all(Entity::find().filter(Column::UserId.eq(user.as_str())), ceremony).await
    }

    async fn end_ceremony(&mut self, id: &PasskeyId) -> Result<bool, StoreError> {
        Ok(self.delete::<Entity>(Column::Id.eq(id.as_str())).await? == 1)
    }
}

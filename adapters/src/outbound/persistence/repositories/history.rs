//! The history of each user.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{History, StoreError};
use passlink_domain::{Sequence, UserEvent, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{Sql, instant};
use crate::outbound::persistence::{
    entities::{events, users},
    error::bad_row,
};

#[async_trait]
impl<C: ConnectionTrait> History for Sql<'_, C> {
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError> {
        let sequence = i64::try_from(event.sequence.get()).unwrap_or(i64::MAX);
        self.insert(events::ActiveModel {
            user_id: Set(event.user.to_string()),
            sequence: Set(sequence),
            kind: Set(event.kind.name().to_owned()),
            subject: Set(event.kind.subject().map(str::to_owned)),
            recorded_at: Set(event.at.as_millisecond()),
        })
        .await?;
        let user = users::Entity::update_many()
            .col_expr(users::Column::Sequence, Expr::value(sequence))
            .filter(users::Column::Id.eq(event.user.as_str()));
        self.update(user).await.map(drop)
    }

    async fn recorded_at(
        &mut self,
        user: &UserId,
        sequence: Sequence,
    ) -> Result<Timestamp, StoreError> {
        let sequence = i64::try_from(sequence.get()).unwrap_or(i64::MAX);
        let event = events::Entity::find_by_id((user.to_string(), sequence));
        let at = self.one(event, |row| instant(row.recorded_at)).await?;
        at.ok_or_else(|| bad_row("a change that is not in its user's history"))
    }
}

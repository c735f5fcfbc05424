//! Who users are at other issuers.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{KnownIdentities, KnownIdentity, StoreError};
use passlink_domain::{Identity, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::entities::identities::{ActiveModel, Column, Entity};

#[async_trait]
impl<C: ConnectionTrait> KnownIdentities for Sql<'_, C> {
    async fn identity(&mut self, identity: &Identity) -> Result<Option<KnownIdentity>, StoreError> {
        let row = Entity::find_by_id(identity.key().to_vec());
        let known = self.one(row, |row| {
            let claims_of = row.claims_of.map(instant).transpose()?;
            Ok(KnownIdentity { user: parsed(&row.user_id)?, claims_of })
        });
        known.await
    }

    async fn keep_identity(
        &mut self,
        identity: &Identity,
        user: &UserId,
        claims_of: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let (key, claims_of) = (identity.key().to_vec(), claims_of.map(Timestamp::as_millisecond));
        let is_new = self.insert_new(ActiveModel {
            key: Set(key.clone()),
            user_id: Set(user.to_string()),
            issuer: Set(Some(identity.issuer.clone())),
            subject: Set(Some(identity.subject.to_string())),
            claims_of: Set(claims_of),
        });
        if is_new.await? {
            return Ok(true);
        }
        let noted = Entity::update_many()
            .col_expr(Column::ClaimsOf, Expr::value(claims_of))
            .filter(Column::Key.eq(key))
            .filter(Column::UserId.eq(user.as_str()));
        Ok(self.update(noted).await? > 0)
    }

    async fn erase_identities_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        let nothing = Option::<String>::None;
        let erased = Entity::update_many()
            .col_expr(Column::Issuer, Expr::value(nothing.clone()))
            .col_expr(Column::Subject, Expr::value(nothing))
            .filter(Column::UserId.eq(user.as_str()));
        self.update(erased).await.map(drop)
    }
}

//! Bearer tokens.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{StoreError, Tokens};
use passlink_domain::{Token, TokenHash, TokenId, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use super::{Sql, instant, parsed, parsed_if_any};
use crate::outbound::persistence::entities::tokens::{ActiveModel, Column, Entity, Model};

fn token(row: Model) -> Result<Token, StoreError> {
    Ok(Token {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        name: parsed_if_any(row.name)?,
        created: instant(row.created_at)?,
        expires: row.expires_at.map(instant).transpose()?,
        revoked: row.revoked_at.map(instant).transpose()?,
    })
}

#[async_trait]
impl<C: ConnectionTrait> Tokens for Sql<'_, C> {
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(token.id.to_string()),
            user_id: Set(token.user.to_string()),
            hash: Set(hash.as_bytes().to_vec()),
            name: Set(token.name.as_ref().map(ToString::to_string)),
            created_at: Set(token.created.as_millisecond()),
            expires_at: Set(token.expires.map(Timestamp::as_millisecond)),
            revoked_at: Set(token.revoked.map(Timestamp::as_millisecond)),
        })
        .await
    }

    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError> {
        self.one(Entity::find().filter(Column::Hash.eq(hash.as_bytes().to_vec())), token).await
    }

    async fn token(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()), token).await
    }

    async fn tokens_of(&mut self, user: &UserId) -> Result<Vec<Token>, StoreError> {
        let rows = Entity::find().filter(Column::UserId.eq(user.as_str())).order_by_asc(Column::Id);
        self.all(rows, token).await
    }

    async fn delete_tokens_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.delete::<Entity>(Column::UserId.eq(user.as_str())).await.map(drop)
    }

    async fn revoke_token(
        &mut self,
        id: &TokenId,
        at: Timestamp,
    ) -> Result<Option<Token>, StoreError> {
        let revoked = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(at.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::RevokedAt.is_null());
        self.update(revoked).await?;
        self.token(id).await
    }
}

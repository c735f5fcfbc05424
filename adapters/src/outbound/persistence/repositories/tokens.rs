//! Bearer tokens.

use std::{collections::HashMap, slice};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{StoreError, Tokens};
use passlink_domain::{Holder, Text, Token, TokenHash, TokenId, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{Sql, instant, parsed, parsed_if_any, prepared::Prepared};
use crate::outbound::persistence::{
    entities::tokens::{ActiveModel, Column, Entity, Model},
    error::bad_row,
};

fn token(row: Model) -> Result<Token, StoreError> {
    let holder = match (row.user_id, row.service, row.organisation) {
        (Some(user), None, None) => Holder::Person(parsed(&user)?),
        (None, Some(name), Some(reach)) => {
            Holder::Service { name: parsed(&name)?, reach: parsed(&reach)? }
        }
        _ => return Err(bad_row("a token of neither a person nor a service")),
    };
    Ok(Token {
        id: parsed(&row.id)?,
        holder,
        permissions: parsed(&row.permissions)?,
        name: parsed_if_any(row.name)?,
        created: instant(row.created_at)?,
        expires: row.expires_at.map(instant).transpose()?,
        revoked: row.revoked_at.map(instant).transpose()?,
        last_used: row.last_used_at.map(instant).transpose()?,
    })
}

#[async_trait]
impl<C: ConnectionTrait> Tokens for Sql<'_, C> {
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        let (user, service, organisation) = match &token.holder {
            Holder::Person(user) => (Some(user.to_string()), None, None),
            Holder::Service { name, reach } => {
                (None, Some(name.to_string()), Some(reach.as_str().to_owned()))
            }
        };
        self.insert(ActiveModel {
            id: Set(token.id.to_string()),
            user_id: Set(user),
            hash: Set(hash.as_bytes().to_vec()),
            name: Set(token.name.as_ref().map(ToString::to_string)),
            created_at: Set(token.created.as_millisecond()),
            expires_at: Set(token.expires.map(Timestamp::as_millisecond)),
            revoked_at: Set(token.revoked.map(Timestamp::as_millisecond)),
            service: Set(service),
            organisation: Set(organisation),
            permissions: Set(token.permissions.to_string()),
            last_used_at: Set(token.last_used.map(Timestamp::as_millisecond)),
        })
        .await
    }

    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError> {
        if let Some(member) = self.member {
            return member.set.tokens_by_hash.ask(hash.clone()).await;
        }
        Ok(self.tokens_by_hash(slice::from_ref(hash)).await?.pop().flatten())
    }

    async fn token(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        if let Some(member) = self.member {
            return member.set.tokens.ask(id.clone()).await;
        }
        Ok(self.some_tokens(slice::from_ref(id), false).await?.pop())
    }

    async fn token_for_share(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        if let Some(member) = self.member {
            return member.set.tokens_for_share.ask(id.clone()).await;
        }
        Ok(self.some_tokens(slice::from_ref(id), true).await?.pop())
    }

    async fn tokens_of_service(&mut self, name: &Text) -> Result<Vec<Token>, StoreError> {
        let rows = Entity::find().filter(Column::Service.eq(name.as_str()));
        self.all(rows.order_by_asc(Column::Id), token).await
    }

    async fn note_use(&mut self, id: &TokenId, at: Timestamp) -> Result<(), StoreError> {
        let used = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(at.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()));
        self.update(used).await.map(drop)
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

impl<C: ConnectionTrait> Sql<'_, C> {
    /// The tokens with these hashes, in their order.
    pub async fn tokens_by_hash(
        &mut self,
        hashes: &[TokenHash],
    ) -> Result<Vec<Option<Token>>, StoreError> {
        static TOKEN: Prepared<Entity> =
            Prepared::new(|| Entity::find().filter(Column::Hash.eq(Vec::<u8>::new())));
        if let [hash] = hashes {
            return Ok(vec![
                self.query(&TOKEN, [hash.as_bytes().to_vec().into()], token).await?.pop(),
            ]);
        }
        let octets = hashes.iter().map(|hash| hash.as_bytes().to_vec());
        let rows = Entity::find().filter(self.among_octets(Column::Hash, octets));
        let found = self.all(rows, |row| Ok((row.hash.clone(), token(row)?))).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        Ok(hashes.iter().map(|hash| found.get(&hash.as_bytes()[..]).cloned()).collect())
    }

    /// Those of these tokens that are there, locked in the order of their ids where they are to be shared.
    pub async fn some_tokens(
        &mut self,
        ids: &[TokenId],
        for_share: bool,
    ) -> Result<Vec<Token>, StoreError> {
        static ONE: Prepared<Entity> = Prepared::new(|| Entity::find_by_id(""));
        static SHARED: Prepared<Entity> = Prepared::new(|| Entity::find_by_id("").lock_shared());
        if let [id] = ids {
            let one = if for_share { &SHARED } else { &ONE };
            return self.query(one, [id.as_str().into()], token).await;
        }
        let mut rows =
            Entity::find().filter(self.among(Column::Id, ids.iter().map(TokenId::as_str)));
        if for_share {
            rows = rows.order_by_asc(Column::Id).lock_shared();
        }
        self.all(rows, token).await
    }
}

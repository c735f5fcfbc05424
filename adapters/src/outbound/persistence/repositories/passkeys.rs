//! Passkeys.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Passkeys, StoreError};
use passlink_domain::{
    Aaguid, Attachment, Credential, CredentialId, Passkey, PasskeyId, Undo, UserId,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult,
    sea_query::{Expr, OnConflict},
};

use super::{Sql, instant, parsed};
use crate::outbound::persistence::{
    entities::{
        ceremonies,
        passkeys::{ActiveModel, Column, Entity, Model},
        users,
    },
    error::bad_row,
};

fn passkey(row: Model) -> Result<Passkey, StoreError> {
    let attachment = |name: Option<String>| name.as_deref().map(parsed).transpose();
    let undo = match (row.undo_domain, row.undo_key_id, row.undo_until) {
        (Some(domain), Some(key), Some(until)) => {
            let token = row.undo_token_id.as_deref().map(parsed).transpose()?;
            Some(Undo { domain, key: parsed(&key)?, until: instant(until)?, token })
        }
        _ => None,
    };
    Ok(Passkey {
        id: parsed(&row.id)?,
        user: parsed(&row.user_id)?,
        name: parsed(&row.name)?,
        rp_id: row.rp_id,
        credential: Credential {
            id: CredentialId::new(row.credential_id).map_err(bad_row)?,
            public_key: row.public_key,
            sign_count: row.sign_count.try_into().map_err(bad_row)?,
            transports: serde_json::from_str(&row.transports).map_err(bad_row)?,
            attachment: attachment(row.attachment)?,
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            aaguid: Aaguid(row.aaguid.try_into().map_err(|_| bad_row("an AAGUID's length"))?),
        },
        asked: attachment(row.asked)?,
        device: row.device.as_deref().map(parsed).transpose()?,
        created: instant(row.created_at)?,
        last_used: row.last_used_at.map(instant).transpose()?,
        removed: row.removed_at.map(instant).transpose()?,
        undo,
    })
}

fn row(passkey: &Passkey) -> Result<ActiveModel, StoreError> {
    let (credential, undo) = (&passkey.credential, passkey.undo.as_ref());
    let attachment = |value: Option<Attachment>| value.map(|it| it.name().to_owned());
    Ok(ActiveModel {
        id: Set(passkey.id.to_string()),
        user_id: Set(passkey.user.to_string()),
        name: Set(passkey.name.to_string()),
        rp_id: Set(passkey.rp_id.clone()),
        credential_id: Set(credential.id.as_bytes().to_vec()),
        public_key: Set(credential.public_key.clone()),
        sign_count: Set(credential.sign_count.into()),
        transports: Set(serde_json::to_string(&credential.transports).map_err(bad_row)?),
        attachment: Set(attachment(credential.attachment)),
        backup_eligible: Set(credential.backup_eligible),
        backup_state: Set(credential.backup_state),
        aaguid: Set(credential.aaguid.0.to_vec()),
        asked: Set(attachment(passkey.asked)),
        device: Set(passkey.device.as_ref().map(ToString::to_string)),
        created_at: Set(passkey.created.as_millisecond()),
        last_used_at: Set(passkey.last_used.map(Timestamp::as_millisecond)),
        removed_at: Set(passkey.removed.map(Timestamp::as_millisecond)),
        undo_domain: Set(undo.map(|undo| undo.domain.clone())),
        undo_key_id: Set(undo.map(|undo| undo.key.to_string())),
        undo_until: Set(undo.map(|undo| undo.until.as_millisecond())),
        undo_token_id: Set(undo.and_then(|undo| undo.token.as_ref()).map(ToString::to_string)),
    })
}

#[async_trait]
impl<C: ConnectionTrait> Passkeys for Sql<'_, C> {
    async fn passkeys_of(&mut self, user: &UserId) -> Result<Vec<Passkey>, StoreError> {
        let rows = Entity::find()
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::RemovedAt.is_null())
            .all(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        let mut passkeys = rows.into_iter().map(passkey).collect::<Result<Vec<_>, _>>()?;
        passkeys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(passkeys)
    }

    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> Result<Vec<Passkey>, StoreError> {
        let mut rows = Entity::find()
            .filter(Column::RemovedAt.is_null())
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(user) = user {
            rows = rows.filter(Column::UserId.eq(user.as_str()));
        }
        if let Some(after) = after {
            rows = rows.filter(Column::Id.gt(after.as_str()));
        }
        let rows = rows.all(self.db).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(passkey).collect()
    }

    async fn had_passkeys(&mut self, user: &UserId) -> Result<bool, StoreError> {
        let any = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::UserId.eq(user.as_str()))
            .into_tuple::<String>()
            .one(self.db)
            .await;
        any.map(|any| any.is_some()).map_err(|error| self.failed(error))
    }

    async fn passkey(&mut self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(passkey).transpose()
    }

    async fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool, StoreError> {
        let added = Entity::insert(row(passkey)?)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(matches!(added, TryInsertResult::Inserted(1..)))
    }

    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> Result<bool, StoreError> {
        let removed = Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(at.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::RemovedAt.is_null())
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(removed.rows_affected == 1)
    }

    async fn delete_passkeys_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(Column::UserId.eq(user.as_str()))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        ceremonies::Entity::delete_many()
            .filter(ceremonies::Column::UserId.eq(user.as_str()))
            .exec(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        users::Entity::update_many()
            .col_expr(users::Column::Handle, Expr::value(Option::<Vec<u8>>::None))
            .filter(users::Column::Id.eq(user.as_str()))
            .exec(self.db)
            .await
            .map(drop)
            .map_err(|error| self.failed(error))
    }
}

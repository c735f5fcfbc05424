//! Passkeys.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{Passkeys, StoreError};
use passlink_domain::{
    Aaguid, Attachment, Credential, CredentialId, Passkey, PasskeyId, Text, Undo, UserId,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{Sql, instant, page, parsed, parsed_if_any, prepared::Prepared};
use crate::outbound::persistence::{
    entities::{
        ceremonies,
        passkeys::{ActiveModel, Column, Entity, Model},
        users,
    },
    error::bad_row,
};

fn passkey(row: Model) -> Result<Passkey, StoreError> {
    let undo = match (row.undo_domain, row.undo_key_id, row.undo_until) {
        (Some(domain), Some(key), Some(until)) => {
            let token = parsed_if_any(row.undo_token_id)?;
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
            attachment: parsed_if_any(row.attachment)?,
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            aaguid: Aaguid(row.aaguid.try_into().map_err(|_| bad_row("an AAGUID's length"))?),
        },
        asked: parsed_if_any(row.asked)?,
        device: parsed_if_any(row.device)?,
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
        static PASSKEYS: Prepared<Entity> = Prepared::new(|| {
            Entity::find().filter(Column::UserId.eq("")).filter(Column::RemovedAt.is_null())
        });
        let mut passkeys = self.query(&PASSKEYS, [user.as_str().into()], passkey).await?;
        passkeys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(passkeys)
    }

    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> Result<Vec<Passkey>, StoreError> {
        let mut rows = Entity::find().filter(Column::RemovedAt.is_null());
        if let Some(user) = user {
            rows = rows.filter(Column::UserId.eq(user.as_str()));
        }
        let rows = page(rows, Column::Id, after.map(PasskeyId::as_str), limit);
        self.all(rows, passkey).await
    }

    async fn had_passkeys(&mut self, user: &UserId) -> Result<bool, StoreError> {
        let of_user = Entity::find().filter(Column::UserId.eq(user.as_str()));
        let any: Option<String> = self.value(of_user, Column::Id).await?;
        Ok(any.is_some())
    }

    async fn passkey(&mut self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError> {
        static PASSKEY: Prepared<Entity> = Prepared::new(|| Entity::find_by_id(""));
        Ok(self.query(&PASSKEY, [id.as_str().into()], passkey).await?.pop())
    }

    async fn passkey_of_credential(
        &mut self,
        id: &CredentialId,
    ) -> Result<Option<Passkey>, StoreError> {
        static PASSKEY: Prepared<Entity> = Prepared::new(|| {
            Entity::find()
                .filter(Column::CredentialId.eq(Vec::<u8>::new()))
                .filter(Column::RemovedAt.is_null())
        });
        Ok(self.query(&PASSKEY, [id.as_bytes().to_vec().into()], passkey).await?.pop())
    }

    async fn note_sign_in(
        &mut self,
        id: &PasskeyId,
        sign_count: u32,
        backup_state: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE \"passkeys\" SET sign_count = $1, backup_state = $2, last_used_at = $3 WHERE id = $4";
        let at = at.as_millisecond();
        let values =
            [i64::from(sign_count).into(), backup_state.into(), at.into(), id.as_str().into()];
        self.run(sql, values).await.map(drop)
    }

    async fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool, StoreError> {
        self.insert_new(row(passkey)?).await
    }

    async fn rename_passkey(&mut self, id: &PasskeyId, name: &Text) -> Result<(), StoreError> {
        let renamed = Entity::update_many()
            .col_expr(Column::Name, Expr::value(name.as_str()))
            .filter(Column::Id.eq(id.as_str()));
        self.update(renamed).await.map(drop)
    }

    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> Result<bool, StoreError> {
        let removed = Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(at.as_millisecond()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::RemovedAt.is_null());
        Ok(self.update(removed).await? == 1)
    }

    async fn delete_passkeys_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.delete::<Entity>(Column::UserId.eq(user.as_str())).await?;
        let begun = ceremonies::Column::UserId.eq(user.as_str());
        self.delete::<ceremonies::Entity>(begun).await?;
        let user = users::Entity::update_many()
            .col_expr(users::Column::Handle, Expr::value(Option::<Vec<u8>>::None))
            .filter(users::Column::Id.eq(user.as_str()));
        self.update(user).await.map(drop)
    }
}

//! Users.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{StoreError, Users};
use passlink_domain::{
    EmailAddress, LanguageTag, OrganisationId, Sequence, User, UserEmail, UserHandle, UserId,
    UserState,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, SqlErr, TryInsertResult,
    sea_query::{Expr, OnConflict, all},
};

use super::{Sql, parsed};
use crate::outbound::persistence::{
    entities::users::{ActiveModel, Column, Entity, Model},
    error::{Fault, bad_row},
};

fn user(row: Model) -> Result<User, StoreError> {
    Ok(User {
        id: parsed(&row.id)?,
        organisation: parsed(&row.organisation)?,
        username: parsed(&row.username)?,
        display_name: parsed(&row.display_name)?,
        language: Some(row.language)
            .filter(|language| !language.is_empty())
            .map(LanguageTag::from_canonical),
        email: row.email.map(|address| UserEmail {
            address: EmailAddress::recorded(address),
            verified: row.email_verified,
        }),
        state: parsed(&row.state)?,
        sequence: Sequence::recorded(row.sequence.try_into().unwrap_or_default()),
    })
}

/// All columns of a user who is added at `at`.
pub(in crate::outbound::persistence) fn user_row(user: &User, at: Timestamp) -> ActiveModel {
    ActiveModel {
        id: Set(user.id.to_string()),
        organisation: Set(user.organisation.to_string()),
        sequence: Set(user.sequence.get().try_into().unwrap_or(i64::MAX)),
        created_at: Set(at.as_millisecond()),
        handle: Set(None),
        ..changeable(user)
    }
}

/// The columns that a change of the user can change.
fn changeable(user: &User) -> ActiveModel {
    let email = user.email.as_ref();
    ActiveModel {
        username: Set(user.username.to_string()),
        display_name: Set(user.display_name.to_string()),
        language: Set(user.language.as_ref().map(ToString::to_string).unwrap_or_default()),
        email: Set(email.map(|email| email.address.to_string())),
        email_key: Set(email.map(|email| email.address.key())),
        email_verified: Set(email.is_some_and(|email| email.verified)),
        state: Set(user.state.name().to_owned()),
        ..Default::default()
    }
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Notes a change that failed. What was free a statement ago may be another user's by now: all is
    /// done again then, since PostgreSQL takes no statement after a failed one, and finds it taken.
    fn failed_or_taken(&mut self, error: DbErr) -> StoreError {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            self.fault = self.fault.or(Some(Fault::Conflict));
        }
        self.failed(error)
    }

    /// The id of a user that fits, if there is one.
    async fn find_id(&mut self, fits: Condition) -> Result<Option<UserId>, StoreError> {
        let id = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(fits)
            .into_tuple::<String>()
            .one(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        id.map(|id| parsed(&id)).transpose()
    }
}

#[async_trait]
impl<C: ConnectionTrait> Users for Sql<'_, C> {
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).lock_exclusive().one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(user).transpose()
    }

    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(self.db).await;
        row.map_err(|error| self.failed(error))?.map(user).transpose()
    }

    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let mut rows = Entity::find()
            .filter(Column::State.ne(UserState::Removed.name()))
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(after) = after {
            rows = rows.filter(Column::Id.gt(after.as_str()));
        }
        let rows = rows.all(self.db).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(user).collect()
    }

    async fn add_user(&mut self, user: &User, at: Timestamp) -> Result<bool, StoreError> {
        let added = Entity::insert(user_row(user, at))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(self.db)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(matches!(added, TryInsertResult::Inserted(1..)))
    }

    async fn owner_of(
        &mut self,
        organisation: &OrganisationId,
        address: &EmailAddress,
    ) -> Result<Option<UserId>, StoreError> {
        let there = Column::Organisation.eq(organisation.as_str());
        self.find_id(all![there, Column::EmailKey.eq(address.key())]).await
    }

    async fn change_user(&mut self, user: &User) -> Result<bool, StoreError> {
        let mut columns = changeable(user);
        if let Some(email) = &user.email {
            let same = Column::Email.eq(email.address.as_str());
            if self.find_id(all![Column::Id.eq(user.id.as_str()), same]).await?.is_some() {
                // Two users may have had one mailbox under the rules of old; each keeps the key.
                columns.email_key = NotSet;
            } else {
                let owner = self.owner_of(&user.organisation, &email.address).await?;
                if owner.is_some_and(|owner| owner != user.id) {
                    return Ok(false);
                }
            }
        }
        let changed = Entity::update_many()
            .set(columns)
            .filter(Column::Id.eq(user.id.as_str()))
            .exec(self.db)
            .await;
        changed.map(|_| true).map_err(|error| self.failed_or_taken(error))
    }

    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError> {
        let row = Entity::find_by_id(user.as_str()).one(self.db).await;
        let handle = row.map_err(|error| self.failed(error))?.and_then(|row| row.handle);
        handle.map(|handle| UserHandle::new(handle).map_err(bad_row)).transpose()
    }

    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> Result<bool, StoreError> {
        let others = Column::Id.ne(user.as_str());
        if self.find_id(all![others, Column::Handle.eq(handle.as_bytes())]).await?.is_some() {
            return Ok(false);
        }
        let set = Entity::update_many()
            .col_expr(Column::Handle, Expr::value(handle.as_bytes()))
            .filter(Column::Id.eq(user.as_str()))
            .exec(self.db)
            .await;
        set.map(|_| true).map_err(|error| self.failed_or_taken(error))
    }
}

//! Users and their history.

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{History, StoreError, Users};
use passlink_domain::{
    EmailAddress, LanguageTag, OrganisationId, Sequence, User, UserEmail, UserEvent, UserHandle,
    UserId, UserState,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany,
    sea_query::{Expr, all},
};

use super::{Sql, instant, page, parsed, parsed_if_any};
use crate::outbound::persistence::{
    entities::{
        events,
        users::{ActiveModel, Column, Entity, Model},
    },
    error::{Fault, bad_row, is_unique_violation},
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
    /// Makes a change. What was free a statement ago may be another user's by now: all is done again
    /// then, since PostgreSQL takes no statement after a failed one, and finds it taken.
    async fn update_unless_taken(
        &mut self,
        change: UpdateMany<Entity>,
    ) -> Result<bool, StoreError> {
        let changed = change.exec(self.db).await.inspect_err(|error| {
            if is_unique_violation(error) {
                self.fault = self.fault.or(Some(Fault::Conflict));
            }
        });
        changed.map(|_| true).map_err(|error| self.failed(error))
    }

    async fn find_id(&mut self, fits: Condition) -> Result<Option<UserId>, StoreError> {
        let id = self.value(Entity::find().filter(fits), Column::Id).await?;
        parsed_if_any(id)
    }
}

#[async_trait]
impl<C: ConnectionTrait> Users for Sql<'_, C> {
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()).lock_exclusive(), user).await
    }

    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.one(Entity::find_by_id(id.as_str()), user).await
    }

    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let rows = Entity::find().filter(Column::State.ne(UserState::Removed.name()));
        self.all(page(rows, Column::Id, after.map(UserId::as_str), limit), user).await
    }

    async fn add_user(&mut self, user: &User, at: Timestamp) -> Result<bool, StoreError> {
        self.insert_new(user_row(user, at)).await
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
                // Two users may have had one address under the rules of old; each keeps the key.
                columns.email_key = NotSet;
            } else {
                let owner = self.owner_of(&user.organisation, &email.address).await?;
                if owner.is_some_and(|owner| owner != user.id) {
                    return Ok(false);
                }
            }
        }
        let change = Entity::update_many().set(columns);
        self.update_unless_taken(change.filter(Column::Id.eq(user.id.as_str()))).await
    }

    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError> {
        let handle = self.one(Entity::find_by_id(user.as_str()), |row| {
            row.handle.map(UserHandle::new).transpose().map_err(bad_row)
        });
        Ok(handle.await?.flatten())
    }

    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> Result<bool, StoreError> {
        let others = Column::Id.ne(user.as_str());
        if self.find_id(all![others, Column::Handle.eq(handle.as_bytes())]).await?.is_some() {
            return Ok(false);
        }
        let set = Entity::update_many().col_expr(Column::Handle, Expr::value(handle.as_bytes()));
        self.update_unless_taken(set.filter(Column::Id.eq(user.as_str()))).await
    }
}

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
            actor_kind: Set(Some(event.actor.kind().to_owned())),
            actor: Set(event.actor.id().map(str::to_owned)),
        })
        .await?;
        let user = Entity::update_many()
            .col_expr(Column::Sequence, Expr::value(sequence))
            .filter(Column::Id.eq(event.user.as_str()));
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

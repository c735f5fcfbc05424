//! Users and their history.

use std::{collections::BTreeMap, slice};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{History, StoreError, Users};
use passlink_domain::{
    EmailAddress, LanguageTag, OrganisationId, Sequence, User, UserEmail, UserEvent, UserHandle,
    UserId, UserState,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, UpdateMany, Value,
    sea_query::{Expr, LockBehavior, LockType, all},
};

use super::{Sql, instant, page, parsed, parsed_if_any, prepared::Prepared};
use crate::outbound::persistence::{
    entities::{
        events,
        users::{ActiveModel, Column, Entity, Model},
    },
    error::{Fault, bad_row, is_unique_violation},
    sets::neighbours::Exclusive,
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

/// What becomes of users that others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Locked {
    Wait,
    Skip,
}

fn find_by_id() -> Select<Entity> {
    Entity::find_by_id("")
}

fn for_update(rows: Select<Entity>, locked: Locked) -> Select<Entity> {
    match locked {
        Locked::Wait => rows.lock_exclusive(),
        Locked::Skip => rows.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked),
    }
}

fn number(sequence: Sequence) -> i64 {
    i64::try_from(sequence.get()).unwrap_or(i64::MAX)
}

pub(super) fn event_row(event: &UserEvent) -> events::ActiveModel {
    events::ActiveModel {
        user_id: Set(event.user.to_string()),
        sequence: Set(number(event.sequence)),
        kind: Set(event.kind.name().to_owned()),
        subject: Set(event.kind.subject().map(str::to_owned)),
        recorded_at: Set(event.at.as_millisecond()),
        actor_kind: Set(Some(event.actor.kind().to_owned())),
        actor: Set(event.actor.id().map(str::to_owned)),
    }
}

/// The statement that sets the sequences of users, with the values of [`sequences`] from `first` on; on
/// PostgreSQL.
pub(super) fn set_sequences(first: usize) -> String {
    format!(
        "UPDATE \"users\" SET sequence = made.sequence FROM UNNEST(${first}::text[], ${}::bigint[]) \
         AS made (id, sequence) WHERE users.id = made.id",
        first + 1
    )
}

/// The users of these changes, and the number of the last change of each.
pub(super) fn sequences(events: &[UserEvent]) -> [Value; 2] {
    let last = events.iter().map(|event| (event.user.to_string(), number(event.sequence)));
    let (ids, sequences): (Vec<_>, Vec<_>) = BTreeMap::from_iter(last).into_iter().unzip();
    [ids.into(), sequences.into()]
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Those of these users who are there, locked in the order of their ids.
    pub async fn users_for_update(
        &mut self,
        ids: &[UserId],
        locked: Locked,
    ) -> Result<Vec<User>, StoreError> {
        static WAIT: Prepared<Entity> = Prepared::new(|| for_update(find_by_id(), Locked::Wait));
        static SKIP: Prepared<Entity> = Prepared::new(|| for_update(find_by_id(), Locked::Skip));
        if let [id] = ids {
            let one = if locked == Locked::Wait { &WAIT } else { &SKIP };
            return self.query(one, [id.as_str().into()], user).await;
        }
        let rows = Entity::find().filter(self.among(Column::Id, ids.iter().map(UserId::as_str)));
        self.all(for_update(rows.order_by_asc(Column::Id), locked), user).await
    }

    /// Records changes, of a user those that came first first.
    pub async fn record_all(&mut self, events: &[UserEvent]) -> Result<(), StoreError> {
        self.insert_all(events.iter().map(event_row).collect()).await?;
        self.set_sequences(events).await
    }

    async fn set_sequences(&mut self, events: &[UserEvent]) -> Result<(), StoreError> {
        match self.db.get_database_backend() {
            _ if events.is_empty() => Ok(()),
            DbBackend::Postgres => {
                let sql = set_sequences(1);
                self.run(&sql, sequences(events)).await.map(drop)
            }
            _ => {
                for event in events {
                    let sql = "UPDATE \"users\" SET sequence = $1 WHERE id = $2";
                    self.run(sql, [number(event.sequence).into(), event.user.as_str().into()])
                        .await?;
                }
                Ok(())
            }
        }
    }

    /// Makes a change. What was free a statement ago may be another user's by now: all is done again
    /// then, since PostgreSQL takes no statement after a failed one, and finds it taken.
    async fn update_unless_taken(
        &mut self,
        change: UpdateMany<Entity>,
    ) -> Result<bool, StoreError> {
        let changed = change.exec(self.own_write().await?).await.inspect_err(|error| {
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
        let Some(member) = self.member else {
            return Ok(self.users_for_update(slice::from_ref(id), Locked::Wait).await?.pop());
        };
        self.own().await?;
        member.take(Exclusive::User(id.clone())).await;
        member.set.users.ask((member.number, id.clone())).await
    }

    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        static USER: Prepared<Entity> = Prepared::new(find_by_id);
        Ok(self.query(&USER, [id.as_str().into()], user).await?.pop())
    }

    async fn some_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let rows = Entity::find().filter(self.among(Column::Id, ids.iter().map(UserId::as_str)));
        self.all(rows, user).await
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
        if let Some(member) = self.member {
            member.write(|written| written.events.push(event.clone()));
            return Ok(());
        }
        self.record_all(slice::from_ref(event)).await
    }

    async fn recorded_at(
        &mut self,
        user: &UserId,
        sequence: Sequence,
    ) -> Result<Timestamp, StoreError> {
        static EVENT: Prepared<events::Entity> =
            Prepared::new(|| events::Entity::find_by_id((String::new(), 0)));
        let values = [user.as_str().into(), number(sequence).into()];
        let at = self.query(&EVENT, values, |row| instant(row.recorded_at)).await?.pop();
        at.ok_or_else(|| bad_row("a change that is not in its user's history"))
    }
}

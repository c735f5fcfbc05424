//! Users and their history.

use std::{collections::BTreeMap, slice};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::ports::{History, StoreError, Taken, Users};
use passlink_domain::{
    EmailAddress, LanguageTag, LoginName, OrganisationId, Organisations, Sequence, User, UserEmail,
    UserEvent, UserHandle, UserId, UserState,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, IntoSimpleExpr,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, UpdateMany, Value,
    sea_query::{Expr, LockBehavior, LockType, UnionType, all},
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
        username_key: Set(user.username_key().map(|name| name.key().to_owned())),
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

/// The ids of two at the most who have this login name and for whom `within` holds. Each half has an index,
/// and the second leaves out whom the first has found.
fn named(key: &str, within: Condition) -> Select<Entity> {
    let some = |fits: Condition| {
        let rows = Entity::find().select_only().column(Column::Id).filter(fits);
        rows.filter(Column::State.ne(UserState::Removed.name())).filter(within.clone())
    };
    let by_address = all![
        Column::EmailKey.eq(key),
        Column::EmailVerified.into_simple_expr(),
        Column::UsernameKey.is_null().or(Column::UsernameKey.ne(key)),
    ];
    let mut named = some(all![Column::UsernameKey.eq(key)]).limit(2);
    QuerySelect::query(&mut named).union(UnionType::All, some(by_address).into_query());
    named
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

    /// Which key of this row another user of the organisation has.
    async fn taken_of(
        &mut self,
        user: &User,
        row: &ActiveModel,
    ) -> Result<Option<Taken>, StoreError> {
        let keys = [
            (Column::EmailKey, &row.email_key, Taken::Email as fn(UserId) -> Taken),
            (Column::UsernameKey, &row.username_key, Taken::Username),
        ];
        for (column, key, taken) in keys {
            let Set(Some(key)) = key else { continue };
            let there = Column::Organisation.eq(user.organisation.as_str());
            let others = Column::Id.ne(user.id.as_str());
            if let Some(owner) = self.find_id(all![there, column.eq(key.as_str()), others]).await? {
                return Ok(Some(taken(owner)));
            }
        }
        Ok(None)
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

    async fn users_named(
        &mut self,
        name: &LoginName,
        organisations: &Organisations,
    ) -> Result<Vec<UserId>, StoreError> {
        static IN_ONE: Prepared<Entity> =
            Prepared::new(|| named("", all![Column::Organisation.eq("")]));
        static ANYWHERE: Prepared<Entity> = Prepared::new(|| named("", Condition::all()));
        let (key, removed) = (|| name.key().into(), || UserState::Removed.name().into());
        let ids: Vec<String> = match organisations {
            Organisations::One(one) => {
                let one = || one.as_str().into();
                let values =
                    [key(), removed(), one(), key(), key(), removed(), one(), 2_u64.into()];
                self.query_columns(&IN_ONE, values, [Column::Id]).await?
            }
            Organisations::AllBut(others) if others.is_empty() => {
                let values = [key(), removed(), key(), key(), removed(), 2_u64.into()];
                self.query_columns(&ANYWHERE, values, [Column::Id]).await?
            }
            Organisations::AllBut(others) => {
                let others = others.iter().map(OrganisationId::as_str);
                let others = self.among(Column::Organisation, others);
                self.values(named(name.key(), all![others.not()]), [Column::Id]).await?
            }
        };
        ids.iter().map(|id| parsed(id)).collect()
    }

    async fn taken(&mut self, user: &User) -> Result<Option<Taken>, StoreError> {
        self.taken_of(user, &changeable(user)).await
    }

    async fn add_user(
        &mut self,
        user: &User,
        at: Timestamp,
    ) -> Result<Result<(), Taken>, StoreError> {
        if self.insert_new(user_row(user, at)).await? {
            return Ok(Ok(()));
        }
        if self.find_id(all![Column::Id.eq(user.id.as_str())]).await?.is_some() {
            return Ok(Err(Taken::Id(user.id.clone())));
        }
        if let Some(taken) = self.taken(user).await? {
            return Ok(Err(taken));
        }
        // What another user had a statement ago is free by now.
        self.fault = self.fault.or(Some(Fault::Conflict));
        Err(bad_row("what stood in a new user's way is gone"))
    }

    async fn change_user(&mut self, user: &User) -> Result<Result<(), Taken>, StoreError> {
        let Some(before) = self.user(&user.id).await? else { return Ok(Ok(())) };
        let mut columns = changeable(user);
        // Two users may have had one address or username under the rules of old; who keeps it keeps the key.
        let address = |user: &User| user.email.as_ref().map(|email| email.address.clone());
        if address(user) == address(&before) {
            columns.email_key = NotSet;
        }
        if user.username == before.username && user.state != UserState::Removed {
            columns.username_key = NotSet;
        }
        if let Some(taken) = self.taken_of(&before, &columns).await? {
            return Ok(Err(taken));
        }
        let change = Entity::update_many().set(columns);
        let change = change.filter(Column::Id.eq(user.id.as_str()));
        self.update_unless_taken(change).await.map(|_| Ok(()))
    }

    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError> {
        static USER: Prepared<Entity> = Prepared::new(find_by_id);
        let handle = self.query(&USER, [user.as_str().into()], |row| {
            row.handle.map(UserHandle::new).transpose().map_err(bad_row)
        });
        Ok(handle.await?.pop().flatten())
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

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

impl State {
    /// Who else of the organisation has what nobody is to have in common.
    fn other<K: PartialEq>(&self, user: &User, key: fn(&User) -> Option<K>) -> Option<UserId> {
        let wanted = key(user)?;
        let mut others = self
            .users
            .values()
            .filter(|other| other.id != user.id && other.organisation == user.organisation);
        let owner = others.find(|other| key(other).as_ref() == Some(&wanted));
        owner.map(|owner| owner.id.clone())
    }

    fn taken_of(&self, user: &User) -> Option<Taken> {
        let email = |user: &User| user.email.as_ref().map(|email| email.address.key());
        let email = self.other(user, email).map(Taken::Email);
        email.or_else(|| self.other(user, User::username_key).map(Taken::Username))
    }
}

#[async_trait]
impl Users for State {
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.user(id).await
    }

    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.users.get(id.as_str()).cloned())
    }

    async fn some_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.users.get(id.as_str()).cloned()).collect())
    }

    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let after = after.map(UserId::as_str).unwrap_or_default();
        let rest = self
            .users
            .iter()
            .filter(|(id, user)| id.as_str() > after && user.state != UserState::Removed);
        Ok(rest.take(limit as usize).map(|(_, user)| user.clone()).collect())
    }

    async fn users_named(
        &mut self,
        name: &LoginName,
        organisations: &Organisations,
    ) -> Result<Vec<UserId>, StoreError> {
        let named = self.users.values().filter(|user| user.is_named(name));
        let named = named.filter(|user| organisations.include(&user.organisation));
        Ok(named.take(2).map(|user| user.id.clone()).collect())
    }

    async fn taken(&mut self, user: &User) -> Result<Option<Taken>, StoreError> {
        Ok(self.taken_of(user))
    }

    async fn add_user(
        &mut self,
        user: &User,
        _at: Timestamp,
    ) -> Result<Result<(), Taken>, StoreError> {
        if self.users.contains_key(user.id.as_str()) {
            return Ok(Err(Taken::Id(user.id.clone())));
        }
        if let Some(taken) = self.taken_of(user) {
            return Ok(Err(taken));
        }
        self.users.insert(user.id.to_string(), user.clone());
        Ok(Ok(()))
    }

    async fn change_user(&mut self, user: &User) -> Result<Result<(), Taken>, StoreError> {
        if let Some(taken) = self.taken_of(user) {
            return Ok(Err(taken));
        }
        if let Some(there) = self.users.get_mut(user.id.as_str()) {
            let (organisation, sequence) = (there.organisation.clone(), there.sequence);
            *there = User { organisation, sequence, ..user.clone() };
        }
        Ok(Ok(()))
    }

    async fn handle_of(&mut self, user: &UserId) -> Result<Option<UserHandle>, StoreError> {
        Ok(self.handles.get(user.as_str()).cloned())
    }

    async fn set_handle(&mut self, user: &UserId, handle: &UserHandle) -> Result<bool, StoreError> {
        let mut others = self.handles.iter().filter(|(other, _)| *other != user.as_str());
        let taken = others.any(|(_, other)| other == handle);
        if !taken {
            self.handles.insert(user.to_string(), handle.clone());
        }
        Ok(!taken)
    }
}

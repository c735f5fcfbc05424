use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

impl State {
    /// Who has the address in the organisation, however the address is written.
    fn owner(&self, organisation: &OrganisationId, address: &EmailAddress) -> Option<&User> {
        let key = address.key();
        let has = |user: &User| user.email.as_ref().is_some_and(|it| it.address.key() == key);
        self.users.values().find(|user| user.organisation == *organisation && has(user))
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

    async fn owner_of(
        &mut self,
        organisation: &OrganisationId,
        address: &EmailAddress,
    ) -> Result<Option<UserId>, StoreError> {
        Ok(self.owner(organisation, address).map(|user| user.id.clone()))
    }

    async fn add_user(&mut self, user: &User, _at: Timestamp) -> Result<bool, StoreError> {
        let email = user.email.as_ref();
        let owner = email.and_then(|email| self.owner(&user.organisation, &email.address));
        let taken = owner.is_some() || self.users.contains_key(user.id.as_str());
        if !taken {
            self.users.insert(user.id.to_string(), user.clone());
        }
        Ok(!taken)
    }

    async fn change_user(&mut self, user: &User) -> Result<bool, StoreError> {
        let email = user.email.as_ref();
        let owner = email.and_then(|email| self.owner(&user.organisation, &email.address));
        let taken = owner.is_some_and(|owner| owner.id != user.id);
        if let Some(there) = self.users.get_mut(user.id.as_str()).filter(|_| !taken) {
            let (organisation, sequence) = (there.organisation.clone(), there.sequence);
            *there = User { organisation, sequence, ..user.clone() };
        }
        Ok(!taken)
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

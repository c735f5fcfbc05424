use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl Passkeys for State {
    async fn passkeys_of(&mut self, user: &UserId) -> Result<Vec<Passkey>, StoreError> {
        let mut own = self.passkeys.clone();
        own.retain(|it| it.user == *user && it.removed.is_none());
        own.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(own)
    }

    async fn passkeys_after(
        &mut self,
        user: Option<&UserId>,
        after: Option<&PasskeyId>,
        limit: u64,
    ) -> Result<Vec<Passkey>, StoreError> {
        let mut found: Vec<_> = self.passkeys.clone();
        found.retain(|it| it.removed.is_none() && user.is_none_or(|user| it.user == *user));
        found.retain(|it| after.is_none_or(|after| it.id > *after));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn had_passkeys(&mut self, user: &UserId) -> Result<bool, StoreError> {
        Ok(self.passkeys.iter().any(|passkey| passkey.user == *user))
    }

    async fn passkey(&mut self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError> {
        Ok(self.passkeys.iter().find(|passkey| passkey.id == *id).cloned())
    }

    async fn passkey_of_credential(
        &mut self,
        id: &CredentialId,
    ) -> Result<Option<Passkey>, StoreError> {
        let mut passkeys = self.passkeys.iter();
        let found = passkeys.find(|it| it.credential.id == *id && it.removed.is_none());
        Ok(found.cloned())
    }

    async fn note_sign_in(
        &mut self,
        id: &PasskeyId,
        sign_count: u32,
        backup_state: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for passkey in self.passkeys.iter_mut().filter(|passkey| passkey.id == *id) {
            (passkey.credential.sign_count, passkey.last_used) = (sign_count, Some(at));
            passkey.credential.backup_state = backup_state;
        }
        Ok(())
    }

    async fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool, StoreError> {
        let taken = self.passkeys.iter().any(|other| {
            let has_credential = other.credential.id == passkey.credential.id;
            other.id == passkey.id || other.removed.is_none() && has_credential
        });
        if !taken {
            self.passkeys.push(passkey.clone());
        }
        Ok(!taken)
    }

    async fn rename_passkey(&mut self, id: &PasskeyId, name: &Text) -> Result<(), StoreError> {
        for passkey in self.passkeys.iter_mut().filter(|passkey| passkey.id == *id) {
            passkey.name = name.clone();
        }
        Ok(())
    }

    async fn remove_passkey(&mut self, id: &PasskeyId, at: Timestamp) -> Result<bool, StoreError> {
        let mut passkeys = self.passkeys.iter_mut();
        let passkey = passkeys.find(|passkey| passkey.id == *id && passkey.removed.is_none());
        Ok(passkey.map(|passkey| passkey.removed = Some(at)).is_some())
    }

    async fn delete_passkeys_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.passkeys.retain(|passkey| passkey.user != *user);
        self.ceremonies.retain(|ceremony| ceremony.user != *user);
        self.handles.remove(user.as_str());
        Ok(())
    }
}

#[async_trait]
impl Ceremonies for State {
    async fn add_ceremony(&mut self, ceremony: &Ceremony, most: u64) -> Result<(), StoreError> {
        let place = |it: &Ceremony| (it.begun, it.id.clone());
        let own = self.ceremonies.iter().filter(|other| other.user == ceremony.user);
        // Those of a clock that was wrong don't make room as the newest.
        let latest = Ceremony::latest_begin(ceremony.begun);
        let mut kept: Vec<_> = own.filter(|it| it.begun <= latest).map(place).collect();
        kept.sort_by(|a, b| b.cmp(a));
        kept.truncate(most.saturating_sub(1) as usize);
        self.ceremonies.retain(|it| it.user != ceremony.user || kept.contains(&place(it)));
        self.ceremonies.push(ceremony.clone());
        Ok(())
    }

    async fn ceremony(&mut self, id: &PasskeyId) -> Result<Option<Ceremony>, StoreError> {
        Ok(self.ceremonies.iter().find(|ceremony| ceremony.id == *id).cloned())
    }

    async fn ceremonies_of(&mut self, user: &UserId) -> Result<Vec<Ceremony>, StoreError> {
        let own = self.ceremonies.iter().filter(|ceremony| ceremony.user == *user);
        Ok(own.cloned().collect())
    }

    async fn end_ceremony(&mut self, id: &PasskeyId) -> Result<bool, StoreError> {
        let before = self.ceremonies.len();
        self.ceremonies.retain(|ceremony| ceremony.id != *id);
        Ok(self.ceremonies.len() < before)
    }
}

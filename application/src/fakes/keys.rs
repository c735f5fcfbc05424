use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

/// Whether a link works, or can be resent when its time has run out.
pub fn needs_its_key(link: &PasskeyLink, expired_after: Timestamp) -> bool {
    let can_work = !link.state.is_final() || link.state == LinkState::Expired;
    can_work && link.expires > expired_after
}

/// Whether a code of this key can undo the registration.
pub fn is_undone_by(passkey: &Passkey, key: &KeyId, now: Timestamp) -> bool {
    undo(passkey, now).is_some_and(|undo| undo.key == *key)
}

fn undo(passkey: &Passkey, now: Timestamp) -> Option<&Undo> {
    passkey.undo.as_ref().filter(|undo| passkey.removed.is_none() && undo.until > now)
}

#[async_trait]
impl KeyNeeds for State {
    async fn keys_needed(
        &mut self,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<KeyNeed>, StoreError> {
        let links = self.links.iter().filter(|link| needs_its_key(link, expired_after));
        let links = links.map(|link| (&link.key, Some(link.expires), None));
        let undos = self.passkeys.iter().filter_map(|passkey| undo(passkey, now));
        let undos = undos.map(|undo| (&undo.key, None, Some(undo.until)));
        let mut needs = BTreeMap::new();
        for (key, expiry, undo) in links.chain(undos) {
            let none = KeyNeed { key: key.clone(), last_expiry: None, last_undo: None };
            let need = needs.entry(key.to_string()).or_insert(none);
            need.last_expiry = need.last_expiry.max(expiry);
            need.last_undo = need.last_undo.max(undo);
        }
        Ok(needs.into_values().collect())
    }

    async fn users_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> Result<KeyUsers, StoreError> {
        let links = self.links.iter().filter(|link| link.key == *key);
        let links = links.filter(|link| needs_its_key(link, expired_after)).count() as u64;
        let passkeys = self.passkeys.iter().filter(|passkey| is_undone_by(passkey, key, now));
        Ok(KeyUsers { links, passkeys: passkeys.count() as u64 })
    }
}

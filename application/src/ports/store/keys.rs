//! Which keys are needed, and which were retired.

use std::ops::AddAssign;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::{KeyId, PasskeyLink};

use crate::ports::StoreResult;

/// A key that is needed: codes of it open something, or are for links that can be resent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNeed {
    pub key: KeyId,
    /// When the last of the links that need it stops to work.
    pub last_expiry: Option<Timestamp>,
    /// Until when the last of the passkeys that need it can have its registration undone.
    pub last_undo: Option<Timestamp>,
}

impl KeyNeed {
    /// When the key is no longer needed, if nothing else is made with it.
    pub fn until(&self) -> Timestamp {
        let links = self.last_expiry.map(PasskeyLink::resend_end);
        links.max(self.last_undo).unwrap_or(Timestamp::MIN)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsers {
    pub links: u64,
    /// Passkeys whose registration can be undone.
    pub passkeys: u64,
}

/// Which keys are needed. Links need their key while they are open, and while they can be resent:
/// those that expired after `expired_after`. Passkeys need theirs while their registration can be
/// undone at `now`.
#[async_trait]
pub trait KeyNeeds {
    /// The keys that are needed, by id.
    async fn keys_needed(
        &mut self,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> StoreResult<Vec<KeyNeed>>;
    async fn users_of_key(
        &mut self,
        key: &KeyId,
        expired_after: Timestamp,
        now: Timestamp,
    ) -> StoreResult<KeyUsers>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    pub key: KeyId,
    pub at: Timestamp,
}

/// How much ended with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedByKey {
    pub links: u64,
    /// Links that had expired and could have been resent.
    pub resends: u64,
    /// Codes that undo a registration.
    pub undos: u64,
    pub ceremonies: u64,
}

impl AddAssign for EndedByKey {
    fn add_assign(&mut self, more: Self) {
        self.links += more.links;
        self.resends += more.resends;
        self.undos += more.undos;
        self.ceremonies += more.ceremonies;
    }
}

/// Keys that were retired at once, from which nothing is derived any more.
#[async_trait]
pub trait RetiredKeys {
    async fn is_retired(&mut self, key: &KeyId) -> StoreResult<bool>;
    /// All of them, by id.
    async fn retired_keys(&mut self) -> StoreResult<Vec<RetiredKey>>;
    /// Remembers that the key was retired; one that was before stays as it was.
    async fn retire_key(&mut self, key: &KeyId, at: Timestamp) -> StoreResult<()>;
    /// Revokes up to `limit` links that need the key, as [`KeyNeeds`] says, ends its ceremonies, and
    /// lets up to `limit` undo codes be derived from `newer` instead; returns how many there were, or
    /// `None` when there is nothing left.
    async fn end_batch_that_needs(
        &mut self,
        key: &KeyId,
        newer: &KeyId,
        (expired_after, now): (Timestamp, Timestamp),
        limit: u64,
    ) -> StoreResult<Option<EndedByKey>>;
}

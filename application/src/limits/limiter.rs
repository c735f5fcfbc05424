//! How often something may happen in a minute, for each of many keys.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::ports::Clock;

const MINUTE: Duration = Duration::from_secs(60);
/// How many keys are remembered: those that were counted last.
const KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99_999);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What is counted as one client: an IPv4 address, or the /64 that an IPv6 host picks its
    /// addresses from.
    pub fn network(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
            v4 => v4,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many; the next one is possible in {} s", retry_after.as_secs())]
pub struct TooMany {
    /// How long to wait, in whole seconds, at least one.
    pub retry_after: Duration,
}

/// What is counted. Of a thing, whose id may be anything that somebody sent, only a digest is kept.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Client(IpAddr),
    Thing([u8; 32]),
}

/// Counts by key; each key has its own minute, by a clock that nobody sets. Memory is bounded.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    interval: Duration,
    /// For each key, when all that was counted will have been paid off: by the generic cell rate
    /// algorithm, one `interval` for each count.
    paid_off: Mutex<LruCache<Key, Duration>>,
}

impl Limiter {
    /// Allows `limit` in a minute; 0 counts as 1.
    pub fn per_minute(limit: u32, clock: Arc<dyn Clock>) -> Self {
        let interval = MINUTE / limit.max(1);
        // A cache with a bound from the beginning takes the memory for all its keys.
        let mut paid_off = LruCache::unbounded();
        paid_off.resize(KEYS);
        Self { clock, interval, paid_off: Mutex::new(paid_off) }
    }

    /// Counts one more for a client.
    ///
    /// Errors: [`TooMany`], not counted, when it is more than is allowed.
    pub fn count_client(&self, client: ClientAddress) -> Result<(), TooMany> {
        self.count(Key::Client(client.network()))
    }

    /// Whether one more would be counted for a client.
    pub fn has_room_for(&self, client: ClientAddress) -> bool {
        let now = self.clock.steady();
        let paid_off = self.paid_off.lock().unwrap_or_else(PoisonError::into_inner);
        let before = paid_off.peek(&Key::Client(client.network())).copied().unwrap_or(now).max(now);
        before.saturating_add(self.interval).saturating_sub(now) <= MINUTE
    }

    /// Counts one more for a thing of this kind and id.
    ///
    /// Errors: [`TooMany`], not counted, when it is more than is allowed.
    pub fn count_thing(&self, kind: &str, id: &str) -> Result<(), TooMany> {
        self.count(Key::Thing(Sha256::digest(format!("{kind} {id}")).into()))
    }

    fn count(&self, key: Key) -> Result<(), TooMany> {
        let now = self.clock.steady();
        let mut paid_off = self.paid_off.lock().unwrap_or_else(PoisonError::into_inner);
        let before = paid_off.get(&key).copied().unwrap_or(now).max(now);
        let after = before.saturating_add(self.interval);
        let ahead = after.saturating_sub(now);
        if ahead > MINUTE {
            let seconds = (ahead - MINUTE).as_secs_f64().ceil().max(1.0);
            return Err(TooMany { retry_after: Duration::from_secs(seconds as u64) });
        }
        paid_off.put(key, after);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! New identifiers: UUIDv7 (RFC 9562, section 5.7), so that they sort by time.

use jiff::Timestamp;
use uuid::Uuid;

use crate::ports::Random;

pub(crate) fn new_id<T: From<Uuid>>(now: Timestamp, random: &dyn Random) -> T {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().into()
}

/// A random UUID (UUIDv4): it says nothing about what it names.
pub(crate) fn random_uuid(random: &dyn Random) -> Uuid {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

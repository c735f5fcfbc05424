//! New identifiers: UUIDv7 (RFC 9562, section 5.7), so that they sort by time.

use std::str::FromStr;

use jiff::Timestamp;
use passlink_domain::IdError;

use crate::ports::{Random, StoreError};

/// A new identifier. No UUID is refused, so the error doesn't occur.
pub(crate) fn new_id<T: FromStr<Err = IdError>>(
    now: Timestamp,
    random: &dyn Random,
) -> Result<T, StoreError> {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes)
        .into_uuid()
        .to_string()
        .parse()
        .map_err(|error: IdError| StoreError::Broken(error.into()))
}

/// A random UUID (UUIDv4), which tells nothing.
pub(crate) fn random_uuid(random: &dyn Random) -> [u8; 16] {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes()
}

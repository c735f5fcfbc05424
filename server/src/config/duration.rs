//! Durations as people write them: `90s`, `1h 30m`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use validator::ValidationError;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// Reads a duration, for `#[serde(deserialize_with = …)]`.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    humantime::parse_duration(&String::deserialize(deserializer)?).map_err(Error::custom)
}

/// Checks the range; validator's own has no durations.
pub(super) fn within(value: Duration, min: Duration, max: Duration) -> Result<(), ValidationError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(ValidationError::new("range")) }
}

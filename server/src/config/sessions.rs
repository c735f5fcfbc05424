use std::time::Duration;

use passlink_domain::MAX_SESSION_LIFETIME;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use smart_default::SmartDefault;

use super::values::{duration, write_duration};

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sessions {
    /// How long a session lasts whose caller does not say. Must be a duration from 1m to 30d, such as 12h.
    #[default(Duration::from_hours(12))]
    #[serde(deserialize_with = "lifetime", serialize_with = "write_duration")]
    #[schemars(with = "String")]
    pub lifetime: Duration,
}

fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_secs(60)..=MAX_SESSION_LIFETIME)
}

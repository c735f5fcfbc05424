use std::time::Duration;

use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::{
    duration::{self, HOUR, MINUTE},
    key::{Key, Section},
};

/// `[links]`: how long links live, and how many a user may have.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Links {
    /// How long a link works, 1 minute to 24 hours. Default `1h`.
    #[serde(deserialize_with = "duration::read")]
    #[validate(custom(function = is_lifetime))]
    pub lifetime: Duration,
    /// How long after a mailed link a user can have the next one, 0 seconds to 1 hour.
    /// Default `60s`.
    #[serde(deserialize_with = "duration::read")]
    #[validate(custom(function = is_cooldown))]
    pub cooldown: Duration,
    /// Most links a user can have in an hour, 1 to 100. Default 5.
    #[validate(range(min = 1, max = 100))]
    pub max_per_hour: u32,
    /// Whether callers can have links returned to them instead of mailed. Default `true`.
    pub allow_returned_codes: bool,
}

impl Section for Links {
    const NAME: &'static str = "links";
    const KEYS: &'static [Key] = &[
        Key::text("lifetime", "How long a link works", "a duration from 1m to 24h, such as 1h"),
        Key::text(
            "cooldown",
            "How long after a mailed link a user can have the next one",
            "a duration from 0s to 1h, such as 60s",
        ),
        Key::number("max_per_hour", "Links that a user can have in an hour", 1, 100),
        Key::flag(
            "allow_returned_codes",
            "Whether callers can have links returned to them instead of mailed",
        ),
    ];
}

impl Default for Links {
    fn default() -> Self {
        Self { lifetime: HOUR, cooldown: MINUTE, max_per_hour: 5, allow_returned_codes: true }
    }
}

fn is_lifetime(value: &Duration) -> Result<(), ValidationError> {
    duration::within(*value, MINUTE, 24 * HOUR)
}

fn is_cooldown(value: &Duration) -> Result<(), ValidationError> {
    duration::within(*value, Duration::ZERO, HOUR)
}

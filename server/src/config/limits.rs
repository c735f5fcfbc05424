use serde::Deserialize;
use validator::Validate;

use super::key::{Key, Section};

/// `[limits]`: what the server does at the most.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Limits {
    /// Most requests answered at a time, 1 to 100000; one more is refused. Default 1024.
    #[validate(range(min = 1, max = 100_000))]
    pub concurrent_requests: u32,
}

impl Section for Limits {
    const NAME: &'static str = "limits";
    const KEYS: &'static [Key] = &[Key::number(
        "concurrent_requests",
        "Requests answered at a time; one more gets code 8",
        1,
        100_000,
    )];
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrent_requests: 1024 }
    }
}

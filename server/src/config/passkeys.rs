use serde::Deserialize;
use validator::Validate;

use super::key::{Key, Section};

/// `[passkeys]`: how many passkeys there may be.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Passkeys {
    /// Most passkeys of a user, 1 to 100. Default 20.
    #[validate(range(min = 1, max = 100))]
    pub max_per_user: u32,
}

impl Section for Passkeys {
    const NAME: &'static str = "passkeys";
    const KEYS: &'static [Key] =
        &[Key::number("max_per_user", "Passkeys that a user can have", 1, 100)];
}

impl Default for Passkeys {
    fn default() -> Self {
        Self { max_per_user: 20 }
    }
}

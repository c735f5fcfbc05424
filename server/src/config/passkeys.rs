use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Passkeys {
    /// Passkeys that a user can have.
    #[default = 20]
    #[schemars(range(min = 1, max = 100))]
    pub max_per_user: u32,
}

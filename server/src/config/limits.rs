use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

#[derive(Debug, Clone, SmartDefault, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Wrong codes in a minute from an IP address, and for a link; one more gets code 8. A right code
    /// works all the same.
    #[default = 10]
    #[schemars(range(min = 1, max = 10_000))]
    pub wrong_codes_per_minute: u32,
    /// Wrong bearer tokens in a minute from an IP address; one more gets code 8. A right token works
    /// all the same, unless its issuer would have to be asked about it.
    #[default = 30]
    #[schemars(range(min = 1, max = 10_000))]
    pub wrong_tokens_per_minute: u32,
    /// Pages that an IP address gets in a minute.
    #[default = 60]
    #[schemars(range(min = 1, max = 10_000))]
    pub pages_per_minute: u32,
    /// Links that are mailed to a mailbox in an hour, whichever users they are for; one more gets
    /// code 8. Case and what follows `+` are ignored. Mails about a passkey are always sent, and don't
    /// count.
    #[default = 10]
    #[schemars(range(min = 1, max = 1_000))]
    pub mails_per_mailbox: u32,
    /// Links that are mailed for the users of an organisation in an hour; one more gets code 8. Without
    /// it there is no such limit. All nodes need the same. Mails about a passkey are always sent, and
    /// don't count.
    #[schemars(range(min = 1, max = 1_000_000), example = 1000)]
    pub mails_per_hour: Option<u32>,
    /// Requests answered at a time; others wait, and get code 8 at their deadline.
    #[default = 1024]
    #[schemars(range(min = 1, max = 100_000))]
    pub concurrent_requests: u32,
}

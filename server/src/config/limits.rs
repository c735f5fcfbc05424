use serde::Deserialize;
use validator::Validate;

use super::key::{Key, Section};

/// `[limits]`: what the server does at the most.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(default)]
pub struct Limits {
    /// Most wrong codes from an IP address, and for a link, in a minute, 1 to 10000. Default 10.
    #[validate(range(min = 1, max = 10_000))]
    pub wrong_codes_per_minute: u32,
    /// Most wrong bearer tokens from an IP address in a minute, 1 to 10000. Default 30.
    #[validate(range(min = 1, max = 10_000))]
    pub wrong_tokens_per_minute: u32,
    /// Most pages that an IP address gets in a minute, 1 to 10000. Default 60.
    #[validate(range(min = 1, max = 10_000))]
    pub pages_per_minute: u32,
    /// Most links mailed to a mailbox in an hour, whosever they are, 1 to 1000. Default 10.
    #[validate(range(min = 1, max = 1_000))]
    pub mails_per_mailbox: u32,
    /// Most requests answered at a time, 1 to 100000; others wait. Default 1024.
    #[validate(range(min = 1, max = 100_000))]
    pub concurrent_requests: u32,
}

impl Section for Limits {
    const NAME: &'static str = "limits";
    const KEYS: &'static [Key] = &[
        Key::number(
            "wrong_codes_per_minute",
            "Wrong codes from an IP address, and for a link; one more gets code 8. A right code works \
             all the same",
            1,
            10_000,
        ),
        Key::number(
            "wrong_tokens_per_minute",
            "Wrong bearer tokens from an IP address; one more gets code 8. A right token works all \
             the same",
            1,
            10_000,
        ),
        Key::number("pages_per_minute", "Pages that an IP address gets", 1, 10_000),
        Key::number(
            "mails_per_mailbox",
            "Links that are mailed to a mailbox in an hour, whichever users they are for; one more gets code 8. \
             Case, and what follows `+`, are set aside. Mails that tell of a passkey always go out, and \
             don't count",
            1,
            1_000,
        ),
        Key::number(
            "concurrent_requests",
            "Requests answered at a time; others wait, and get code 8 at their deadline",
            1,
            100_000,
        ),
    ];
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wrong_codes_per_minute: 10,
            wrong_tokens_per_minute: 30,
            pages_per_minute: 60,
            mails_per_mailbox: 10,
            concurrent_requests: 1024,
        }
    }
}

//! How much was mailed for the users of an organisation, by the minute.

use jiff::Timestamp;

/// The minutes that an hour touches: the one that it ends in, and the 60 before.
pub const MINUTES: i32 = 61;
const SECONDS: i64 = 60;

/// A minute, by how many there were since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i32);

/// How many links were mailed in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailedMinute {
    pub minute: Minute,
    pub mails: u64,
}

impl Minute {
    pub fn of(at: Timestamp) -> Self {
        let number = at.as_second().div_euclid(SECONDS);
        Self(number.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
    }

    pub fn recorded(number: i32) -> Self {
        Self(number)
    }

    pub fn number(self) -> i32 {
        self.0
    }

    pub fn later(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * SECONDS).unwrap_or(Timestamp::MAX)
    }

    /// What is in no hour that ends in this minute is before this one.
    pub fn counts_from(self) -> Self {
        self.later(1 - MINUTES)
    }

    /// Whether only a clock that was ahead can have recorded something in `self`, when it is `now`. The
    /// next minute is none such: calls wait for each other while a minute ends.
    pub fn is_ahead_of(self, now: Self) -> bool {
        self > now.later(1)
    }
}

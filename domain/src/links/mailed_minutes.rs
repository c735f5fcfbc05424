//! How much was mailed for the users of an organisation, by the minute.

use jiff::Timestamp;

/// The minutes that an hour touches: the one that it ends in, and the 60 before.
pub(crate) const MINUTES: i32 = 61;
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

/// How many links were mailed in the last hour: the minutes in which some were, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailedMinutes(pub Vec<MailedMinute>);

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

    pub(crate) fn later(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// When it begins.
    pub(crate) fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * SECONDS).unwrap_or(Timestamp::MAX)
    }

    /// What is in no hour that ends in this minute is before this one.
    pub fn counts_from(self) -> Self {
        self.later(1 - MINUTES)
    }

    /// Whether only a clock that was ahead can have recorded something in `self`, when it is `now`. The
    /// next minute is none such: calls wait for each other while a minute ends.
    fn is_ahead_of(self, now: Self) -> bool {
        self > now.later(1)
    }
}

impl MailedMinutes {
    /// Whether a clock was ahead that counted some of them.
    pub(crate) fn are_ahead_of(&self, now: Minute) -> bool {
        self.0.first().is_some_and(|newest| newest.minute.is_ahead_of(now))
    }

    /// Those that count in the hour that ends in the minute `now`.
    #[must_use]
    pub(crate) fn counting_at(&self, now: Minute) -> Self {
        let counts = |mailed: &&MailedMinute| mailed.minute >= now.counts_from();
        Self(self.0.iter().filter(counts).copied().collect())
    }

    /// The same, where a clock that was ahead counts as having counted `now`.
    #[must_use]
    pub fn set_before(self, now: Minute) -> Self {
        if !self.are_ahead_of(now) {
            return self;
        }
        let mut set = Self::default();
        for MailedMinute { minute, mails } in self.0.into_iter().rev() {
            set.add(minute.min(now), mails);
        }
        set
    }

    /// Adds mails in a minute that is not before the newest.
    pub(crate) fn add(&mut self, minute: Minute, mails: u64) {
        match self.0.first_mut() {
            Some(newest) if newest.minute >= minute => newest.mails += mails,
            _ => self.0.insert(0, MailedMinute { minute, mails }),
        }
    }
}

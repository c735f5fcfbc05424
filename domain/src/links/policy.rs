//! How long links live, how many of them a user may have, and until when one can be resent.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    LinkState, MailedMinutes, Minute, PasskeyLink,
    links::mailed_minutes::MINUTES,
    time::{earlier, later},
};

/// What counts towards a user's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentLinks {
    /// When the links of the last hour were requested ([`LinkPolicy::counts_from`]), the newest
    /// first; it may be cut after `max_per_hour` of them.
    pub requested: Vec<Timestamp>,
    /// When the newest mailed one of them was requested.
    pub last_mailed: Option<Timestamp>,
}

/// A link that is open, as far as it counts towards a user's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLink {
    pub requested: Timestamp,
    pub expires: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkPolicy {
    /// How long a link works, at most [`MAX_LIFETIME`].
    pub lifetime: Duration,
    /// How long after a mailed link the next one may be mailed.
    pub cooldown: Duration,
    /// How many links a user may request in an hour.
    pub max_per_hour: u32,
    /// How many links may be mailed to a mailbox in an hour, for all its users together.
    pub max_per_mailbox: u32,
    /// How many links may be mailed in an hour for the users of an organisation; any number, if not set.
    pub max_per_organisation: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many links; the next one is possible in {} s", retry_after.as_secs())]
pub struct TooManyLinks {
    /// How long to wait, in whole seconds, at least one.
    pub retry_after: Duration,
    /// Whether one of them is recorded as requested later than now.
    pub clock_was_ahead: bool,
}

pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after it expired a link can be resent.
const RESEND_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The time that [`LinkPolicy::max_per_hour`] and [`LinkPolicy::max_per_mailbox`] count in.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How many returned links of a user may be open.
pub const MAX_RETURNED: usize = 10;

impl RecentLinks {
    /// Whether one is recorded as requested after `now`: a clock was ahead.
    pub fn are_ahead_of(&self, now: Timestamp) -> bool {
        self.requested.first().is_some_and(|newest| *newest > now)
    }
}

// A clock can be set back. What then lies in the future counts as recorded now, so that nobody waits
// longer than after a link that was requested this moment.
impl LinkPolicy {
    /// The time from which on links, and mails to a mailbox, count towards the hourly limits.
    pub fn counts_from(now: Timestamp) -> Timestamp {
        earlier(now, HOUR)
    }

    /// The time from which on returned links count as open.
    pub fn open_from(&self, now: Timestamp) -> Timestamp {
        earlier(now, self.lifetime)
    }

    /// When a link requested now stops to work.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        later(now, self.lifetime)
    }

    /// Decides whether another link may be mailed.
    pub fn allows_mail(&self, recent: &RecentLinks, now: Timestamp) -> Result<(), TooManyLinks> {
        // Without a cooldown, the last link sets no wait, even if another node's clock dated it ahead.
        let newest = recent.last_mailed.filter(|_| !self.cooldown.is_zero());
        let cooled = newest.map(|newest| later(newest.min(now), self.cooldown));
        allowed_from(cooled.max(self.room_in_the_hour(recent, now)), recent, now)
    }

    /// The wait for a mailbox that has had all the links of an hour; they were mailed at `mails`, the
    /// newest first.
    pub fn mailbox_is_full(&self, mails: &[Timestamp], now: Timestamp) -> TooManyLinks {
        let room = nth(mails, self.max_per_mailbox).map(|at| later(at.min(now), HOUR));
        TooManyLinks {
            retry_after: whole_seconds_until(room.unwrap_or(now), now),
            clock_was_ahead: mails.first().is_some_and(|newest| *newest > now),
        }
    }

    /// Counts another mailed link for the users of an organisation, which may have `most` in an hour.
    pub fn counts_for_organisation(
        most: u32,
        mailed: &MailedMinutes,
        now: Timestamp,
    ) -> Result<MailedMinutes, TooManyLinks> {
        let this = Minute::of(now);
        let counting = mailed.counting_at(this);
        match organisation_is_full(most, &counting, now) {
            Some(limit) => Err(limit),
            None => {
                let mut mailed = counting.set_before(this);
                mailed.add(this, 1);
                Ok(mailed)
            }
        }
    }

    /// Decides whether another link may be returned to its caller. `open` are those returned links of
    /// the user that are open ([`Self::open_from`]).
    pub fn allows_return(
        &self,
        recent: &RecentLinks,
        open: &[OpenLink],
        now: Timestamp,
    ) -> Result<(), TooManyLinks> {
        let ends = |link: &OpenLink| link.expires.min(self.expiry(link.requested.min(now)));
        let first_end = if open.len() < MAX_RETURNED { None } else { open.iter().map(ends).min() };
        allowed_from(first_end.max(self.room_in_the_hour(recent, now)), recent, now)
    }

    /// When there is room for another link in the hour; `None` when there is now.
    fn room_in_the_hour(&self, recent: &RecentLinks, now: Timestamp) -> Option<Timestamp> {
        nth(&recent.requested, self.max_per_hour).map(|oldest| later(oldest.min(now), HOUR))
    }
}

impl PasskeyLink {
    /// Whether a new link can be mailed in its place: it has expired, and not too long ago.
    pub fn can_be_resent_at(&self, now: Timestamp) -> bool {
        self.clone().seen_at(now).state == LinkState::Expired
            && now < Self::resend_end(self.expires)
    }

    /// When a link that expires then can no longer be resent.
    pub fn resend_end(expires: Timestamp) -> Timestamp {
        later(expires, RESEND_FOR)
    }

    /// Links that expired after this can be resent at `now`.
    pub fn resend_cutoff(now: Timestamp) -> Timestamp {
        earlier(now, RESEND_FOR)
    }
}

/// The wait for an organisation whose users have had all the links of an hour.
fn organisation_is_full(
    most: u32,
    counting: &MailedMinutes,
    now: Timestamp,
) -> Option<TooManyLinks> {
    let (this, mut mails) = (Minute::of(now), 0);
    let last = counting.0.iter().find(|counted| {
        mails += counted.mails;
        mails >= u64::from(most)
    });
    let clock_was_ahead = counting.are_ahead_of(this);
    let last =
        last.map(|last| if clock_was_ahead { last.minute.min(this) } else { last.minute })?;
    let room = last.later(MINUTES).start();
    Some(TooManyLinks { retry_after: whole_seconds_until(room, now), clock_was_ahead })
}

/// The last of the first `count`, if there are as many.
fn nth(newest_first: &[Timestamp], count: u32) -> Option<Timestamp> {
    let last = usize::try_from(count).ok()?.checked_sub(1)?;
    newest_first.get(last).copied()
}

fn allowed_from(
    at: Option<Timestamp>,
    recent: &RecentLinks,
    now: Timestamp,
) -> Result<(), TooManyLinks> {
    match at {
        Some(at) if at > now => Err(TooManyLinks {
            retry_after: whole_seconds_until(at, now),
            clock_was_ahead: recent.are_ahead_of(now),
        }),
        _ => Ok(()),
    }
}

/// Rounds up, so that a caller who waits that long is not refused again.
fn whole_seconds_until(at: Timestamp, now: Timestamp) -> Duration {
    let left = at.duration_since(now).as_millis_f64() / 1000.0;
    Duration::from_secs(left.ceil().max(1.0) as u64)
}

#[cfg(test)]
mod tests;

//! Passkey registration links: their life, and how many of them a user may have.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    CodeBinding, EmailAddress, KeyId, LinkId, OrganisationId, Purpose, Text, TokenId, UrlTemplate,
    User, UserId,
};

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Recorded; its mail is not out yet.
    Requested,
    /// The mail server accepted its mail.
    Sent,
    /// The mail server refused its mail for good. An operator may have it tried again.
    Undeliverable,
    /// A passkey was registered with it.
    Redeemed,
    /// Its time ran out.
    Expired,
    /// The mail with a newer link was accepted.
    Replaced,
    /// It was revoked, or what it rested on (user, address) changed.
    Revoked,
}

impl LinkState {
    /// Whether nothing can become of the link any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Requested | Self::Sent | Self::Undeliverable)
    }
}

/// How a link reaches its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// By mail to this address, and to no other: a changed address ends the link.
    Mail(EmailAddress),
    /// Handed to the caller, who brings it to the user.
    Returned,
}

/// A link that registers a passkey for one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyLink {
    /// Identifies the link.
    pub id: LinkId,
    /// Whose passkey it registers.
    pub user: UserId,
    /// The user's organisation.
    pub organisation: OrganisationId,
    /// How it reaches the user.
    pub delivery: Delivery,
    /// The host that its code is bound to.
    pub domain: String,
    /// The key that its codes are derived from.
    pub key: KeyId,
    /// What it was requested with (the token's name), for the mail's reader.
    pub requested_by: Option<Text>,
    /// The token that it was requested with; none for one that an operator made.
    pub token: Option<TokenId>,
    /// The page that it leads to, in place of the usual one.
    pub url_template: Option<UrlTemplate>,
    /// When it was requested.
    pub requested: Timestamp,
    /// When it stops to work.
    pub expires: Timestamp,
    /// What became of it.
    pub state: LinkState,
}

/// A link whose state is final was asked to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is {0:?} already")]
pub struct LinkClosed(pub LinkState);

impl PasskeyLink {
    /// Whether the link still opens something.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        !self.state.is_final() && now < self.expires
    }

    /// Whether the link is for its user as the user is now: one who may act and, for a mailed link,
    /// still has the address that it was mailed to.
    pub fn is_for(&self, user: &User) -> bool {
        match &self.delivery {
            Delivery::Mail(address) => user.reachable_at() == Ok(address),
            Delivery::Returned => user.active().is_ok(),
        }
    }

    /// Whether the link still opens something for its user as the user is now.
    pub fn serves(&self, user: &User, now: Timestamp) -> bool {
        self.is_for(user) && self.is_open_at(now)
    }

    /// Whether a new link can be mailed in its place: it has expired, and not too long ago.
    pub fn can_be_resent_at(&self, now: Timestamp) -> bool {
        let forgotten = later(self.expires, RESEND_FOR);
        self.clone().seen_at(now).state == LinkState::Expired && now < forgotten
    }

    /// The link as somebody who looks at `now` should see it: expired when its time has run out.
    #[must_use]
    pub fn seen_at(self, now: Timestamp) -> Self {
        match self.state.is_final() || now < self.expires {
            true => self,
            false => Self { state: LinkState::Expired, ..self },
        }
    }

    /// What the code of this link for `purpose` is bound to.
    pub fn code_binding(&self, purpose: Purpose) -> CodeBinding<'_> {
        CodeBinding {
            purpose,
            domain: &self.domain,
            subject: self.id.as_str(),
            user: &self.user,
            expires: self.expires,
        }
    }

    /// Moves the link to `state`. A link in a final state stays there, an expired one can't be
    /// redeemed, and one that was sent is not requested again.
    pub fn becomes(self, state: LinkState, now: Timestamp) -> Result<Self, LinkClosed> {
        if self.state.is_final() || state == LinkState::Requested {
            return Err(LinkClosed(self.state));
        }
        if state == LinkState::Redeemed && now >= self.expires {
            return Err(LinkClosed(LinkState::Expired));
        }
        Ok(Self { state, ..self })
    }
}

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
    /// When it was requested.
    pub requested: Timestamp,
    /// When it stops to work.
    pub expires: Timestamp,
}

/// How long links live, and how many a user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkPolicy {
    /// How long a link works.
    pub lifetime: Duration,
    /// How long after a mailed link the next one may be mailed.
    pub cooldown: Duration,
    /// How many links a user may request in an hour.
    pub max_per_hour: u32,
    /// How many links may be mailed to a mailbox in an hour, whosever they are.
    pub max_per_mailbox: u32,
}

/// A user has had too many links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many links; the next one is possible in {} s", retry_after.as_secs())]
pub struct TooManyLinks {
    /// How long to wait, in whole seconds, at least one.
    pub retry_after: Duration,
    /// Whether one of them is recorded as requested later than now.
    pub clock_was_ahead: bool,
}

/// The span that [`LinkPolicy::max_per_hour`] counts in.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How long after it expired a link can be resent.
pub const RESEND_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How many returned links of a user may be open.
pub const MAX_RETURNED: usize = 10;

impl RecentLinks {
    /// Whether one is recorded as requested after `now`: a clock was ahead.
    pub fn are_ahead_of(&self, now: Timestamp) -> bool {
        self.requested.first().is_some_and(|newest| *newest > now)
    }
}

// A clock can be set back. What lies ahead then counts as recorded now, so that nobody is told to
// wait for longer than from a link that was requested this moment.
impl LinkPolicy {
    /// The time from which on links count towards the hourly limit.
    pub fn counts_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(HOUR).unwrap_or(Timestamp::MIN)
    }

    /// The time from which on returned links count as open.
    pub fn open_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.lifetime).unwrap_or(Timestamp::MIN)
    }

    /// When a link requested now stops to work.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        later(now, self.lifetime)
    }

    /// Decides whether another link may be mailed.
    pub fn allows_mail(&self, recent: &RecentLinks, now: Timestamp) -> Result<(), TooManyLinks> {
        // The clock of another node may be ahead: where there is no cooldown, that is none either.
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

    /// Decides whether another link may be returned to its caller. `open` are those returned links of
    /// the user that are open ([`Self::open_from`]).
    pub fn allows_return(
        &self,
        recent: &RecentLinks,
        open: &[OpenLink],
        now: Timestamp,
    ) -> Result<(), TooManyLinks> {
        let place = match open.len() < MAX_RETURNED {
            true => None,
            false => {
                open.iter().map(|link| link.expires.min(self.expiry(link.requested.min(now)))).min()
            }
        };
        allowed_from(place.max(self.room_in_the_hour(recent, now)), recent, now)
    }

    /// When there is room for another link in the hour; `None` when there is now.
    fn room_in_the_hour(&self, recent: &RecentLinks, now: Timestamp) -> Option<Timestamp> {
        nth(&recent.requested, self.max_per_hour).map(|oldest| later(oldest.min(now), HOUR))
    }
}

/// The last of the first `count`, if there are as many.
fn nth(newest_first: &[Timestamp], count: u32) -> Option<Timestamp> {
    let last = usize::try_from(count).ok()?.checked_sub(1)?;
    newest_first.get(last).copied()
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
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

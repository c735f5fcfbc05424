//! Passkey registration links: their life, and how many of them a user may have.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{CodeBinding, EmailAddress, KeyId, LinkId, OrganisationId, Purpose, Text, UserId};

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
    /// Its time ran out before it was delivered.
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

/// How long links live, and how many a user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkPolicy {
    /// How long a link works.
    pub lifetime: Duration,
    /// How long after a mailed link the next one may be mailed.
    pub cooldown: Duration,
    /// How many links a user may request in an hour.
    pub max_per_hour: u32,
}

/// A user has had too many links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many links; the next one is possible in {} s", retry_after.as_secs())]
pub struct TooManyLinks {
    /// How long to wait, in whole seconds, at least one.
    pub retry_after: Duration,
}

/// The span that [`LinkPolicy::max_per_hour`] counts in.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl LinkPolicy {
    /// The time from which on links count towards the hourly limit.
    pub fn counts_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(HOUR).unwrap_or(Timestamp::MIN)
    }

    /// When a link requested now stops to work.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Decides whether another link may be mailed. `recent` has the times of the user's requests
    /// since [`Self::counts_from`], the newest first; it may be cut after `max_per_hour` of them.
    pub fn allows_mail(&self, recent: &[Timestamp], now: Timestamp) -> Result<(), TooManyLinks> {
        let cooled = recent
            .first()
            .map(|newest| newest.saturating_add(self.cooldown).unwrap_or(Timestamp::MAX));
        let room = (self.max_per_hour as usize)
            .checked_sub(1)
            .and_then(|last| recent.get(last))
            .map(|oldest| oldest.saturating_add(HOUR).unwrap_or(Timestamp::MAX));
        match cooled.max(room) {
            Some(at) if at > now => Err(TooManyLinks {
                retry_after: whole_seconds_until(at, now),
            }),
            _ => Ok(()),
        }
    }
}

/// Rounds up, so that a caller who waits that long is not refused again.
fn whole_seconds_until(at: Timestamp, now: Timestamp) -> Duration {
    let left = at.duration_since(now).as_millis_f64() / 1000.0;
    Duration::from_secs(left.ceil().max(1.0) as u64)
}

#[cfg(test)]
mod tests;

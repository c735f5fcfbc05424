//! The line: claimed mails that wait for a connection, so that no connection waits for the outbox.
//!
//! Why: `docs/decisions/mails-ahead.md`.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{mails::looked::Looked, ports::ClaimedMail};

/// For how long a mail should wait in the line: as many are claimed ahead as left within this time. Where
/// mails leave slowly, none is: what comes meanwhile may be more urgent.
pub(crate) const PACE: Duration = Duration::from_millis(100);
/// Most mails that are claimed ahead for each connection.
const AHEAD: usize = 32;

/// A claimed mail that no connection has yet.
pub(crate) struct InLine {
    pub mail: ClaimedMail,
    pub looked: Option<Looked>,
    since: Instant,
}

/// Claimed mails, in the order in which they were claimed.
#[derive(Default)]
pub(crate) struct Line(VecDeque<InLine>);

impl Line {
    pub fn add(&mut self, mail: ClaimedMail, looked: Option<Looked>, now: Instant) {
        self.0.push_back(InLine { mail, looked, since: now });
    }

    pub fn mails(&self) -> impl ExactSizeIterator<Item = &ClaimedMail> {
        self.0.iter().map(|it| &it.mail)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the first mail out that `may_go`.
    pub fn take_first(&mut self, may_go: impl Fn(&ClaimedMail) -> bool) -> Option<InLine> {
        let place = self.mails().position(may_go)?;
        self.0.remove(place)
    }

    pub fn take_all(&mut self) -> Vec<ClaimedMail> {
        self.0.drain(..).map(|it| it.mail).collect()
    }

    /// Takes out those that have waited for so long.
    pub fn take_late(&mut self, patience: Duration, now: Instant) -> Vec<ClaimedMail> {
        let is_late = |it: &mut InLine| now.saturating_duration_since(it.since) >= patience;
        // The first one has waited for longest.
        std::iter::from_fn(|| self.0.pop_front_if(is_late)).map(|it| it.mail).collect()
    }
}

/// How fast mails leave.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Since when they are counted, and how many left before, within [`PACE`].
    since: Option<Instant>,
    count: usize,
    before: usize,
}

impl Pace {
    pub fn note(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= PACE {
            let before = if passed < PACE * 2 { self.count } else { 0 };
            (self.since, self.before, self.count) = (Some(now), before, 0);
        }
        self.count += 1;
    }

    /// How many mails to claim ahead for so many connections.
    pub fn ahead(&self, connections: usize, now: Instant) -> usize {
        let stands = |since| now.saturating_duration_since(since) < PACE * 2;
        let left = if self.since.is_some_and(stands) { self.count.max(self.before) } else { 0 };
        left.min(connections.saturating_mul(AHEAD))
    }
}

#[cfg(test)]
mod tests;

//! How many mails are in hand at a time, and for whom: nobody holds up another's mail.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use passlink_domain::OutboxId;

use crate::{Lane, ReadyMail, ServerWord, mail_server::spread_by};

/// From here on a mail in hand counts as slow: its domain gets no more than its share, and its
/// organisation's other mails are not to suffer for it.
const SLOW: Duration = Duration::from_secs(1);
/// From here on a mail in hand waits for an answer that may never come, and its slot is free for
/// others. As many again may be in hand by that, no more.
const STUCK: Duration = Duration::from_secs(10);

/// How long a domain is left alone that asks to slow down; it doubles each time that it does.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// How many such domains are remembered: those that asked last.
const RESTING: usize = 256;

/// The mails that a worker has in hand.
#[derive(Debug, Clone)]
pub struct MailSlots {
    most: usize,
    in_hand: Vec<InHand>,
    resting: VecDeque<Resting>,
    /// The lane that was served last.
    last: Lane,
}

/// A domain that asked to slow down.
#[derive(Debug, Clone)]
struct Resting {
    domain: i64,
    until: Instant,
    next: Duration,
}

#[derive(Debug, Clone)]
struct InHand {
    mail: OutboxId,
    lane: Lane,
    since: Instant,
}

impl MailSlots {
    /// For up to `most` mails at a time, at least one.
    pub fn new(most: usize) -> Self {
        let (in_hand, resting) = (Vec::new(), VecDeque::new());
        Self { most: most.max(1), in_hand, resting, last: Lane::START }
    }

    /// How many mails are in hand.
    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// How many more may be taken at `now`.
    pub fn free(&self, now: Instant) -> usize {
        let stuck = self.in_hand.iter().filter(|it| it.age(now) >= STUCK).count();
        (self.most + stuck.min(self.most)).saturating_sub(self.in_hand.len())
    }

    /// Notes that a mail was taken.
    pub(crate) fn take(&mut self, mail: OutboxId, lane: Lane, now: Instant) {
        self.in_hand.push(InHand { mail, lane, since: now });
    }

    /// Notes which lane was served last.
    pub(crate) fn served(&mut self, last: Lane) {
        self.last = last;
    }

    /// Notes that a mail is no longer in hand, and what was said to it; `spread`, from 0 to 1, is for
    /// the rest of a domain that asked to slow down.
    pub fn done(&mut self, mail: &OutboxId, word: Option<ServerWord>, spread: f64, now: Instant) {
        let Some(place) = self.in_hand.iter().position(|it| it.mail == *mail) else { return };
        let domain = self.in_hand.swap_remove(place).lane.domain;
        if !matches!(word, Some(ServerWord::Took | ServerWord::Busy)) {
            return;
        }
        let before = self.resting.iter().position(|it| it.domain == domain);
        let before = before.and_then(|place| self.resting.remove(place));
        if word == Some(ServerWord::Busy) {
            let rest = before.map_or(FIRST_REST, |it| it.next);
            let (until, next) = (now + spread_by(rest, spread), (rest * 2).min(LONGEST_REST));
            self.resting.push_back(Resting { domain, until, next });
            if self.resting.len() > RESTING {
                self.resting.pop_front();
            }
        }
    }

    /// Begins to give free slots, `most` of them at the most, to mails that wait.
    pub(crate) fn deal(&self, most: usize, now: Instant) -> Deal {
        let taken = |it: &InHand| Taken { lane: it.lane, slow: it.age(now) >= SLOW };
        Deal {
            most: self.most,
            free: self.free(now).min(most),
            taken: self.in_hand.iter().map(taken).collect(),
            resting: self.resting.iter().filter(|it| it.until > now).map(|it| it.domain).collect(),
            last: self.last,
            chosen: Vec::new(),
            unfinished: false,
        }
    }
}

impl InHand {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

/// Free slots on their way to mails that wait.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    most: usize,
    free: usize,
    taken: Vec<Taken>,
    resting: Vec<i64>,
    last: Lane,
    chosen: Vec<ReadyMail>,
    unfinished: bool,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    lane: Lane,
    slow: bool,
}

/// While others wait, or when nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Fair,
    Spare,
}

impl Deal {
    /// How many slots are still free.
    pub fn free(&self) -> usize {
        self.free
    }

    /// The lane that was served last: the next one is first.
    pub fn last(&self) -> Lane {
        self.last
    }

    /// The mails that got a slot.
    pub fn chosen(&self) -> &[ReadyMail] {
        &self.chosen
    }

    /// Notes that there are lanes behind this one that were not looked at.
    pub fn go_on_after(&mut self, last: Lane) {
        (self.last, self.unfinished) = (last, true);
    }

    /// Whether nobody got a slot, and there are lanes that were not looked at.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished && self.chosen.is_empty()
    }

    /// Whether one more mail of the lane would keep to its share while others wait.
    pub fn is_open(&self, lane: Lane) -> bool {
        self.allows(lane, Share::Fair)
    }

    /// Whether all lanes of the organisation have had their share.
    pub fn is_served(&self, organisation: i64) -> bool {
        self.of_organisation(organisation) >= self.half()
    }

    /// Gives slots to mails of equal urgency: to a lane after the other, at most half to one
    /// organisation or domain; and what is left then, to whoever waits.
    pub fn out(&mut self, mut lanes: Vec<(Lane, VecDeque<ReadyMail>)>) {
        for share in [Share::Fair, Share::Spare] {
            lanes.sort_by_key(|(lane, _)| (*lane <= self.last, *lane));
            let mut served = true;
            while served {
                served = false;
                for (lane, mails) in &mut lanes {
                    if self.free > 0 && self.allows(*lane, share) {
                        served |= mails.pop_front().map(|mail| self.give(mail)).is_some();
                    }
                }
            }
        }
    }

    fn give(&mut self, mail: ReadyMail) {
        self.free -= 1;
        self.last = mail.lane;
        self.taken.push(Taken { lane: mail.lane, slow: false });
        self.chosen.push(mail);
    }

    /// Whether the lane may have one more slot. The last one is for who has none: it is there when
    /// somebody else's mail comes.
    fn allows(&self, lane: Lane, share: Share) -> bool {
        if self.resting.contains(&lane.domain) {
            return false;
        }
        let of_domain = self.taken.iter().filter(|it| it.lane.domain == lane.domain);
        let (in_hand, slow) = (of_domain.clone().count(), of_domain.clone().any(|it| it.slow));
        if share == Share::Fair {
            return in_hand < self.half() && !self.is_served(lane.organisation);
        }
        let knows = |it: &Taken| it.lane.organisation == lane.organisation;
        let is_new = in_hand == 0 || (!slow && !self.taken.iter().any(knows));
        is_new || (self.free > 1 && in_hand + 1 < self.most)
    }

    fn half(&self) -> usize {
        (self.most / 2).max(1)
    }

    /// How many mails of an organisation are in hand, those aside that wait for a slow domain.
    fn of_organisation(&self, organisation: i64) -> usize {
        self.taken.iter().filter(|it| it.lane.organisation == organisation && !it.slow).count()
    }
}

#[cfg(test)]
mod tests;

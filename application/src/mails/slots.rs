//! How many mails are in hand at a time, and for whom: nobody holds up another's mail.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;
use passlink_domain::OutboxId;

use crate::{
    mails::{
        Lane, ServerWord,
        waits::{is_stuck, spread_by},
    },
    ports::ReadyMail,
};

/// How many domains are remembered that answer: those that did last.
pub(crate) const ANSWERING: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// How long a domain is left alone that asks to slow down, or does not answer; it doubles each time.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// How many such domains are remembered: those that asked last.
const RESTING: usize = 256;

/// The mails that a worker has in hand.
#[derive(Debug)]
pub struct MailSlots {
    most: usize,
    in_hand: Vec<InHand>,
    answering: Answering,
    resting: VecDeque<Resting>,
    /// The lane that was served last.
    last: Lane,
}

/// Domains for which the mail server answered in good time when it was asked last.
#[derive(Debug, Clone)]
struct Answering(Arc<Mutex<LruCache<i64, ()>>>);

impl Answering {
    fn note(&self, domain: i64, answers: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answers {
            true => known.put(domain, ()),
            false => known.pop(&domain),
        };
    }

    fn contains(&self, domain: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&domain)
    }
}

/// A domain that is left alone for a while: it asked to slow down, or did not answer.
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
        Self {
            most: most.max(1),
            in_hand: Vec::new(),
            answering: Answering(Arc::new(Mutex::new(LruCache::new(ANSWERING)))),
            resting: VecDeque::new(),
            last: Lane::START,
        }
    }

    /// Notes domains for which the mail server has answered before, the last one first.
    pub fn know(&mut self, domains: Vec<i64>) {
        domains.into_iter().rev().for_each(|domain| self.answering.note(domain, true));
    }

    /// How many mails are in hand.
    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// The mails that are in hand.
    pub(crate) fn mails(&self) -> Vec<OutboxId> {
        self.in_hand.iter().map(|it| it.mail.clone()).collect()
    }

    /// How many more may be taken.
    pub fn free(&self) -> usize {
        self.most.saturating_sub(self.in_hand.len())
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
    /// the rest of a domain that is left alone for a while.
    pub fn done(&mut self, mail: &OutboxId, word: Option<ServerWord>, spread: f64, now: Instant) {
        let Some(place) = self.in_hand.iter().position(|it| it.mail == *mail) else { return };
        let done = self.in_hand.swap_remove(place);
        let domain = done.lane.domain;
        let in_time = !is_stuck(done.since, now);
        let rests = match word {
            None | Some(ServerWord::Trouble) => return,
            Some(ServerWord::Took) => false,
            Some(ServerWord::Works) if in_time => return self.answering.note(domain, true),
            Some(ServerWord::Works | ServerWord::Busy | ServerWord::Lost) => true,
        };
        self.answering.note(domain, in_time && word != Some(ServerWord::Lost));
        let before = self.resting.iter().position(|it| it.domain == domain);
        let before = before.and_then(|place| self.resting.remove(place));
        if rests {
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
        let stuck = |domain| {
            self.in_hand.iter().any(|it| it.lane.domain == domain && is_stuck(it.since, now))
        };
        let taken = |it: &InHand| Taken { lane: it.lane, stuck: stuck(it.lane.domain) };
        Deal {
            most: self.most,
            free: self.free().min(most),
            left: self.free(),
            taken: self.in_hand.iter().map(taken).collect(),
            answering: self.answering.clone(),
            resting: self.resting.iter().filter(|it| it.until > now).map(|it| it.domain).collect(),
            last: self.last,
            chosen: Vec::new(),
            unfinished: false,
        }
    }
}

/// Free slots on their way to mails that wait.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    most: usize,
    /// How many slots are to be given, and how many nobody has.
    free: usize,
    left: usize,
    taken: Vec<Taken>,
    answering: Answering,
    resting: Vec<i64>,
    last: Lane,
    chosen: Vec<ReadyMail>,
    unfinished: bool,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    lane: Lane,
    /// Whether it, or another one to its domain, waits for an answer that may never come.
    stuck: bool,
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
        self.of_organisation(organisation, false) >= self.half()
    }

    /// Gives slots to mails of equal urgency: to a lane after the other, at most half to one
    /// organisation or domain; and what is left then, to whoever waits. A mail that has one gets no
    /// other.
    pub fn out(&mut self, mut lanes: Vec<(Lane, VecDeque<ReadyMail>)>) {
        for (_, mails) in &mut lanes {
            mails.retain(|mail| self.chosen.iter().all(|chosen| chosen.id != mail.id));
        }
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
        self.left -= 1;
        self.last = mail.lane;
        self.taken.push(Taken { lane: mail.lane, stuck: false });
        self.chosen.push(mail);
    }

    /// Whether the lane may have one more slot.
    ///
    /// A domain of which it is not known that the server answers has at most half of them, and never the
    /// last one beside another such domain: what hangs leaves room for what doesn't. When nobody else
    /// waits, the last one is for who has none: it is there when somebody else's mail comes.
    fn allows(&self, lane: Lane, share: Share) -> bool {
        let of_domain = || self.taken.iter().filter(|it| it.lane.domain == lane.domain);
        let in_hand = of_domain().count();
        let answers = self.answers(lane.domain);
        if self.resting.contains(&lane.domain) || (!answers && in_hand >= self.half()) {
            return false;
        }
        let may_hang = |it: &Taken| !self.answers(it.lane.domain);
        if self.left == 1 && !answers && self.taken.iter().any(may_hang) {
            return false;
        }
        // What waits for other domains in vain does not count where this one answers.
        let of_organisation = self.of_organisation(lane.organisation, !answers);
        match share {
            Share::Fair => in_hand < self.half() && of_organisation < self.half(),
            Share::Spare if self.left > 1 => in_hand + 1 < self.most,
            Share::Spare => of_organisation == 0 || (answers && in_hand == 0),
        }
    }

    /// Whether the server is known to answer for a domain, and keeps no mail to it waiting.
    fn answers(&self, domain: i64) -> bool {
        let stuck = |it: &Taken| it.lane.domain == domain && it.stuck;
        self.answering.contains(domain) && !self.taken.iter().any(stuck)
    }

    fn half(&self) -> usize {
        (self.most / 2).max(1)
    }

    /// How many mails of an organisation are in hand, with those that are stuck or without.
    fn of_organisation(&self, organisation: i64, with_stuck: bool) -> usize {
        let counts =
            |it: &&Taken| it.lane.organisation == organisation && (with_stuck || !it.stuck);
        self.taken.iter().filter(counts).count()
    }
}

#[cfg(test)]
mod tests;

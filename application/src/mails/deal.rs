//! The deal: free slots, and by which shares mails that wait may have them.

use std::collections::VecDeque;

use crate::{
    mails::{Lane, Urgency, answering::Answering, circle::Circle},
    ports::ReadyMail,
};

/// Free slots on their way to mails that wait.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    pub connections: usize,
    /// How many mails may be on a connection or wait for one.
    pub most: usize,
    /// How many slots are to be given, and how many nobody has.
    pub free: usize,
    pub left: usize,
    pub taken: Vec<Taken>,
    pub answering: Answering,
    pub resting: Vec<i64>,
    /// The lane that was served last, or looked at last where none was: the next one is first.
    pub last: Lane,
    /// The mails that got a slot.
    pub chosen: Vec<ReadyMail>,
    /// How far the lanes of each urgency were looked at.
    pub circles: [(Urgency, Circle); 3],
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub lane: Lane,
    /// Whether it, or another one to its domain, waits for an answer that may never come.
    pub stuck: bool,
}

/// What a lane may have: while others wait, or when nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    Fair,
    Spare,
}

impl Deal {
    /// Notes how far the lanes were looked at. Where nobody got a slot, the next look begins there.
    pub fn go_on(&mut self, circles: [(Urgency, Circle); 3]) {
        self.circles = circles;
        if self.chosen.is_empty()
            && let Some((_, circle)) = circles.iter().find(|(_, circle)| !circle.is_done)
        {
            self.last = circle.after;
        }
    }

    /// Whether nobody got a slot, and there are lanes that were not looked at.
    pub fn is_unfinished(&self) -> bool {
        self.chosen.is_empty() && self.circles.iter().any(|(_, circle)| !circle.is_done)
    }

    /// Whether one more mail of the lane would keep to its share while others wait.
    pub fn is_open(&self, lane: Lane) -> bool {
        self.allows(lane, Share::Fair)
    }

    /// Whether all lanes of the organisation have had their share.
    pub fn is_served(&self, organisation: i64) -> bool {
        self.count_of_organisation(organisation, false) >= self.half()
    }

    /// Gives slots to mails of equal urgency: to one lane after the other, at most half to one
    /// organisation or domain. What is left then goes to whoever waits. A mail that has a slot gets no
    /// other one.
    pub fn give_out(&mut self, mut lanes: Vec<(Lane, VecDeque<ReadyMail>)>) {
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
    /// A domain for which the server is not known to answer has at most half of the connections, and never the
    /// last slot beside another such domain: mails that hang leave room for others. When nobody else
    /// waits, the last slot stays free for somebody who has none.
    pub fn allows(&self, lane: Lane, share: Share) -> bool {
        let of_domain = || self.taken.iter().filter(|it| it.lane.domain == lane.domain);
        let in_hand = of_domain().count();
        let answers = self.answers(lane.domain);
        if self.resting.contains(&lane.domain)
            || (!answers && in_hand >= (self.connections / 2).max(1))
        {
            return false;
        }
        let may_hang = |it: &Taken| !self.answers(it.lane.domain);
        if self.left == 1 && !answers && self.taken.iter().any(may_hang) {
            return false;
        }
        // Mails that are stuck on other domains do not count where this domain answers.
        let of_organisation = self.count_of_organisation(lane.organisation, !answers);
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
    fn count_of_organisation(&self, organisation: i64, with_stuck: bool) -> usize {
        let counts =
            |it: &&Taken| it.lane.organisation == organisation && (with_stuck || !it.stuck);
        self.taken.iter().filter(counts).count()
    }
}

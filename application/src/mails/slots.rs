//! The slots of a worker: how many mails are in hand at a time, and for whom. Nobody holds up another's
//! mail. A mail in hand waits in the line, is on a connection, or was answered and is to be settled.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use passlink_domain::OutboxId;

use crate::{
    mails::{
        Lane, Urgency,
        answering::Answering,
        backoff::with_jitter,
        circle::Circle,
        claim::InVain,
        deal::{Deal, Share, Taken},
        line::{InLine, Line, PACE, Pace},
        looked::Looked,
        mail_server::{ServerHint, is_stuck},
    },
    ports::ClaimedMail,
};

/// How long a domain rests that asks to slow down, or does not answer; it doubles each time.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// How many such domains are remembered: the last ones.
const RESTING: usize = 256;

/// Mails for each connection that were answered and are not settled yet, at the most; then no more are
/// claimed, and no more are sent.
const UNSETTLED: usize = 64;
/// How often the outbox is asked, at most, while enough mails wait in the line or no mail may go.
pub(crate) const ASK_EVERY: Duration = Duration::from_millis(50);
/// After it was asked in vain, it rests as many times as long as that took: a large outbox of which no mail
/// may go must not keep the database busy.
const REST: u32 = 4;
/// The longest of these rests.
const MOST_REST: Duration = Duration::from_secs(1);

pub(crate) struct MailSlots {
    connections: usize,
    /// Mails on a connection.
    leaving: Vec<Leaving>,
    line: Line,
    unsettled: BTreeSet<OutboxId>,
    pace: Pace,
    asked: Option<Instant>,
    /// How long it took to ask in vain, if nothing has changed since that lets mails go.
    in_vain: Option<Duration>,
    /// Whether something has changed so since it was asked.
    has_changed: bool,
    answering: Answering,
    resting: VecDeque<Resting>,
    pub last: Lane,
}

/// A domain that gets no mail for a while: it asked to slow down, or did not answer.
#[derive(Debug, Clone)]
struct Resting {
    domain: i64,
    until: Instant,
    next: Duration,
}

#[derive(Debug, Clone)]
struct Leaving {
    mail: OutboxId,
    lane: Lane,
    since: Instant,
}

impl MailSlots {
    /// For so many connections, at least one.
    pub fn new(connections: usize) -> Self {
        Self {
            connections: connections.max(1),
            leaving: Vec::new(),
            line: Line::default(),
            unsettled: BTreeSet::new(),
            pace: Pace::default(),
            asked: None,
            in_vain: None,
            has_changed: false,
            answering: Answering::none(),
            resting: VecDeque::new(),
            last: Lane::START,
        }
    }

    /// Notes domains for which the mail server has answered before, the last one first.
    pub fn note_answering(&mut self, domains: Vec<i64>) {
        domains.into_iter().rev().for_each(|domain| self.answering.note(domain, true));
    }

    pub fn in_hand(&self) -> Vec<OutboxId> {
        let leaving = self.leaving.iter().map(|it| &it.mail);
        let in_line = self.line.mails().map(|mail| &mail.id);
        leaving.chain(in_line).chain(&self.unsettled).cloned().collect()
    }

    /// How many connections are free.
    pub fn free(&self) -> usize {
        self.connections.saturating_sub(self.leaving.len())
    }

    /// How many mails may be claimed: for the connections, and ahead.
    pub fn room(&self, now: Instant) -> usize {
        if self.has_too_many_unsettled() {
            return 0;
        }
        // Where more connections are free than places, none of the line may go now: it holds up nobody else.
        self.room_in_line(now).max(self.free())
    }

    fn room_in_line(&self, now: Instant) -> usize {
        self.most(now).saturating_sub(self.leaving.len() + self.line.len())
    }

    fn has_too_many_unsettled(&self) -> bool {
        self.unsettled.len() >= self.connections.saturating_mul(UNSETTLED)
    }

    /// How many mails may be on a connection or wait for one.
    fn most(&self, now: Instant) -> usize {
        self.connections + self.pace.ahead(self.connections, now)
    }

    /// Whether the outbox is to be asked now. Where enough wait in line, it is not asked for each one.
    pub fn asks(&self, now: Instant) -> bool {
        let ahead = self.pace.ahead(self.connections, now);
        let rested = |took: Duration| took + (took * REST).min(MOST_REST);
        let pause = self.in_vain.map_or(ASK_EVERY, |took| rested(took).max(ASK_EVERY));
        let late = |at| now.saturating_duration_since(at) >= pause;
        let may_go = |mail: &&ClaimedMail| !self.rests(mail.lane.domain, now);
        let enough = || self.line.mails().filter(may_go).count() * 2 > ahead;
        self.room(now) > 0 && (self.asked.is_none_or(late) || !(self.in_vain.is_some() || enough()))
    }

    pub fn note_asked(&mut self, now: Instant) {
        (self.asked, self.in_vain, self.has_changed) = (Some(now), None, false);
    }

    /// Notes what came of it by `now`: the lane behind which the next look begins, and whether mails were ready
    /// and none of them may go.
    pub fn note_claim(&mut self, last: Lane, in_vain: InVain, now: Instant) {
        let took = self.asked.map_or(Duration::ZERO, |asked| now.saturating_duration_since(asked));
        self.last = last;
        self.in_vain = match in_vain {
            _ if self.has_changed => None,
            InVain::No => None,
            // The next look goes on with the others.
            InVain::AsFarAsLooked => Some(Duration::ZERO),
            InVain::Yes => Some(took),
        };
    }

    /// Lets a claimed mail wait for a connection.
    pub fn line_up(&mut self, mail: ClaimedMail, looked: Option<Looked>, now: Instant) {
        self.line.add(mail, looked, now);
    }

    /// The next mail of the line that may go out now. It has a connection then.
    pub fn next(&mut self, now: Instant) -> Option<InLine> {
        if self.free() == 0 || self.has_too_many_unsettled() {
            return None;
        }
        let deal = self.share(self.connections, self.free(), self.taken(now).collect(), now);
        let go = |share| self.line.take_first(|mail| deal.allows(mail.lane, share));
        let next = [Share::Fair, Share::Spare].into_iter().find_map(go)?;
        self.take(next.mail.id.clone(), next.mail.lane, now);
        Some(next)
    }

    /// Empties the line; the mails are in hand until they are settled.
    pub fn clear_line(&mut self) -> Vec<ClaimedMail> {
        let mails = self.line.take_all();
        self.await_settlement(mails)
    }

    /// The same for mails that have waited in the line for so long.
    pub fn clear_late(&mut self, patience: Duration, now: Instant) -> Vec<ClaimedMail> {
        let mails = self.line.take_late(patience, now);
        self.await_settlement(mails)
    }

    fn await_settlement(&mut self, mails: Vec<ClaimedMail>) -> Vec<ClaimedMail> {
        self.unsettled.extend(mails.iter().map(|mail| mail.id.clone()));
        mails
    }

    /// Notes that a mail has a connection.
    pub fn take(&mut self, mail: OutboxId, lane: Lane, now: Instant) {
        self.leaving.push(Leaving { mail, lane, since: now });
    }

    /// Notes that a mail is no longer in hand.
    pub fn settle(&mut self, mail: &OutboxId) {
        self.unsettled.remove(mail);
    }

    /// Notes that a mail has given its connection back, and what the mail server's answer shows, if it was
    /// asked; `jitter`, from 0 to 1, is for the rest of the domain. It is in hand until it is settled.
    pub fn release(
        &mut self,
        mail: &OutboxId,
        hint: Option<ServerHint>,
        jitter: f64,
        now: Instant,
    ) {
        let Some(place) = self.leaving.iter().position(|it| it.mail == *mail) else { return };
        let done = self.leaving.swap_remove(place);
        (self.in_vain, self.has_changed) = (None, true);
        self.unsettled.insert(done.mail);
        // Behind a slow mail server, several may come to their ends together: that is no pace.
        let was_fast = now.saturating_duration_since(done.since) < PACE;
        if was_fast && hint.is_some_and(|hint| hint != ServerHint::Down) {
            self.pace.note(now);
        }
        let domain = done.lane.domain;
        let in_time = !is_stuck(done.since, now);
        let rests = match hint {
            None | Some(ServerHint::Down) => return,
            Some(ServerHint::Accepted) => false,
            Some(ServerHint::Works) if in_time => return self.answering.note(domain, true),
            Some(ServerHint::Works | ServerHint::Busy | ServerHint::NoAnswer) => true,
        };
        self.answering.note(domain, in_time && hint != Some(ServerHint::NoAnswer));
        let before = self.resting.iter().position(|it| it.domain == domain);
        let before = before.and_then(|place| self.resting.remove(place));
        if rests {
            let rest = before.map_or(FIRST_REST, |it| it.next);
            let (until, next) = (now + with_jitter(rest, jitter), (rest * 2).min(LONGEST_REST));
            self.resting.push_back(Resting { domain, until, next });
            if self.resting.len() > RESTING {
                self.resting.pop_front();
            }
        }
    }

    /// Begins to give free slots, at most `most` of them, to mails that wait in the outbox.
    pub fn deal(&self, most: usize, now: Instant) -> Deal {
        let deal = if self.room_in_line(now) < self.free() {
            self.share(self.connections, self.room(now), self.taken(now).collect(), now)
        } else {
            let in_line = self.line.mails().map(|mail| self.taken_by(mail.lane, now));
            let taken = self.taken(now).chain(in_line).collect();
            self.share(self.most(now), self.room(now), taken, now)
        };
        Deal { free: deal.left.min(most), ..deal }
    }

    /// The domains that get no mail now.
    fn resting(&self, now: Instant) -> impl Iterator<Item = i64> {
        self.resting.iter().filter(move |it| it.until > now).map(|it| it.domain)
    }

    fn rests(&self, domain: i64, now: Instant) -> bool {
        self.resting(now).any(|resting| resting == domain)
    }

    /// What mails on connections take.
    fn taken(&self, now: Instant) -> impl Iterator<Item = Taken> {
        self.leaving.iter().map(move |it| self.taken_by(it.lane, now))
    }

    fn taken_by(&self, lane: Lane, now: Instant) -> Taken {
        let mut of_domain = self.leaving.iter().filter(|it| it.lane.domain == lane.domain);
        Taken { lane, stuck: of_domain.any(|it| is_stuck(it.since, now)) }
    }

    fn share(&self, most: usize, left: usize, taken: Vec<Taken>, now: Instant) -> Deal {
        Deal {
            connections: self.connections,
            most,
            free: left,
            left,
            taken,
            answering: self.answering.clone(),
            resting: self.resting(now).collect(),
            last: self.last,
            chosen: Vec::new(),
            circles: Urgency::ALL.map(|urgency| (urgency, Circle::new(self.last, left))),
        }
    }
}

#[cfg(test)]
mod tests;

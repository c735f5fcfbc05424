//! What the units of work of a set ask for and write.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use passlink_application::ports::{OutboxMail, OutboxState, StoreError};
use passlink_domain::{
    KeyId, LinkId, LinkState, Mailbox, MailedMinutes, OrganisationId, OutboxId, PasskeyLink,
    RecentLinks, Token, TokenHash, TokenId, User, UserEvent, UserId,
};
use tokio::sync::oneshot;

use crate::{
    outbound::persistence::tries::Tries,
    telemetry::trace_scope::{TraceScope, is_sampled},
};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where whoever asks or writes stands in its trace, if that is sampled.
fn sampled_scope() -> Option<TraceScope> {
    is_sampled().then(TraceScope::here)
}

/// Who waits for the answer to a question.
pub(in crate::outbound::persistence) struct Asker<A> {
    pub scope: Option<TraceScope>,
    answer: oneshot::Sender<A>,
}

impl<A> Asker<A> {
    pub fn answer(self, answer: A) {
        // Who is set apart meanwhile waits no more.
        let _ = self.answer.send(answer);
    }
}

/// Questions of one kind that wait for a statement.
pub(in crate::outbound::persistence) struct Questions<Q, A>(Mutex<Vec<(Q, Asker<A>)>>);

impl<Q, A> Default for Questions<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q, A> Questions<Q, A> {
    /// The answer.
    ///
    /// Errors: [`StoreError::NotRun`] when the statement failed. All of the set is undone then.
    pub async fn ask(&self, question: Q) -> Result<A, StoreError> {
        let (answer, answered) = oneshot::channel();
        lock(&self.0).push((question, Asker { scope: sampled_scope(), answer }));
        answered.await.map_err(|_| StoreError::NotRun)
    }

    pub fn take(&self) -> Vec<(Q, Asker<A>)> {
        mem::take(&mut lock(&self.0))
    }

    /// Lets a question wait for the next turn.
    pub fn put_back(&self, question: (Q, Asker<A>)) {
        lock(&self.0).push(question);
    }

    fn count(&self) -> usize {
        lock(&self.0).len()
    }
}

/// As the parameters of [`Links::recent_links`](passlink_application::ports::Links::recent_links).
#[derive(Clone)]
pub(in crate::outbound::persistence) struct RecentOf {
    pub user: UserId,
    pub since: Timestamp,
    pub limit: u32,
}

/// As the parameters of [`Mailboxes::count_mail`](passlink_application::ports::Mailboxes::count_mail).
#[derive(Clone)]
pub(in crate::outbound::persistence) struct MailTo {
    pub mailbox: Mailbox,
    pub most: u32,
    pub since: Timestamp,
    pub now: Timestamp,
}

/// What becomes of the row of a claimed mail.
#[derive(Clone)]
pub(in crate::outbound::persistence) struct Settlement {
    pub id: OutboxId,
    /// The number of the claim.
    pub tries: Tries,
    pub state: OutboxState,
    /// What was answered, if that changes.
    pub answer: Option<String>,
    pub urgency: Option<i16>,
    pub may_have_arrived: bool,
    /// When it is to be tried next, if that changes.
    pub due: Option<Timestamp>,
    pub settled: Option<Timestamp>,
}

/// As the parameters of [`Links::move_link`](passlink_application::ports::Links::move_link).
#[derive(Clone)]
pub(in crate::outbound::persistence) struct LinkMove {
    pub id: LinkId,
    pub from: LinkState,
    pub to: LinkState,
}

/// What is written when all have ended.
#[derive(Default)]
pub(in crate::outbound::persistence) struct Written {
    pub links: Vec<PasskeyLink>,
    pub events: Vec<UserEvent>,
    pub mails: Vec<OutboxMail>,
    /// Where those who wrote stood in their traces when they began to.
    pub scopes: Vec<TraceScope>,
}

impl Written {
    pub fn append(&mut self, mut more: Self) {
        self.links.append(&mut more.links);
        self.events.append(&mut more.events);
        self.mails.append(&mut more.mails);
        self.scopes.append(&mut more.scopes);
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.events.is_empty() && self.mails.is_empty()
    }
}

/// What only one of a set may have, since what it makes of that is written at the end.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::outbound::persistence) enum Exclusive {
    User(UserId),
    Mailbox(Mailbox),
}

/// An organisation's mails, which those of a set count one after the other.
struct Turn {
    mailed: MailedMinutes,
    has_changed: bool,
    /// Whose turn it is.
    holder: Option<usize>,
}

/// The units of work of a set.
#[derive(Default)]
pub(in crate::outbound::persistence) struct Neighbours {
    /// With the number of who asks.
    pub users: Questions<(usize, UserId), Option<User>>,
    pub tokens: Questions<TokenId, Option<Token>>,
    pub tokens_by_hash: Questions<TokenHash, Option<Token>>,
    pub tokens_for_share: Questions<TokenId, Option<Token>>,
    pub recent_links: Questions<RecentOf, RecentLinks>,
    pub mailboxes: Questions<MailTo, Option<Vec<Timestamp>>>,
    pub retired_keys: Questions<KeyId, bool>,
    pub settlements: Questions<Settlement, bool>,
    pub link_moves: Questions<LinkMove, bool>,
    /// Of the links that replace the older ones: how many those were.
    pub replacements: Questions<LinkId, u64>,
    /// With the number of who asks.
    pub organisations: Questions<(usize, OrganisationId), MailedMinutes>,
    turns: Mutex<BTreeMap<OrganisationId, Turn>>,
    held: Mutex<BTreeMap<Exclusive, usize>>,
    members: Vec<State>,
}

#[derive(Default)]
struct State {
    written: Mutex<Written>,
    flags: Mutex<Flags>,
}

#[derive(Default, Clone, Copy)]
struct Flags {
    has_written: bool,
    apart: Option<Apart>,
}

/// Why a unit of work is set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Apart {
    /// Another one of the set has the same user or mailbox.
    Postponed,
    /// Its user is locked by others, or isn't there.
    Alone,
}

impl Neighbours {
    pub fn new(count: usize) -> Self {
        Self { members: (0..count).map(|_| State::default()).collect(), ..Self::default() }
    }

    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.members.iter().enumerate().map(|(number, state)| Member { set: self, number, state })
    }

    /// Sets a unit of work apart that waits for an answer, and gets none.
    pub fn set_apart(&self, member: usize) {
        if let Some(state) = self.members.get(member) {
            lock(&state.flags).apart = Some(Apart::Alone);
        }
    }

    /// How many wait for an answer.
    pub fn questions(&self) -> usize {
        self.users.count()
            + self.tokens.count()
            + self.tokens_by_hash.count()
            + self.tokens_for_share.count()
            + self.recent_links.count()
            + self.mailboxes.count()
            + self.retired_keys.count()
            + self.settlements.count()
            + self.link_moves.count()
            + self.replacements.count()
            + self.organisations.count()
    }

    /// Those of these organisations of which it is not known yet how much was mailed for them.
    pub fn unknown<'o>(
        &self,
        asked: impl Iterator<Item = &'o OrganisationId>,
    ) -> Vec<OrganisationId> {
        let turns = lock(&self.turns);
        let mut unknown: Vec<_> = asked.filter(|it| !turns.contains_key(*it)).cloned().collect();
        unknown.sort();
        unknown.dedup();
        unknown
    }

    pub fn note_mailed(&self, organisation: OrganisationId, mailed: MailedMinutes) {
        let turn = Turn { mailed, has_changed: false, holder: None };
        lock(&self.turns).insert(organisation, turn);
    }

    /// How much was mailed for the organisation, if it is nobody else's turn to count.
    pub fn take_turn(&self, member: usize, organisation: &OrganisationId) -> Option<MailedMinutes> {
        let mut turns = lock(&self.turns);
        let turn = turns.get_mut(organisation)?;
        let holder = *turn.holder.get_or_insert(member);
        (holder == member).then(|| turn.mailed.clone())
    }

    /// What was counted for organisations.
    pub fn mailed(&self) -> Vec<(OrganisationId, MailedMinutes)> {
        let turns = mem::take(&mut *lock(&self.turns)).into_iter();
        let changed = turns.filter(|(_, turn)| turn.has_changed);
        changed.map(|(organisation, turn)| (organisation, turn.mailed)).collect()
    }
}

/// One of the units of work of a set.
#[derive(Clone, Copy)]
pub(in crate::outbound::persistence) struct Member<'s> {
    pub set: &'s Neighbours,
    pub number: usize,
    state: &'s State,
}

impl Member<'_> {
    /// Goes on if nobody else of the set has this. Otherwise it is set apart, for another set.
    pub async fn take(self, what: Exclusive) {
        let holder = *lock(&self.set.held).entry(what).or_insert(self.number);
        if holder != self.number {
            lock(&self.state.flags).apart = Some(Apart::Postponed);
            std::future::pending().await
        }
    }

    pub fn apart(self) -> Option<Apart> {
        lock(&self.state.flags).apart
    }

    /// Sets how much was mailed for an organisation, and lets the next one count.
    ///
    /// Errors: [`StoreError::NotRun`] when it is not this one's turn, as it has not asked before.
    pub fn set_mailed_for(
        self,
        organisation: &OrganisationId,
        mailed: &MailedMinutes,
    ) -> Result<(), StoreError> {
        self.note_write();
        let mut turns = lock(&self.set.turns);
        let turn = turns.get_mut(organisation).filter(|turn| turn.holder == Some(self.number));
        let turn = turn.ok_or(StoreError::NotRun)?;
        (turn.mailed, turn.has_changed, turn.holder) = (mailed.clone(), true, None);
        Ok(())
    }

    /// Lets others have their turns when this one has ended.
    pub fn end_turns(self) {
        for turn in lock(&self.set.turns).values_mut() {
            turn.holder = turn.holder.filter(|holder| *holder != self.number);
        }
    }

    /// Keeps what is to be written when all have ended.
    pub fn write(self, write: impl FnOnce(&mut Written)) {
        let mut written = lock(&self.state.written);
        if written.is_empty() {
            written.scopes.extend(sampled_scope());
        }
        write(&mut written);
    }

    pub fn take_written(self) -> Written {
        mem::take(&mut *lock(&self.state.written))
    }

    /// Notes that it has changed what others of the set see. It can't be undone alone any more.
    pub fn note_write(self) {
        lock(&self.state.flags).has_written = true;
    }

    pub fn has_written(self) -> bool {
        lock(&self.state.flags).has_written
    }
}

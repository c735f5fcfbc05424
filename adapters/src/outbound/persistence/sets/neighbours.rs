//! What the units of work of a set ask for and write.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use jiff::Timestamp;
use passlink_application::ports::{OutboxMail, StoreError};
use passlink_domain::{
    KeyId, Mailbox, OrganisationId, PasskeyLink, RecentLinks, Token, TokenId, User, UserEvent,
    UserId,
};
use tokio::sync::oneshot;

use crate::telemetry::trace_scope::{TraceScope, is_sampled};

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
        // Nobody waits any more where a unit of work was postponed.
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

    fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
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

/// What only one of a set may read, since it goes on to change it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::outbound::persistence) enum Exclusive {
    User(UserId),
    Mailbox(Mailbox),
    Organisation(OrganisationId),
}

/// The units of work of a set.
#[derive(Default)]
pub(in crate::outbound::persistence) struct Neighbours {
    pub users: Questions<UserId, Option<User>>,
    pub tokens: Questions<TokenId, Option<Token>>,
    pub tokens_for_share: Questions<TokenId, Option<Token>>,
    pub recent_links: Questions<RecentOf, RecentLinks>,
    pub mailboxes: Questions<MailTo, Option<Vec<Timestamp>>>,
    pub retired_keys: Questions<KeyId, bool>,
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
    is_postponed: bool,
    waits: bool,
}

impl Neighbours {
    pub fn new(count: usize) -> Self {
        Self { members: (0..count).map(|_| State::default()).collect(), ..Self::default() }
    }

    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.members.iter().enumerate().map(|(number, state)| Member { set: self, number, state })
    }

    /// Whether somebody waits for an answer.
    pub fn has_questions(&self) -> bool {
        !(self.users.is_empty()
            && self.tokens.is_empty()
            && self.tokens_for_share.is_empty()
            && self.recent_links.is_empty()
            && self.mailboxes.is_empty()
            && self.retired_keys.is_empty())
    }
}

/// One of the units of work of a set.
#[derive(Clone, Copy)]
pub(in crate::outbound::persistence) struct Member<'s> {
    pub set: &'s Neighbours,
    number: usize,
    state: &'s State,
}

impl Member<'_> {
    /// Waits until nobody else of the set has this. An organisation is waited for until who has it has
    /// ended. What hangs together with what is written at the end is waited for until the next set.
    pub async fn hold(self, what: Exclusive) {
        let may_wait = matches!(what, Exclusive::Organisation(_));
        poll_fn(|_| {
            let mut held = lock(&self.set.held);
            let is_free = held.get(&what).is_none_or(|holder| *holder == self.number);
            let mut flags = lock(&self.state.flags);
            flags.waits = !is_free;
            flags.is_postponed = !is_free && !may_wait;
            if !is_free {
                return Poll::Pending;
            }
            held.insert(what.clone(), self.number);
            Poll::Ready(())
        })
        .await;
    }

    /// Lets others have what this one had that has ended, as far as they may in this set.
    pub fn release(self) {
        lock(&self.set.held).retain(|what, holder| {
            *holder != self.number || !matches!(what, Exclusive::Organisation(_))
        });
    }

    /// Whether it waits for another one.
    pub fn waits(self) -> bool {
        lock(&self.state.flags).waits
    }

    pub fn is_postponed(self) -> bool {
        lock(&self.state.flags).is_postponed
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

    /// Notes that a statement has written something for this one alone. It can't be undone alone any more.
    pub fn note_write(self) {
        lock(&self.state.flags).has_written = true;
    }

    pub fn has_written(self) -> bool {
        lock(&self.state.flags).has_written
    }
}

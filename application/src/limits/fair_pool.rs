//! Permits that clients share, and that none can keep from the others.
//!
//! As long as there are permits, whoever asks gets one. When there are none, whoever asks waits, and the
//! network that holds the fewest is served first. In a pool whose permits can be revoked, a network that
//! holds more than its share then loses the permit that it has not used for the longest time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// Who asks for permits; `None` for those whom no share binds: they are served first and lose nothing.
type Network = Option<IpAddr>;

/// There was no permit in time, or too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there was no permit in time")]
pub struct Full;

/// A pool of permits. Its memory grows with the permits and the queue, however many networks ask.
pub struct FairPool {
    size: usize,
    queue: usize,
    is_firm: bool,
    state: Mutex<State>,
}

impl FairPool {
    /// A pool of `size` permits for which at most `queue` may wait. A permit is kept until it is given
    /// back.
    pub fn firm(size: usize, queue: usize) -> Arc<Self> {
        Arc::new(Self { size, queue, is_firm: true, state: Mutex::default() })
    }

    /// As [`FairPool::firm`], but a permit can be revoked while nobody uses it ([`Permit::in_use`]).
    pub fn revocable(size: usize, queue: usize) -> Arc<Self> {
        Arc::new(Self { size, queue, is_firm: false, state: Mutex::default() })
    }

    /// A permit for a network, as soon as there is one.
    ///
    /// Errors: [`Full`] when there was none until then, and at once when too many wait: the network
    /// with the most who wait gives way.
    pub async fn acquire(
        self: &Arc<Self>,
        network: Network,
        until: Instant,
    ) -> Result<Permit, Full> {
        let (granted, grant) = oneshot::channel();
        let revoked = CancellationToken::new();
        let id = {
            let mut state = self.lock();
            let id = state.turn();
            let waiter = Waiter { granted, revoked: revoked.clone() };
            state.change(network, |party| party.waiting.insert(id, waiter));
            self.settle(&mut state);
            id
        };
        // Gives back what it has or waits for, also when nobody waits for this any more.
        let permit = Permit { pool: self.clone(), network, id, revoked };
        match timeout_at(until, grant).await {
            Ok(Ok(())) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Full),
        }
    }

    pub fn is_full(&self) -> bool {
        self.lock().held >= self.size
    }

    /// Hands out what there is, and turns away who can't wait.
    fn settle(&self, state: &mut State) {
        while let Some(&(holds, _, network)) = state.next.first() {
            if state.held >= self.size && !state.revoke_from_more_than(holds + 1) {
                break;
            }
            let turn = state.turn();
            state.change(network, |party| party.grant(turn, self.is_firm));
        }
        while state.waiting > self.queue {
            let Some(&(.., network)) = state.crowds.last() else { break };
            state.change(network, |party| party.waiting.pop_last());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit in a pool, given back when it is dropped.
pub struct Permit {
    pool: Arc<FairPool>,
    network: Network,
    id: u64,
    revoked: CancellationToken,
}

impl Permit {
    /// Cancelled when the permit was given to another network. What it was for has to end then.
    pub fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    /// Uses the permit: it is not revoked meanwhile. It can have many uses at a time.
    ///
    /// Errors: [`Full`] when it was revoked before.
    pub fn in_use(self: &Arc<Self>) -> Result<InUse, Full> {
        let mut state = self.pool.lock();
        let begun = state.change(self.network, |party| party.begin_use(self.id));
        begun.then(|| InUse(self.clone())).ok_or(Full)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.change(self.network, |party| party.leave(self.id));
        self.pool.settle(&mut state);
    }
}

/// The permit of the connection that a request came by, as the request carries it.
#[derive(Clone)]
pub struct ConnectionPermit(pub Arc<Permit>);

/// A use of a permit, which ends when it is dropped.
pub struct InUse(Arc<Permit>);

impl Drop for InUse {
    fn drop(&mut self) {
        let Permit { pool, network, id, .. } = &*self.0;
        let mut state = pool.lock();
        let turn = state.turn();
        state.change(*network, |party| party.end_use(*id, turn));
        pool.settle(&mut state);
    }
}

/// Who holds permits and who waits for one.
#[derive(Default)]
struct State {
    turns: u64,
    held: usize,
    waiting: usize,
    parties: HashMap<Network, Party>,
    /// Networks that can lose a permit, by how many they hold.
    rich: BTreeSet<(usize, Network)>,
    /// Networks that wait, by how many permits they hold and since when they wait.
    next: BTreeSet<(usize, u64, Network)>,
    /// Networks that wait, by how many of them do and when the last one came.
    crowds: BTreeSet<(usize, u64, Network)>,
}

impl State {
    fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// Changes what is known of a network, and its ranks with it.
    fn change<T>(&mut self, network: Network, change: impl FnOnce(&mut Party) -> T) -> T {
        let mut party = self.parties.remove(&network).unwrap_or_default();
        let (rich, next, crowd) = party.ranks(network);
        rich.map(|rank| self.rich.remove(&rank));
        next.map(|rank| self.next.remove(&rank));
        crowd.map(|rank| self.crowds.remove(&rank));
        self.held -= party.held.len();
        self.waiting -= party.waiting.len();
        let result = change(&mut party);
        self.held += party.held.len();
        self.waiting += party.waiting.len();
        let (rich, next, crowd) = party.ranks(network);
        self.rich.extend(rich);
        self.next.extend(next);
        self.crowds.extend(crowd);
        if !party.held.is_empty() || !party.waiting.is_empty() {
            self.parties.insert(network, party);
        }
        result
    }

    /// Takes a permit from the network that holds the most, if those are more than `share`.
    fn revoke_from_more_than(&mut self, share: usize) -> bool {
        match self.rich.last() {
            Some(&(most, network)) if most > share => {
                self.change(network, Party::revoke);
                true
            }
            _ => false,
        }
    }
}

/// What a network holds and waits for, by the ids of the permits.
#[derive(Default)]
struct Party {
    held: HashMap<u64, Held>,
    /// The permits that can be revoked, by when they were used last.
    idle: BTreeMap<u64, u64>,
    waiting: BTreeMap<u64, Waiter>,
}

struct Held {
    uses: usize,
    /// When it was used last.
    used: u64,
    revoked: CancellationToken,
}

struct Waiter {
    granted: oneshot::Sender<()>,
    revoked: CancellationToken,
}

/// Where a network stands in each of the ranks of [`State`].
type Ranks =
    (Option<(usize, Network)>, Option<(usize, u64, Network)>, Option<(usize, u64, Network)>);

impl Party {
    fn ranks(&self, network: Network) -> Ranks {
        let counted = |count| if network.is_some() { count } else { 0 };
        let (holds, waits) = (counted(self.held.len()), counted(self.waiting.len()));
        let waiters = self.waiting.first_key_value().zip(self.waiting.last_key_value());
        (
            (!self.idle.is_empty()).then_some((holds, network)),
            waiters.map(|((first, _), _)| (holds, *first, network)),
            waiters.map(|(_, (last, _))| (waits, *last, network)),
        )
    }

    /// Gives a permit to the one who waits the longest.
    fn grant(&mut self, turn: u64, is_firm: bool) {
        let Some((id, waiter)) = self.waiting.pop_first() else { return };
        let held = Held { uses: is_firm.into(), used: turn, revoked: waiter.revoked };
        self.held.insert(id, held);
        if !is_firm {
            self.idle.insert(turn, id);
        }
        // Who has stopped to wait gives it back at once.
        let _ = waiter.granted.send(());
    }

    fn revoke(&mut self) {
        let lost = self.idle.pop_first().and_then(|(_, id)| self.held.remove(&id));
        lost.inspect(|lost| lost.revoked.cancel());
    }

    /// Whether the permit is still held.
    fn begin_use(&mut self, id: u64) -> bool {
        let Some(held) = self.held.get_mut(&id) else { return false };
        held.uses += 1;
        self.idle.remove(&held.used);
        true
    }

    fn end_use(&mut self, id: u64, turn: u64) {
        if let Some(held) = self.held.get_mut(&id) {
            held.uses -= 1;
            held.used = turn;
            if held.uses == 0 {
                self.idle.insert(turn, id);
            }
        }
    }

    fn leave(&mut self, id: u64) {
        self.waiting.remove(&id);
        if let Some(held) = self.held.remove(&id) {
            self.idle.remove(&held.used);
        }
    }
}

#[cfg(test)]
mod tests;

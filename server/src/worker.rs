//! The mail worker's loop, the bell that wakes it, and its heart-beat.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use passlink_application::{
    mails::{DeliverMail, MailWorker},
    ports::Wake,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often the outbox is asked by itself: mails come due, and other processes queue some.
const POLL: Duration = Duration::from_secs(1);

/// How long the worker may take for a turn. The database may let it wait for a while, again and again.
const LONGEST_TURN: Duration = Duration::from_secs(120);

#[derive(Clone)]
pub(crate) struct Pulse(Arc<Mutex<Instant>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Pulse {
    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long ago the worker began its last turn.
    pub fn age(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Whether the worker still takes turns.
    pub fn is_alive(&self) -> bool {
        self.age() < LONGEST_TURN
    }
}

/// Wakes the worker of this process.
#[derive(Default)]
pub(crate) struct Bell(Notify);

impl Wake for Bell {
    fn wake(&self) {
        self.0.notify_one();
    }
}

/// Delivers mail, at most `concurrency` at a time, until `stop`; then finishes the mails in hand.
pub(crate) async fn run(
    deliver: Arc<DeliverMail>,
    bell: Arc<Bell>,
    pulse: Pulse,
    concurrency: usize,
    stop: CancellationToken,
) {
    let mut worker = MailWorker::new(deliver, concurrency).await;
    while !stop.is_cancelled() {
        pulse.beat();
        worker.take_mails().await;
        let (may_take_more, patience) = (worker.has_free_slot(), worker.patience(POLL));
        tokio::select! {
            () = stop.cancelled() => {}
            () = bell.0.notified(), if may_take_more => {}
            true = worker.delivery_ended() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }
    worker.put_line_back();
    while worker.delivery_ended().await {}
}

//! A mail worker: takes mails for its free slots and has each delivered.

use std::{
    collections::HashMap,
    error::Error,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use passlink_domain::OutboxId;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{JoinError, JoinSet},
};

use crate::{
    mails::{
        DeliverMail, Lane,
        claim::{Claim, InVain},
        line::InLine,
        looked::Looked,
        mail_server::{Allowance, Change, MailServer, ServerAnswer},
        slots::{ASK_EVERY, MailSlots},
    },
    ports::{ClaimedMail, StoreResult},
};

/// How often mails are looked for whose wait is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A mail that has waited so long in the line for a connection is put back into the outbox.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same while the mail server takes no mail: it may take some again at once.
const PATIENCE_WHILE_DOWN: Duration = Duration::from_secs(1);

/// Why a mail that was claimed ahead is put back, as an operator reads it.
const SERVER_DOWN: &str = "the mail server takes no mail";
const NO_CONNECTION: &str = "no connection to the mail server was free for it";
const STOPPED: &str = "the server was stopped before its turn";

/// The mails that a worker has in hand, and what it knows of the mail server.
pub struct MailWorker {
    deliver: Arc<DeliverMail>,
    slots: MailSlots,
    server: MailServer,
    deliveries: JoinSet<Ended>,
    answers: (UnboundedSender<Answered>, UnboundedReceiver<Answered>),
    looked: Option<Instant>,
    /// Whether the outbox is to be asked soon, since it was asked a moment before.
    puts_asking_off: bool,
}

/// A mail that needs no connection any more.
struct Answered {
    mail: OutboxId,
    /// The number of the domain that it went to, as in [`Lane`](crate::mails::Lane).
    domain: i64,
    server: Option<ServerAnswer>,
}

/// A mail that is no longer in hand.
struct Ended {
    mail: OutboxId,
    domain: i64,
    /// Whether it has a connection still, as its delivery broke off.
    has_connection: bool,
}

/// Claimed mails with what was looked up about them.
struct Ahead {
    mails: Vec<(ClaimedMail, Option<Looked>)>,
    last: Lane,
    in_vain: InVain,
}

impl MailWorker {
    /// A worker that hands over at most `concurrency` mails at a time.
    pub async fn new(deliver: Arc<DeliverMail>, concurrency: usize) -> Self {
        let mut slots = MailSlots::new(concurrency);
        // Domains that were served before a restart need not wait behind those that were not.
        match deliver.served_domains().await {
            Ok(domains) => slots.note_answering(domains),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(error, "which domains were served could not be read");
            }
        }
        let (server, deliveries) = (MailServer::default(), JoinSet::new());
        Self {
            deliver,
            slots,
            server,
            deliveries,
            answers: unbounded_channel(),
            looked: None,
            puts_asking_off: false,
        }
    }

    pub fn has_free_slot(&self) -> bool {
        self.slots.room(Instant::now()) > 0
    }

    /// For how long to wait for something to happen before the outbox is asked again, `most` at the most.
    pub fn patience(&self, most: Duration) -> Duration {
        if self.puts_asking_off { ASK_EVERY.min(most) } else { most }
    }

    /// Begins to deliver mails, as many as may go out, and claims more of them if the mail server takes
    /// some. While it claims, deliveries go on.
    pub async fn take_mails(&mut self) {
        self.note_ends();
        self.serve_line();
        let Some(claim) = self.next_claim() else { return };
        let mut claim = pin!(claim);
        let claimed = loop {
            tokio::select! {
                claimed = &mut claim => break claimed,
                true = self.delivery_ended() => self.serve_line(),
                () = tokio::time::sleep(ASK_EVERY) => self.serve_line(),
            }
        };
        match claimed {
            Ok(Ahead { mails, last, in_vain }) => {
                tracing::trace!(claimed = mails.len(), "the outbox was asked");
                let now = Instant::now();
                self.slots.note_claim(last, in_vain, now);
                mails.into_iter().for_each(|(mail, looked)| self.slots.line_up(mail, looked, now));
                self.serve_line();
            }
            Err(error) => tracing::error!(error = &error as &dyn Error, "no mail could be claimed"),
        }
    }

    /// Waits until a delivery has given its connection back, or has ended; `false` when no delivery
    /// runs. It may be dropped at any time.
    pub async fn delivery_ended(&mut self) -> bool {
        if self.deliveries.is_empty() {
            return false;
        }
        tokio::select! {
            Some(answered) = self.answers.1.recv() => self.note_answer(answered),
            Some(ended) = self.deliveries.join_next() => self.note_end(ended),
        }
        self.note_ends();
        true
    }

    /// Puts mails back that have no connection yet.
    pub fn put_line_back(&mut self) {
        let line = self.slots.clear_line();
        self.put_back(line, STOPPED);
    }

    /// The claim that is due, if one is.
    fn next_claim(&mut self) -> Option<impl Future<Output = StoreResult<Ahead>> + use<>> {
        let now = Instant::now();
        self.puts_asking_off = false;
        let most = match self.server.allows(now) {
            Allowance::All => usize::MAX,
            Allowance::Probe => 1,
            Allowance::Nothing => return None,
        };
        if !self.slots.asks(now) {
            self.puts_asking_off = self.slots.room(now) > 0;
            return None;
        }
        self.slots.note_asked(now);
        let looks = self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if looks {
            self.looked = Some(now);
        }
        let in_hand = looks.then(|| self.slots.in_hand());
        let (deliver, deal) = (self.deliver.clone(), self.slots.deal(most, now));
        let free = self.slots.free();
        Some(async move {
            if let Some(in_hand) = in_hand {
                deliver.make_due_mails_ready(in_hand).await?;
            }
            let Claim { mails, last, in_vain } = deliver.claim(deal).await?;
            // Those that have a connection at once are looked up as they go.
            let mut looked =
                if mails.len() > free { deliver.look_ahead(&mails).await } else { HashMap::new() };
            let with_looked = |mail: ClaimedMail| {
                let looked = looked.remove(&mail.id);
                (mail, looked)
            };
            Ok(Ahead { mails: mails.into_iter().map(with_looked).collect(), last, in_vain })
        })
    }

    /// Gives free connections to mails of the line, as far as the mail server takes some.
    fn serve_line(&mut self) {
        let now = Instant::now();
        let late = self.slots.clear_late(PATIENCE, now);
        self.put_back(late, NO_CONNECTION);
        while self.server.allows(now) != Allowance::Nothing {
            let Some(next) = self.slots.next(now) else { return };
            self.begin_delivery(next);
        }
        let late = self.slots.clear_late(PATIENCE_WHILE_DOWN, now);
        self.put_back(late, SERVER_DOWN);
    }

    fn put_back(&mut self, mails: Vec<ClaimedMail>, why: &'static str) {
        for mail in mails {
            let deliver = self.deliver.clone();
            self.deliveries.spawn(async move {
                let put_back = AssertUnwindSafe(deliver.put_back(&mail, why)).catch_unwind();
                if put_back.await.is_err() {
                    tracing::error!(mail_id = mail.id.as_str(), "putting a mail back broke off");
                }
                Ended { domain: mail.lane.domain, mail: mail.id, has_connection: false }
            });
        }
    }

    fn begin_delivery(&mut self, InLine { mail: claimed, looked, .. }: InLine) {
        self.server.note_asked(&claimed.id, Instant::now());
        let (mail, domain) = (claimed.id.clone(), claimed.lane.domain);
        let (observer, deliver) = (self.deliver.ports.observer.clone(), self.deliver.clone());
        let (answers, id) = (self.answers.0.clone(), mail.clone());
        let is_answered = Arc::new(AtomicBool::new(false));
        let notes = is_answered.clone();
        let answered = move |server| {
            notes.store(true, Ordering::Relaxed);
            // Nobody needs it when the worker has gone.
            let _ = answers.send(Answered { mail: id, domain, server });
        };
        let given = claimed.clone();
        let delivery = Box::pin(async move { deliver.deliver(given, looked, answered).await });
        let delivery = observer.delivering(&claimed, delivery);
        self.deliveries.spawn(async move {
            // One that panics ends alone. Its mail is given out again when its lease ends.
            if AssertUnwindSafe(delivery).catch_unwind().await.is_err() {
                tracing::error!(mail_id = mail.as_str(), "the delivery of a mail broke off");
            }
            Ended { mail, domain, has_connection: !is_answered.load(Ordering::Relaxed) }
        });
    }

    /// Takes note of all that has ended.
    fn note_ends(&mut self) {
        while let Ok(answered) = self.answers.1.try_recv() {
            self.note_answer(answered);
        }
        while let Some(ended) = self.deliveries.try_join_next() {
            self.note_end(ended);
        }
    }

    fn note_end(&mut self, ended: Result<Ended, JoinError>) {
        let Ok(Ended { mail, domain, has_connection }) = ended else { return };
        // Its answer comes first.
        while let Ok(answered) = self.answers.1.try_recv() {
            self.note_answer(answered);
        }
        if has_connection {
            self.note_answer(Answered { mail: mail.clone(), domain, server: None });
        }
        self.slots.settle(&mail);
    }

    /// Takes note of an answer of the mail server. Logs once when the mail server takes no mail any more, and
    /// once when it does again.
    fn note_answer(&mut self, Answered { mail, domain, server }: Answered) {
        let (hint, now) = (server.as_ref().map(|answer| answer.hint), Instant::now());
        let jitter = self.deliver.jitter();
        self.slots.release(&mail, hint, jitter, now);
        match self.server.note_answer(hint, (&mail, domain), jitter, now) {
            Change::Nothing => {}
            Change::Down => {
                let (mail_id, answer) = (mail.as_str(), server.map(|answer| answer.text));
                tracing::warn!(mail_id, answer, "the mail server takes no mail; all mails wait");
            }
            Change::Back(after) => {
                let after_s = after.as_secs_f64();
                tracing::info!(after_s, "the mail server takes mail again");
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! The mail worker: asks the outbox what is due and delivers it, several mails at a time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use passlink_adapters::telemetry::trace_scope::TraceScope;
use passlink_application::{
    mails::{
        Allowance, Change, DeliverMail, Delivered, Hold, MailServer, MailSlots, ServerWord, Tried,
    },
    ports::{ClaimedMail, MailOutcome, MailReason, StoreError, Wake},
};
use passlink_domain::OutboxId;
use tokio::{sync::Notify, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{Span, field::Empty, info_span};

/// How often the outbox is asked when nothing wakes the worker: mails come due by themselves, and
/// other processes queue some.
const POLL: Duration = Duration::from_secs(1);

/// How long to go on when the database is away while a mail is in hand. Others may have claimed the
/// mail by then, and then nothing is sent or recorded.
const IN_HAND: Duration = DeliverMail::LEASE.saturating_mul(4);
/// Wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// How long the worker may take for a turn. The database may let it wait for a while, again and again.
const LONGEST_TURN: Duration = Duration::from_secs(120);

/// When the worker of this process began its last turn.
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

    /// How long ago that was.
    pub fn age(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Whether the worker does its turns.
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
    let mut desk = Desk {
        slots: MailSlots::new(concurrency),
        server: MailServer::default(),
        tasks: JoinSet::new(),
        looked: None,
        deliver,
    };
    // Who was served before a restart waits for nobody who was not.
    match desk.deliver.served_domains().await {
        Ok(domains) => desk.slots.know(domains),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "which domains were served could not be read");
        }
    }
    while !stop.is_cancelled() {
        pulse.beat();
        while let Some(Ok(ended)) = desk.tasks.try_join_next() {
            desk.done(ended);
        }
        desk.take_mails().await;
        let may_take_more = desk.slots.free() > 0;
        tokio::select! {
            () = stop.cancelled() => {}
            () = bell.0.notified(), if may_take_more => {}
            Some(Ok(ended)) = desk.tasks.join_next() => desk.done(ended),
            () = tokio::time::sleep(POLL) => {}
        }
    }
    while let Some(Ok(ended)) = desk.tasks.join_next().await {
        desk.done(ended);
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// What the worker knows: the mails in hand and who delivers each, and how the mail server does.
struct Desk {
    deliver: Arc<DeliverMail>,
    slots: MailSlots,
    server: MailServer,
    tasks: JoinSet<Ended>,
    /// When mails that were put off were last looked at.
    looked: Option<Instant>,
}

/// A delivery that came to its end.
struct Ended {
    mail: OutboxId,
    /// Stands for the domain that it went to.
    domain: i64,
    /// What the mail server said, if it was asked.
    said: Option<(ServerWord, String)>,
}

impl Desk {
    /// Takes mails for the free slots, if the mail server takes some, and begins to deliver them.
    async fn take_mails(&mut self) {
        let most = match self.server.allows(now()) {
            Allowance::All => usize::MAX,
            Allowance::Probe => 1,
            Allowance::Nothing => return,
        };
        let claimed = match self.claim(most).await {
            Ok(claimed) => claimed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "no mail could be claimed");
                return;
            }
        };
        tracing::trace!(claimed = claimed.len(), "the outbox was asked");
        for mail in claimed {
            self.server.asked(&mail, now());
            let deliver = self.deliver.clone();
            let scope = scope(&mail);
            let (id, domain) = (mail.id.clone(), mail.lane.domain);
            let working = scope.run(async move { deliver_one(&deliver, mail).await });
            self.tasks.spawn(async move {
                // One that panics ends alone. Its mail is given out again when its lease ends.
                let said = tokio::spawn(working).await.unwrap_or_else(|error| {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the delivery of a mail broke off");
                    None
                });
                Ended { mail: id, domain, said }
            });
        }
    }

    /// Takes note of the end of a delivery, and tells in one line when the mail server takes no mail
    /// any more, and in one when it does again.
    fn done(&mut self, Ended { mail, domain, said }: Ended) {
        let (word, spread) = (said.as_ref().map(|(word, _)| *word), self.deliver.spread());
        self.slots.done(&mail, word, spread, now());
        match self.server.heard(word, (&mail, domain), spread, now()) {
            Change::Nothing => {}
            Change::Down => {
                let (mail_id, answer) = (mail.as_str(), said.map(|(_, answer)| answer));
                tracing::warn!(mail_id, answer, "the mail server takes no mail; all mails wait");
            }
            Change::Back(after) => {
                let after_s = after.as_secs_f64();
                tracing::info!(after_s, "the mail server takes mail again");
            }
        }
    }

    async fn claim(&mut self, most: usize) -> Result<Vec<ClaimedMail>, StoreError> {
        if self.looked.is_none_or(|at| at.elapsed() >= POLL) {
            self.deliver.ripen(&self.slots).await?;
            self.looked = Some(Instant::now());
        }
        self.deliver.claim(&mut self.slots, most, now()).await
    }
}

/// Does what needs the database, however long that is away; but not for ever.
async fn persist<T, F>(doing: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let started = Instant::now();
    loop {
        match doing().await {
            Err(StoreError::Unavailable(_)) if started.elapsed() < IN_HAND => {
                tokio::time::sleep(AGAIN).await;
            }
            done => return done,
        }
    }
}

/// Delivers a mail and keeps it from others meanwhile; `None` when another worker has it.
async fn deliver_held(
    deliver: &DeliverMail,
    mail: &ClaimedMail,
) -> Result<Option<Tried>, StoreError> {
    let hold = deliver.hold(mail);
    tokio::select! {
        tried = persist(|| deliver.deliver(mail.clone(), &hold)) => tried,
        () = until_lost(deliver, mail, &hold) => Ok(None),
    }
}

/// Renews the lease of a mail again and again; returns when another worker has the mail.
async fn until_lost(deliver: &DeliverMail, mail: &ClaimedMail, hold: &Hold) {
    loop {
        tokio::time::sleep(deliver.renewal_interval()).await;
        match deliver.renew(mail, hold).await {
            Ok(true) => {}
            Ok(false) => return,
            // Whose the mail is then is told when its outcome is recorded.
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the lease of a mail was not renewed");
            }
        }
    }
}

/// The scope of a delivery, by OpenTelemetry's conventions for messaging: it goes on with the trace of
/// the request that queued the mail.
fn scope(mail: &ClaimedMail) -> TraceScope {
    let span = info_span!(
        parent: None,
        "process outbox",
        otel.kind = "consumer",
        otel.status_code = Empty,
        otel.status_description = Empty,
        error.type = Empty,
        messaging.system = "passlink",
        messaging.destination.name = "outbox",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.message.id = mail.id.as_str(),
        passlink.mail.tries = i64::from(mail.tries),
        user.id = mail.user.as_str(),
    );
    TraceScope::behind(span, mail.trace.as_ref())
}

/// Says in the span of a delivery that it failed, and why.
fn fail(kind: Option<&str>, answer: &str) {
    let span = Span::current();
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", answer);
    span.record("error.type", kind.unwrap_or("_OTHER"));
}

/// Delivers a mail and logs what came of it, in one line; returns what the mail server said, if it was
/// asked.
async fn deliver_one(deliver: &DeliverMail, mail: ClaimedMail) -> Option<(ServerWord, String)> {
    let started = Instant::now();
    let (id, user, tries) = (mail.id.clone(), mail.user.clone(), mail.tries);
    let (mut trouble, mut said) = (None, None);
    let delivered = match deliver_held(deliver, &mail).await {
        Ok(Some(tried)) => {
            trouble = tried.trouble().map(MailReason::name);
            said = tried.server().map(|(word, answer)| (word, answer.to_owned()));
            persist(|| deliver.record(&tried)).await
        }
        Ok(None) => Ok(Delivered::Lost),
        Err(error) => Err(error),
    };
    let (mail_id, user_id) = (id.as_str(), user.as_str());
    let duration_ms = started.elapsed().as_micros() as f64 / 1000.0;
    match delivered {
        Ok(Delivered::Recorded(MailOutcome::Sent(answer))) => {
            tracing::info!(mail_id, user_id, tries, duration_ms, answer, "mail sent");
        }
        Ok(Delivered::Recorded(MailOutcome::Retry { due, answer, .. })) => {
            fail(trouble, &answer);
            tracing::warn!(mail_id, user_id, tries, duration_ms, reason = trouble, answer, %due, "mail to be tried again");
        }
        Ok(Delivered::Recorded(MailOutcome::Returned(answer))) => {
            fail(trouble, &answer);
            // That the mail server is to blame is told once, for all mails.
            tracing::debug!(
                mail_id,
                user_id,
                tries,
                duration_ms,
                reason = trouble,
                answer,
                "mail waits"
            );
        }
        Ok(Delivered::Recorded(MailOutcome::Failed(answer))) => {
            fail(trouble, &answer);
            tracing::warn!(
                mail_id,
                user_id,
                tries,
                duration_ms,
                reason = trouble,
                answer,
                "mail not sent"
            );
        }
        Ok(Delivered::Lost) => {
            tracing::warn!(
                mail_id,
                user_id,
                tries,
                duration_ms,
                "mail taken over by another worker"
            );
        }
        Err(error) => {
            fail(None, "the outcome was not recorded");
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                mail_id,
                user_id,
                tries,
                error,
                "the outcome of a mail was not recorded"
            );
        }
    }
    said
}

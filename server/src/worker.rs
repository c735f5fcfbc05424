//! The mail worker: asks the outbox what is due and delivers it, several mails at a time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use passlink_adapters::place::Place;
use passlink_application::{
    ClaimedMail, DeliverMail, Delivered, MailOutcome, MailReason, StoreError, Tried, Wake,
};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{Span, field::Empty, info_span};

/// How often the outbox is asked when nothing wakes the worker: mails come due by themselves, and
/// other processes queue some.
const POLL: Duration = Duration::from_secs(1);

/// How long to go on when the database is away while a mail is in hand. Others may have claimed the
/// mail by then, and then nothing is sent or recorded.
const IN_HAND: Duration = DeliverMail::LEASE;
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
    let mut in_hand = JoinSet::new();
    while !stop.is_cancelled() {
        pulse.beat();
        while let Some(ended) = in_hand.try_join_next() {
            tell(ended);
        }
        let free = concurrency.saturating_sub(in_hand.len());
        let claimed = match free {
            0 => Vec::new(),
            free => claim(&deliver, free).await,
        };
        tracing::trace!(claimed = claimed.len(), "the outbox was asked");
        for mail in claimed {
            let deliver = deliver.clone();
            let place = place(&mail);
            in_hand.spawn(place.run(async move { deliver_one(&deliver, mail).await }));
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = bell.0.notified(), if in_hand.len() < concurrency => {}
            Some(ended) = in_hand.join_next() => tell(ended),
            () = tokio::time::sleep(POLL) => {}
        }
    }
    while let Some(ended) = in_hand.join_next().await {
        tell(ended);
    }
}

/// Logs a delivery that did not end as it should. Its mail is given out again when its lease ends.
fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the delivery of a mail broke off"
        );
    }
}

async fn claim(deliver: &DeliverMail, limit: usize) -> Vec<ClaimedMail> {
    match deliver.claim(limit.try_into().unwrap_or(u64::MAX)).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no mail could be claimed");
            Vec::new()
        }
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
    tokio::select! {
        tried = persist(|| deliver.deliver(mail.clone())) => tried,
        () = until_lost(deliver, mail) => Ok(None),
    }
}

/// Renews the lease of a mail again and again; returns when another worker has the mail.
async fn until_lost(deliver: &DeliverMail, mail: &ClaimedMail) {
    loop {
        tokio::time::sleep(deliver.renewal_interval()).await;
        match deliver.renew(mail).await {
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

/// The place of a delivery, by OpenTelemetry's conventions for messaging: it goes on with the trace of
/// the request that queued the mail.
fn place(mail: &ClaimedMail) -> Place {
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
    Place::behind(span, mail.trace.as_ref())
}

/// Says in the span of a delivery that it failed, and why.
fn fail(kind: Option<&str>, answer: &str) {
    let span = Span::current();
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", answer);
    span.record("error.type", kind.unwrap_or("_OTHER"));
}

/// Delivers a mail and logs what came of it, in one line.
async fn deliver_one(deliver: &DeliverMail, mail: ClaimedMail) {
    let started = Instant::now();
    let (id, user, tries) = (mail.id.clone(), mail.user.clone(), mail.tries);
    let mut trouble = None;
    let delivered = match deliver_held(deliver, &mail).await {
        Ok(Some(tried)) => {
            trouble = tried.trouble().map(MailReason::name);
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
        Ok(Delivered::Recorded(MailOutcome::Retry { due, answer })) => {
            fail(trouble, &answer);
            tracing::warn!(mail_id, user_id, tries, duration_ms, reason = trouble, answer, %due, "mail to be tried again");
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
}

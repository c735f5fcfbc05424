//! What use cases report: counted, timed and traced.

use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use opentelemetry_semantic_conventions::attribute::ERROR_TYPE;
use passlink_application::ports::{
    Attempt, ClaimedMail, DeliveryEnd, MailReason, Observer, TraceContext,
};
use passlink_domain::{LinkKind, LinkState, OpenedBy, OutboxId, PasskeyId};
use tracing::Span;

use super::spans;

/// From a tenth of a second to a day, in seconds.
const BOUNDARIES: [f64; 16] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0,
    86400.0,
];
/// What can become of a link that is mailed, and, in the first four, of one that is returned.
const STATES: [LinkState; 7] = [
    LinkState::Requested,
    LinkState::Redeemed,
    LinkState::Expired,
    LinkState::Revoked,
    LinkState::Sent,
    LinkState::Undeliverable,
    LinkState::Replaced,
];
/// Why a mail may not be sent for now, and why for good.
const FOR_NOW: [MailReason; 9] = [
    MailReason::Connection,
    MailReason::Tls,
    MailReason::SignIn,
    MailReason::Timeout,
    MailReason::Deferred,
    MailReason::Rejected,
    MailReason::Unclear,
    MailReason::File,
    MailReason::KeyMissing,
];
const FOR_GOOD: [MailReason; 7] = [
    MailReason::Rejected,
    MailReason::Unclear,
    MailReason::Unfit,
    MailReason::LinkEnded,
    MailReason::LinkExpired,
    MailReason::Over,
    MailReason::UserChanged,
];

/// The instruments for what use cases report.
pub struct TelemetryObserver {
    links: Counter<u64>,
    attempts: Counter<u64>,
    delivery: Histogram<f64>,
    redemption: Histogram<f64>,
}

impl Default for TelemetryObserver {
    /// Makes the instruments. Counters begin at zero, so that the first one is seen as a change.
    fn default() -> Self {
        let meter = global::meter("passlink");
        let observer = Self {
            links: meter
                .u64_counter("passlink.links")
                .with_description("Links that entered a state")
                .with_unit("{link}")
                .build(),
            attempts: meter
                .u64_counter("passlink.mail.attempts")
                .with_description("Tries to deliver a mail")
                .with_unit("{attempt}")
                .build(),
            delivery: meter
                .f64_histogram("passlink.link.delivery.duration")
                .with_description("From the request of a link until the mail server took its mail")
                .with_unit("s")
                .with_boundaries(BOUNDARIES.to_vec())
                .build(),
            redemption: meter
                .f64_histogram("passlink.link.redemption.duration")
                .with_description(
                    "From the mail server's acceptance of a link's mail to the passkey",
                )
                .with_unit("s")
                .with_boundaries(BOUNDARIES.to_vec())
                .build(),
        };
        for state in STATES {
            observer.links(state, LinkKind::Mailed, 0);
        }
        for state in STATES.into_iter().take(4) {
            observer.links(state, LinkKind::Returned, 0);
        }
        observer.count_attempts(Attempt::Sent, 0);
        FOR_NOW.into_iter().for_each(|reason| observer.count_attempts(Attempt::Retry(reason), 0));
        FOR_GOOD
            .into_iter()
            .for_each(|reason| observer.count_attempts(Attempt::Undeliverable(reason), 0));
        observer
    }
}

impl TelemetryObserver {
    fn count_attempts(&self, attempt: Attempt, count: u64) {
        let outcome = match attempt {
            Attempt::Sent => "sent",
            Attempt::Retry(_) => "retry",
            Attempt::Undeliverable(_) => "undeliverable",
        };
        let mut attributes = vec![KeyValue::new("passlink.mail.outcome", outcome)];
        attributes.extend(attempt.reason().map(|it| KeyValue::new(ERROR_TYPE, it.name())));
        self.attempts.add(count, &attributes);
    }
}

impl Observer for TelemetryObserver {
    fn links(&self, state: LinkState, kind: LinkKind, count: u64) {
        let attributes = [
            KeyValue::new("passlink.link.state", state.name()),
            KeyValue::new("passlink.link.delivery", kind.name()),
        ];
        self.links.add(count, &attributes);
    }

    fn mailed(&self, after: Duration) {
        self.delivery.record(after.as_secs_f64(), &[]);
    }

    fn redeemed(&self, after: Duration) {
        self.redemption.record(after.as_secs_f64(), &[]);
    }

    fn tried(&self, attempt: Attempt) {
        self.count_attempts(attempt, 1);
    }

    fn ceremony(&self, passkey: &PasskeyId, opened_by: &OpenedBy) {
        spans::describe_ceremony(passkey, opened_by);
    }

    fn queueing(&self, mail: &OutboxId) -> (Span, Option<TraceContext>) {
        spans::queueing(mail)
    }

    fn delivering(
        &self,
        mail: &ClaimedMail,
        delivery: BoxFuture<'static, DeliveryEnd>,
    ) -> BoxFuture<'static, DeliveryEnd> {
        spans::delivering(mail, delivery)
    }
}

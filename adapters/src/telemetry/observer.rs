//! What use cases tell, counted.

use std::time::Duration;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use passlink_application::ports::{Attempt, MailReason, Observer, TraceContext};
use passlink_domain::{LinkKind, LinkState};
use tracing::Span;

use crate::telemetry::trace_scope;

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

/// Counts what use cases tell.
pub struct Counts {
    links: Counter<u64>,
    attempts: Counter<u64>,
    delivery: Histogram<f64>,
    redemption: Histogram<f64>,
}

impl Default for Counts {
    /// Makes the instruments. Counters begin at zero, so that the first one is seen as a change.
    fn default() -> Self {
        let meter = global::meter("passlink");
        let counts = Self {
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
            counts.links(state, LinkKind::Mailed, 0);
        }
        for state in STATES.into_iter().take(4) {
            counts.links(state, LinkKind::Returned, 0);
        }
        counts.tries(Attempt::Sent, 0);
        FOR_NOW.into_iter().for_each(|reason| counts.tries(Attempt::Retry(reason), 0));
        FOR_GOOD.into_iter().for_each(|reason| counts.tries(Attempt::Undeliverable(reason), 0));
        counts
    }
}

impl Counts {
    fn tries(&self, attempt: Attempt, count: u64) {
        match attempt {
            Attempt::Sent => self.attempts.add(count, &[outcome("sent")]),
            Attempt::Retry(reason) => self.attempts.add(count, &[outcome("retry"), why(reason)]),
            Attempt::Undeliverable(reason) => {
                self.attempts.add(count, &[outcome("undeliverable"), why(reason)]);
            }
        }
    }
}

impl Observer for Counts {
    fn trace(&self, span: &Span) -> Option<TraceContext> {
        trace_scope::context_of(span)
    }

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
        self.tries(attempt, 1);
    }
}

fn outcome(outcome: &'static str) -> KeyValue {
    KeyValue::new("passlink.mail.outcome", outcome)
}

fn why(reason: MailReason) -> KeyValue {
    KeyValue::new("error.type", reason.name())
}

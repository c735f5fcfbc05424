//! What use cases tell, counted.

use std::time::Duration;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use passlink_application::{Attempt, MailReason, Observer, TraceContext};
use passlink_domain::LinkState;
use tracing::Span;

use super::context;

/// From a tenth of a second to a day, in seconds.
const BOUNDARIES: [f64; 16] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0,
    86400.0,
];
/// What can become of a link.
const STATES: [LinkState; 7] = [
    LinkState::Requested,
    LinkState::Sent,
    LinkState::Undeliverable,
    LinkState::Redeemed,
    LinkState::Expired,
    LinkState::Replaced,
    LinkState::Revoked,
];

/// Counts what use cases tell.
pub struct Counts {
    links: Counter<u64>,
    attempts: Counter<u64>,
    delivery: Histogram<f64>,
}

impl Default for Counts {
    /// Makes the instruments. Those of links begin at zero, so that the first one is seen as a change.
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
        };
        for state in STATES {
            counts.links(state, 0);
        }
        counts.attempts.add(0, &[outcome("sent")]);
        counts
    }
}

impl Observer for Counts {
    fn trace(&self, span: &Span) -> Option<TraceContext> {
        context::of(span)
    }

    fn links(&self, state: LinkState, count: u64) {
        let state = match state {
            LinkState::Requested => "requested",
            LinkState::Sent => "sent",
            LinkState::Undeliverable => "undeliverable",
            LinkState::Redeemed => "redeemed",
            LinkState::Expired => "expired",
            LinkState::Replaced => "replaced",
            LinkState::Revoked => "revoked",
        };
        self.links.add(count, &[KeyValue::new("passlink.link.state", state)]);
    }

    fn mailed(&self, after: Duration) {
        self.delivery.record(after.as_secs_f64(), &[]);
    }

    fn tried(&self, attempt: Attempt) {
        match attempt {
            Attempt::Sent => self.attempts.add(1, &[outcome("sent")]),
            Attempt::Retry(reason) => self.attempts.add(1, &[outcome("retry"), why(reason)]),
            Attempt::Undeliverable(reason) => {
                self.attempts.add(1, &[outcome("undeliverable"), why(reason)]);
            }
        }
    }
}

fn outcome(outcome: &'static str) -> KeyValue {
    KeyValue::new("passlink.mail.outcome", outcome)
}

fn why(reason: MailReason) -> KeyValue {
    KeyValue::new("error.type", reason.name())
}

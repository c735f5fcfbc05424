//! What use cases report: counted, timed and traced, by OpenTelemetry's names.

use std::time::Duration;

use futures_util::{FutureExt, future::BoxFuture};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, USER_ID,
};
use passlink_application::ports::{
    Attempt, ClaimedMail, DeliveryEnd, MailReason, Observer, SessionEnd, SignIn, TraceContext,
};
use passlink_domain::{LinkKind, LinkState, OpenedBy, OutboxId, PasskeyId, SessionId, UserId};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{
    sign_ins::{SignIns, trace_session},
    trace_scope::{TraceScope, export_context},
};

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
const FOR_NOW: [MailReason; 10] = [
    MailReason::Connection,
    MailReason::Tls,
    MailReason::SignIn,
    MailReason::Timeout,
    MailReason::Deferred,
    MailReason::Rejected,
    MailReason::Unclear,
    MailReason::File,
    MailReason::KeyMissing,
    MailReason::DomainMissing,
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

pub struct TelemetryObserver {
    links: Counter<u64>,
    attempts: Counter<u64>,
    delivery: Histogram<f64>,
    redemption: Histogram<f64>,
    sign_ins: SignIns,
}

impl Default for TelemetryObserver {
    /// Makes the instruments. Counters begin at zero, so that the first one is seen as a change.
    fn default() -> Self {
        let meter = global::meter("passlink");
        let counter = |name, description, unit| {
            meter.u64_counter(name).with_description(description).with_unit(unit).build()
        };
        let duration = |name, description| {
            let histogram = meter.f64_histogram(name).with_description(description);
            histogram.with_unit("s").with_boundaries(BOUNDARIES.to_vec()).build()
        };
        let observer = Self {
            links: counter("passlink.links", "Links that entered a state", "{link}"),
            attempts: counter("passlink.mail.attempts", "Tries to deliver a mail", "{attempt}"),
            delivery: duration(
                "passlink.link.delivery.duration",
                "From the request of a link until the mail server took its mail",
            ),
            redemption: duration(
                "passlink.link.redemption.duration",
                "From the mail server's acceptance of a link's mail to the passkey",
            ),
            sign_ins: SignIns::default(),
        };
        for state in STATES {
            observer.links(state, LinkKind::Mailed, 0);
        }
        for state in STATES.into_iter().take(4) {
            observer.links(state, LinkKind::Returned, 0);
        }
        observer.count_attempts(Attempt::Sent, 0);
        for attempt in FOR_NOW.map(Attempt::Retry) {
            observer.count_attempts(attempt, 0);
        }
        for attempt in FOR_GOOD.map(Attempt::Undeliverable) {
            observer.count_attempts(attempt, 0);
        }
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

    fn session_created(&self) {
        self.sign_ins.count_created(1);
    }

    fn sessions_ended(&self, end: SessionEnd, count: u64) {
        self.sign_ins.count_ended(end, count);
    }

    fn session(&self, session: &SessionId, user: Option<&UserId>) {
        trace_session(session, user);
    }

    fn sign_in(&self, tried: &SignIn) {
        self.sign_ins.tell(tried);
    }

    fn ceremony(&self, passkey: &PasskeyId, opened_by: &OpenedBy) {
        let span = Span::current();
        span.set_attribute("passlink.passkey.id", passkey.to_string());
        match opened_by {
            OpenedBy::Bearer => span.set_attribute("passlink.opened_by", "bearer"),
            OpenedBy::Link(link) => {
                span.set_attribute("passlink.opened_by", "link");
                span.set_attribute("passlink.link.id", link.to_string());
            }
        }
    }

    fn queueing(&self, mail: &OutboxId) -> (Span, Option<TraceContext>) {
        let span = info_span!(
            "send outbox",
            otel.kind = "producer",
            { MESSAGING_SYSTEM } = "passlink",
            { MESSAGING_DESTINATION_NAME } = "outbox",
            { MESSAGING_OPERATION_NAME } = "send",
            { MESSAGING_OPERATION_TYPE } = "send",
            { MESSAGING_MESSAGE_ID } = mail.as_str(),
        );
        let trace = export_context(&span);
        (span, trace)
    }

    /// In a span of its own, which goes on with the trace of the request that queued the mail, and says
    /// whether the delivery failed.
    fn delivering(
        &self,
        mail: &ClaimedMail,
        delivery: BoxFuture<'static, DeliveryEnd>,
    ) -> BoxFuture<'static, DeliveryEnd> {
        let span = info_span!(
            parent: None,
            "process outbox",
            otel.kind = "consumer",
            otel.status_code = Empty,
            otel.status_description = Empty,
            { ERROR_TYPE } = Empty,
            { MESSAGING_SYSTEM } = "passlink",
            { MESSAGING_DESTINATION_NAME } = "outbox",
            { MESSAGING_OPERATION_NAME } = "process",
            { MESSAGING_OPERATION_TYPE } = "process",
            { MESSAGING_MESSAGE_ID } = mail.id.as_str(),
            passlink.mail.tries = i64::from(mail.tries),
            { USER_ID } = mail.user.as_str(),
        );
        let observed = async {
            let end = delivery.await;
            if let Some(failure) = &end.failure {
                let span = Span::current();
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", &*failure.text);
                span.record(ERROR_TYPE, failure.reason.map_or("_OTHER", MailReason::name));
            }
            end
        };
        TraceScope::after_queueing(span, mail.trace.as_ref()).run(observed).boxed()
    }
}

//! The spans of what use cases report, by OpenTelemetry's names.

use futures_util::{FutureExt, future::BoxFuture};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, USER_ID,
};
use passlink_application::ports::{ClaimedMail, DeliveryEnd, MailReason, TraceContext};
use passlink_domain::{OpenedBy, OutboxId, PasskeyId};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::trace_scope::{TraceScope, export_context};

/// The span of queueing a mail, and where it stands in its trace.
pub(super) fn queueing(mail: &OutboxId) -> (Span, Option<TraceContext>) {
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

/// Runs a delivery in a span of its own, which goes on with the trace of the request that queued the
/// mail, and says there whether it failed.
pub(super) fn delivering(
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

/// Says in the current span which passkey it is about, and what opened its ceremony.
pub(super) fn describe_ceremony(passkey: &PasskeyId, opened_by: &OpenedBy) {
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

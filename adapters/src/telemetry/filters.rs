//! What goes where: to the log on stderr, into log records, into spans.

use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterExt, FilterFn, filter_fn},
    layer::Filter,
};

use super::logged_exporter::is_partial_success;

/// What the SDK logs when a queue is full: at the first that it drops, and at the end how many it was.
const DROPS: [&str; 4] = [
    "BatchLogProcessor.LogDroppingStarted",
    "BatchLogProcessor.LogsDropped",
    "BatchSpanProcessor.SpanDroppingStarted",
    "BatchSpanProcessor.SpansDropped",
];
const SENDERS: [&str; 7] = ["h2", "hyper", "opentelemetry", "reqwest", "rustls", "tonic", "tower"];

/// Log lines on stderr, as `RUST_LOG` says, or `default`. OpenTelemetry's libraries log some things at
/// every batch. Of theirs, only that telemetry is dropped is logged; the exporters log the rest.
pub(super) fn lines<S: Subscriber>(default: &str) -> impl Filter<S> + use<S> {
    wanted(default).and(events(LevelFilter::TRACE, |event| {
        is_harmless(event)
            && (!event.target().starts_with("opentelemetry") || DROPS.contains(&event.name()))
    }))
}

/// Log records that go out by OTLP: all but those of what sends them, which would never end.
pub(super) fn records<S: Subscriber>(default: &str) -> impl Filter<S> + use<S> {
    wanted(default).and(events(LevelFilter::TRACE, |event| {
        is_harmless(event) && !SENDERS.iter().any(|sender| event.target().starts_with(sender))
    }))
}

/// Our spans, and their warnings and errors.
pub(super) fn spans<S: Subscriber>() -> impl Filter<S> {
    let is_wanted = |it: &Metadata<'_>| {
        it.target().starts_with("passlink") && (it.is_span() || *it.level() <= Level::WARN)
    };
    filter_fn(is_wanted).with_max_level_hint(LevelFilter::INFO)
}

pub(super) fn partial_successes<S: Subscriber>() -> impl Filter<S> {
    events(LevelFilter::WARN, is_partial_success)
}

fn wanted(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}

/// A filter of events by what they are. Without a level, all events would be asked about, each time.
fn events(
    level: LevelFilter,
    is_wanted: fn(&Metadata<'_>) -> bool,
) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(move |it: &Metadata<'_>| it.is_event() && is_wanted(it)).with_max_level_hint(level)
}

/// Whether something may be logged, whatever `RUST_LOG` asks for. Libraries work on names, addresses,
/// challenges and credentials. Many show them below INFO, and webauthn-rs at any level: it logs each
/// answer that does not verify as an error, which we log in words of our own. SQLx shows the lines of
/// `~/.pgpass` that it can't read, and with them passwords.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("passlink")
        || *metadata.level() <= Level::INFO
            && !["webauthn", "sqlx_postgres::options"].iter().any(|it| target.starts_with(it))
}

//! What Passlink tells about itself: log lines on stderr; traces, metrics and logs by OTLP; metrics
//! as a page for Prometheus.
//!
//! Nothing of it holds up a request: what goes out is queued, the queues are bounded, and what finds
//! no place is dropped.

mod complaint;
mod connections;
mod destination;
mod exporters;
mod log;
mod metrics;
mod observer;
mod propagator;
mod queue;
mod refusal;
mod throttle;
pub mod trace_scope;
mod variables;

use std::time::{Duration, Instant};

use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::{
    Resource, logs::SdkLoggerProvider, metrics::SdkMeterProvider, trace::SdkTracerProvider,
};
use prometheus::Registry;
use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, FilterFn, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub use connections::{Connections, Failure};
pub use log::LogForm;
pub use metrics::{OutboxVitals, Vitals};
pub use observer::Counts;

use destination::{Destination, Signal};

/// How long telemetry that is queued may take to go out when the process ends.
const FLUSH: Duration = Duration::from_secs(5);

/// What is told, how, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'s> {
    /// How log lines on stderr are written.
    pub form: LogForm,
    /// What is logged when `RUST_LOG` does not say.
    pub log: &'s str,
    /// Where telemetry goes by OTLP when the `OTEL_*` variables do not say.
    pub otlp_endpoint: Option<&'s str>,
    /// Whether there is to be a page of metrics.
    pub metrics_page: bool,
    /// The program's version.
    pub version: &'static str,
}

/// Telemetry that has been started. Without an endpoint it is the log alone.
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
    logger: Option<SdkLoggerProvider>,
    meter: Option<SdkMeterProvider>,
    page: Option<Registry>,
}

impl Telemetry {
    /// Starts telemetry for this process. Instruments that were made before count nothing.
    ///
    /// Errors: an `OTEL_*` variable or the endpoint is not usable; the text says which, and what is
    /// allowed.
    pub fn start(settings: Settings<'_>) -> Result<Self, String> {
        if cfg!(feature = "no-telemetry") {
            return Ok(Self { tracer: None, logger: None, meter: None, page: None });
        }
        variables::check()?;
        let to = |signal| Destination::of(signal, settings.otlp_endpoint);
        let (traces, logs, metrics) =
            (to(Signal::Traces)?, to(Signal::Logs)?, to(Signal::Metrics)?);
        let exports = traces.is_some() || logs.is_some() || metrics.is_some();
        let resource = resource(settings.version);
        let tracer = traces.map(|to| exporters::tracer(&to, &resource)).transpose()?;
        let logger = logs.map(|to| exporters::logger(&to, &resource)).transpose()?;
        let page = settings.metrics_page.then(Registry::new);
        let meter = metrics::meter(metrics.as_ref(), page.as_ref(), &resource)?;
        if let Some(meter) = &meter {
            global::set_meter_provider(meter.clone());
        }
        global::set_text_map_propagator(propagator::wanted()?);
        let lines = log::layer(settings.form);
        let mut layers =
            vec![lines.with_filter(log_filter(settings.log).and(events(is_logged))).boxed()];
        if let Some(tracer) = &tracer {
            let spans = tracing_opentelemetry::layer()
                .with_tracer(tracer.tracer("passlink"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_context_activation(false)
                .with_filter(filter_fn(is_traced).with_max_level_hint(LevelFilter::INFO));
            layers.push(spans.boxed());
        }
        if let Some(logger) = &logger {
            let records = OpenTelemetryTracingBridge::new(logger);
            let wanted = log_filter(settings.log).and(events(is_sent));
            layers.push(records.with_filter(wanted).boxed());
        }
        if exports {
            let heard = filter_fn(refusal::is_one).with_max_level_hint(LevelFilter::WARN);
            layers.push(refusal::Ear.with_filter(heard).boxed());
        }
        tracing_subscriber::registry()
            .with(layers)
            .try_init()
            .map_err(|error| format!("the log can't be started: {error}"))?;
        Ok(Self { tracer, logger, meter, page })
    }

    /// Whether [`Telemetry::start`] can do its work with this endpoint, without doing it.
    ///
    /// Errors: as of [`Telemetry::start`].
    pub fn check(otlp_endpoint: Option<&str>) -> Result<(), String> {
        variables::check()?;
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            if let Some(to) = Destination::of(signal, otlp_endpoint)? {
                exporters::check(signal, &to)?;
            }
        }
        propagator::wanted().map(drop)
    }

    /// Whether somebody reads metrics.
    pub fn is_metered(&self) -> bool {
        self.meter.is_some()
    }

    /// The page of metrics, `GET /metrics`, when there is to be one.
    pub fn metrics_page(&self) -> Option<axum::Router> {
        self.page.clone().map(metrics::page)
    }

    /// Sends what is queued, and ends. Gives up after a while on a collector that does not answer.
    pub async fn flush(self) {
        let Self { tracer, logger, meter, page: _ } = self;
        let started = Instant::now();
        let tracer = tokio::task::spawn_blocking(move || {
            tracer.map(|tracer| tracer.shutdown_with_timeout(FLUSH))
        });
        let logger = tokio::task::spawn_blocking(move || {
            logger.map(|logger| logger.shutdown_with_timeout(FLUSH))
        });
        let meter = tokio::task::spawn_blocking(move || {
            meter.map(|meter| meter.shutdown_with_timeout(FLUSH))
        });
        // What does not arrive is told by the exporters.
        let _ = tokio::join!(tracer, logger, meter);
        if started.elapsed() >= FLUSH {
            tracing::warn!(
                "telemetry that was queued was left behind: the collector took too long"
            );
        }
    }
}

/// What telemetry is of. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say more, or otherwise.
fn resource(version: &'static str) -> Resource {
    use opentelemetry::{Key, KeyValue};
    let detected = Resource::builder().build();
    let mut ours = vec![
        KeyValue::new("service.version", version),
        KeyValue::new("service.instance.id", uuid::Uuid::from_bytes(rand::random()).to_string()),
    ];
    let named = detected.get(&Key::new("service.name"));
    if named.is_none_or(|name| name.as_str().starts_with("unknown_service")) {
        ours.push(KeyValue::new("service.name", "passlink"));
    }
    ours.retain(|it| it.key.as_str() == "service.name" || detected.get(&it.key).is_none());
    Resource::builder().with_attributes(ours).build()
}

/// What `RUST_LOG` says, as far as it is fit to be told ([`log::is_fit`]).
fn log_filter(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}

/// Our spans, and what they tell of trouble.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    let level = match metadata.is_span() {
        true => Level::INFO,
        false => Level::WARN,
    };
    metadata.target().starts_with("passlink") && *metadata.level() <= level
}

/// A filter of events by what they are. It says that it takes any level: of one that says nothing, all
/// events would be asked about, each time.
fn events(wanted: fn(&Metadata<'_>) -> bool) -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(wanted).with_max_level_hint(LevelFilter::TRACE)
}

/// Log lines on stderr: of OpenTelemetry's libraries, which tell some things at every batch, none. The
/// exporters tell what matters.
fn is_logged(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && log::is_fit(metadata) && !metadata.target().starts_with("opentelemetry")
}

/// Log lines that go out by OTLP: all but those of what sends them, which would never end.
fn is_sent(metadata: &Metadata<'_>) -> bool {
    const SENDERS: [&str; 7] =
        ["h2", "hyper", "opentelemetry", "reqwest", "rustls", "tonic", "tower"];
    metadata.is_event()
        && log::is_fit(metadata)
        && !SENDERS.iter().any(|sender| metadata.target().starts_with(sender))
}

//! What Passlink reports about itself: log lines on stderr; traces, metrics and logs by OTLP; metrics
//! as a page for Prometheus.
//!
//! Nothing of it holds up a request: what goes out is queued, the queues are bounded, and what finds
//! no place is dropped.

mod connections;
mod destination;
mod exporters;
mod filters;
mod log;
mod logged_exporter;
mod observer;
mod sign_ins;
mod throttle;
pub(crate) mod trace_scope;
mod variables;
mod vitals;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use opentelemetry::{
    KeyValue, global,
    propagation::{TextMapCompositePropagator, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::SdkMeterProvider,
    propagation::{BaggagePropagator, TraceContextPropagator},
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::SdkTracerProvider,
};
use opentelemetry_semantic_conventions::attribute::{
    SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};
use prometheus::Registry;
use tokio::task::spawn_blocking;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

pub use connections::{Connections, Failure};
pub use log::LogFormat;
pub use observer::TelemetryObserver;
pub use vitals::report_vitals;

use destination::{Destination, Signal};
use logged_exporter::PartialSuccessLayer;

/// How long telemetry that is queued may take to go out when the process ends.
const FLUSH: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub struct Settings<'s> {
    /// How log lines on stderr are written.
    pub log_format: LogFormat,
    /// What is logged when `RUST_LOG` does not say.
    pub log: &'s str,
    /// Where telemetry goes by OTLP when the `OTEL_*` variables do not say.
    pub otlp_endpoint: Option<&'s str>,
    pub metrics_page: bool,
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
        variables::check(variables::read)?;
        let to = |signal| Destination::find(signal, settings.otlp_endpoint, variables::read);
        let (traces, logs, metrics) =
            (to(Signal::Traces)?, to(Signal::Logs)?, to(Signal::Metrics)?);
        let resource = resource();
        let tracer = traces.map(|to| exporters::tracer(&to, &resource)).transpose()?;
        let logger = logs.map(|to| exporters::logger(&to, &resource)).transpose()?;
        let page = settings.metrics_page.then(Registry::new);
        let meter = exporters::meter(metrics.as_ref(), page.as_ref(), &resource)?;
        if let Some(meter) = &meter {
            global::set_meter_provider(meter.clone());
        }
        global::set_text_map_propagator(propagator()?);
        let telemetry = Self { tracer, logger, meter, page };
        telemetry.subscribe(&settings)?;
        Ok(telemetry)
    }

    /// Takes what the process says from now on.
    fn subscribe(&self, settings: &Settings<'_>) -> Result<(), String> {
        let lines = log::layer(settings.log_format).with_filter(filters::lines(settings.log));
        let rejections = PartialSuccessLayer.with_filter(filters::partial_successes());
        let mut layers = vec![lines.boxed(), rejections.boxed()];
        if let Some(tracer) = &self.tracer {
            let spans = tracing_opentelemetry::layer()
                .with_tracer(tracer.tracer("passlink"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_context_activation(false);
            layers.push(spans.with_filter(filters::spans()).boxed());
        }
        // The last one: while it takes a record, the SDK may log that the queue is full, and that would
        // disturb the filters of those that come behind it.
        if let Some(logger) = &self.logger {
            let records = OpenTelemetryTracingBridge::new(logger);
            layers.push(records.with_filter(filters::records(settings.log)).boxed());
        }
        tracing_subscriber::registry()
            .with(layers)
            .try_init()
            .map_err(|error| format!("the log can't be started: {error}"))
    }

    /// Whether [`Telemetry::start`] can do its work with this endpoint, without doing it.
    ///
    /// Errors: as of [`Telemetry::start`].
    pub fn check(otlp_endpoint: Option<&str>) -> Result<(), String> {
        variables::check(variables::read)?;
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            if let Some(to) = Destination::find(signal, otlp_endpoint, variables::read)? {
                exporters::check(signal, &to)?;
            }
        }
        propagator().map(drop)
    }

    /// Whether somebody reads metrics.
    pub fn is_metered(&self) -> bool {
        self.meter.is_some()
    }

    /// The page of metrics, `GET /metrics`, when there is to be one.
    pub fn metrics_page(&self) -> Option<axum::Router> {
        self.page.clone().map(exporters::page)
    }

    /// Sends what is queued, and ends. Gives up after a while on a collector that does not answer.
    pub async fn flush(self) {
        let Self { tracer, logger, meter, page: _ } = self;
        let started = Instant::now();
        let ends = [
            spawn_blocking(|| tracer.map(|tracer| tracer.shutdown_with_timeout(FLUSH))),
            spawn_blocking(|| logger.map(|logger| logger.shutdown_with_timeout(FLUSH))),
            spawn_blocking(|| meter.map(|meter| meter.shutdown_with_timeout(FLUSH))),
        ];
        // The exporters log what does not arrive.
        join_all(ends).await;
        if started.elapsed() >= FLUSH {
            tracing::warn!(
                "telemetry that was queued was left behind: the collector took too long"
            );
        }
    }
}

/// What telemetry is about. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over what we say.
fn resource() -> Resource {
    let instance = uuid::Uuid::from_bytes(rand::random()).to_string();
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new(SERVICE_NAME, "passlink"),
            KeyValue::new(SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
            KeyValue::new(SERVICE_INSTANCE_ID, instance),
        ])
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ]);
    match variables::read("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

/// The formats in which traces are passed on: as `OTEL_PROPAGATORS` asks, else W3C's.
fn propagator() -> Result<TextMapCompositePropagator, String> {
    let names = variables::read("OTEL_PROPAGATORS").filter(|names| !names.trim().is_empty());
    let names = names.as_deref().unwrap_or("tracecontext,baggage");
    let mut propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>> = Vec::new();
    for name in names.split(',').map(str::trim) {
        match name {
            "tracecontext" => propagators.push(Box::new(TraceContextPropagator::new())),
            "baggage" => propagators.push(Box::new(BaggagePropagator::new())),
            "none" => {}
            _ => {
                return Err("OTEL_PROPAGATORS must be a list of tracecontext and baggage, or none"
                    .to_owned());
            }
        }
    }
    Ok(TextMapCompositePropagator::new(propagators))
}

//! What sends each signal by OTLP.

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig,
    WithTonicConfig, tonic_types::transport::ClientTlsConfig,
};
use opentelemetry_sdk::{Resource, logs::SdkLoggerProvider, trace::SdkTracerProvider};

use super::{
    destination::{Destination, Protocol, Signal},
    logged_exporter::LoggedExporter,
};

/// An exporter to a destination. All else about it (headers, compression, time limit) it reads from
/// the environment by itself.
macro_rules! exporter {
    ($exporter:ident, $to:expr) => {{
        // An exporter takes an empty URL for none.
        let endpoint = $to.url.as_deref().unwrap_or_default();
        let builder = $exporter::builder();
        match $to.protocol {
            Protocol::Grpc => {
                let tls = ClientTlsConfig::new().with_enabled_roots();
                builder.with_tonic().with_tls_config(tls).with_endpoint(endpoint).build()
            }
            Protocol::Http => builder.with_http().with_endpoint(endpoint).build(),
        }
        .map_err(unusable)
    }};
}

/// Whether there can be an exporter of the signal to a destination, with what it reads from the
/// environment.
pub(super) fn check(signal: Signal, to: &Destination) -> Result<(), String> {
    match signal {
        Signal::Traces => exporter!(SpanExporter, to).map(drop),
        Signal::Logs => exporter!(LogExporter, to).map(drop),
        Signal::Metrics => exporter!(MetricExporter, to).map(drop),
    }
}

/// Sends spans. Which ones, `OTEL_TRACES_SAMPLER` says; without it, those that the caller samples,
/// and all that have no caller.
pub(super) fn tracer(to: &Destination, resource: &Resource) -> Result<SdkTracerProvider, String> {
    let exporter = LoggedExporter::new(exporter!(SpanExporter, to)?, Signal::Traces);
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.clone())
        .build())
}

/// Sends log records.
pub(super) fn logger(to: &Destination, resource: &Resource) -> Result<SdkLoggerProvider, String> {
    let exporter = LoggedExporter::new(exporter!(LogExporter, to)?, Signal::Logs);
    Ok(SdkLoggerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.clone())
        .build())
}

/// Sends metrics.
pub(super) fn metrics(to: &Destination) -> Result<LoggedExporter<MetricExporter>, String> {
    Ok(LoggedExporter::new(exporter!(MetricExporter, to)?, Signal::Metrics))
}

fn unusable(error: ExporterBuildError) -> String {
    format!("OTLP: {error}")
}

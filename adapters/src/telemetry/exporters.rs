//! What sends each signal by OTLP, and the page of metrics for Prometheus.

use std::error::Error;

use axum::{Router, routing::get};
use http::{StatusCode, header};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig,
    WithTonicConfig, tonic_types::transport::ClientTlsConfig,
};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::SdkTracerProvider,
};
#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

use super::{
    destination::{Destination, Protocol, Signal},
    logged_exporter::LoggedExporter,
};

/// An exporter, which reads headers, compression and time limit from the environment by itself.
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

/// Whether there can be an exporter, with what it reads from the environment.
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

pub(super) fn logger(to: &Destination, resource: &Resource) -> Result<SdkLoggerProvider, String> {
    let exporter = LoggedExporter::new(exporter!(LogExporter, to)?, Signal::Logs);
    Ok(SdkLoggerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.clone())
        .build())
}

/// The meter, when somebody is to read it: a collector, a page, or both.
pub(super) fn meter(
    to: Option<&Destination>,
    page: Option<&Registry>,
    resource: &Resource,
) -> Result<Option<SdkMeterProvider>, String> {
    if to.is_none() && page.is_none() {
        return Ok(None);
    }
    let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
    if let Some(to) = to {
        let exporter = LoggedExporter::new(exporter!(MetricExporter, to)?, Signal::Metrics);
        builder = builder.with_reader(PeriodicReader::builder(exporter).build());
    }
    if let Some(page) = page {
        let unmade = |error: &dyn Error| format!("the page of metrics can't be made: {error}");
        #[cfg(target_os = "linux")]
        page.register(Box::new(ProcessCollector::for_self())).map_err(|error| unmade(&error))?;
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(page.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| unmade(&error))?;
        builder = builder.with_reader(exporter);
    }
    Ok(Some(builder.build()))
}

/// The page, in Prometheus' text format.
pub(super) fn page(registry: Registry) -> Router {
    let answer = async move || match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text)),
        Err(error) => {
            tracing::error!(%error, "the page of metrics could not be written");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    Router::new().route("/metrics", get(answer))
}

fn unusable(error: ExporterBuildError) -> String {
    format!("OTLP: {error}")
}

//! What sends each signal by OTLP.

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig,
    WithTonicConfig, tonic_types::transport::ClientTlsConfig,
};
use opentelemetry_sdk::{
    Resource,
    logs::{self, BatchLogProcessor, SdkLoggerProvider},
    trace::{self, BatchSpanProcessor, SdkTracerProvider},
};

use super::{
    complaint::Watched,
    destination::{Destination, Protocol, Signal},
    queue::{Entrance, Queue},
};

/// An exporter to a destination. All else about it (headers, compression, time limit) it reads from
/// the environment by itself.
macro_rules! exporter {
    ($exporter:ident, $to:expr) => {{
        let Destination { protocol, url } = $to;
        match (protocol, url) {
            (Protocol::Grpc, url) => {
                let tls = ClientTlsConfig::new().with_enabled_roots();
                let builder = $exporter::builder().with_tonic().with_tls_config(tls);
                match url {
                    Some(url) => builder.with_endpoint(url).build(),
                    None => builder.build(),
                }
            }
            (Protocol::Http, Some(url)) => {
                $exporter::builder().with_http().with_endpoint(url).build()
            }
            (Protocol::Http, None) => $exporter::builder().with_http().build(),
        }
    }};
}

/// Whether there can be an exporter of the signal to a destination; what it reads from the environment
/// included.
pub(super) fn check(signal: Signal, to: &Destination) -> Result<(), String> {
    match signal {
        Signal::Traces => exporter!(SpanExporter, to).map(drop),
        Signal::Logs => exporter!(LogExporter, to).map(drop),
        Signal::Metrics => exporter!(MetricExporter, to).map(drop),
    }
    .map_err(unfit)
}

/// Sends spans. Which ones, `OTEL_TRACES_SAMPLER` says; without it, those that the caller samples,
/// and all that have no caller.
pub(super) fn tracer(to: &Destination, resource: &Resource) -> Result<SdkTracerProvider, String> {
    let exporter = exporter!(SpanExporter, to).map_err(unfit)?;
    let queue = Queue::sized_by("OTEL_BSP_MAX_QUEUE_SIZE");
    let config = trace::BatchConfigBuilder::default().with_max_queue_size(queue.size()).build();
    let watched = Watched::new(exporter, Signal::Traces.name(), Some(queue.clone()));
    let processor = BatchSpanProcessor::builder(watched).with_batch_config(config).build();
    Ok(SdkTracerProvider::builder()
        .with_span_processor(Entrance::new(processor, queue))
        .with_resource(resource.clone())
        .build())
}

/// Sends log records.
pub(super) fn logger(to: &Destination, resource: &Resource) -> Result<SdkLoggerProvider, String> {
    let exporter = exporter!(LogExporter, to).map_err(unfit)?;
    let queue = Queue::sized_by("OTEL_BLRP_MAX_QUEUE_SIZE");
    let config = logs::BatchConfigBuilder::default().with_max_queue_size(queue.size()).build();
    let watched = Watched::new(exporter, Signal::Logs.name(), Some(queue.clone()));
    let processor = BatchLogProcessor::builder(watched).with_batch_config(config).build();
    Ok(SdkLoggerProvider::builder()
        .with_log_processor(Entrance::new(processor, queue))
        .with_resource(resource.clone())
        .build())
}

/// Sends metrics.
pub(super) fn metrics(to: &Destination) -> Result<Watched<MetricExporter>, String> {
    let exporter = exporter!(MetricExporter, to).map_err(unfit)?;
    Ok(Watched::new(exporter, Signal::Metrics.name(), None))
}

fn unfit(error: ExporterBuildError) -> String {
    format!("OTLP: {error}")
}

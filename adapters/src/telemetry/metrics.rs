//! Metrics: where they go, and the page for Prometheus.

use std::error::Error;

use axum::{Router, routing::get};
use http::{StatusCode, header};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
};
#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

use super::{Destination, exporters};

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
        builder = builder.with_reader(PeriodicReader::builder(exporters::metrics(to)?).build());
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

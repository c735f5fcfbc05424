use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::BaseUrl;

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// Where traces, metrics and logs go by OTLP when the `OTEL_*` variables do not say: over gRPC
    /// to port 4317, over HTTP to any other. Must be an http or https URL without user name, query or
    /// fragment, such as http://localhost:4317.
    #[schemars(example = "http://localhost:4317")]
    pub otlp_endpoint: Option<BaseUrl>,
    /// Where the page of metrics for Prometheus, `/metrics`, is served. Must be an IP address and a
    /// port, such as 127.0.0.1:9464.
    #[schemars(example = "127.0.0.1:9464")]
    pub metrics_listen: Option<SocketAddr>,
    /// How log lines are written; by default as text on a terminal, and as JSON elsewhere.
    #[schemars(example = &"json")]
    pub log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Telemetry {
    /// The endpoint as text, without a slash at its end.
    pub fn endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_ref().map(BaseUrl::as_str)
    }
}

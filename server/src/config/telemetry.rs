use std::net::SocketAddr;

use serde::Deserialize;
use url::Url;
use validator::{Validate, ValidationError};

use super::key::{Key, Section};

/// `[telemetry]`: what the server tells about itself.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
#[serde(default)]
pub struct Telemetry {
    /// Where traces, metrics and logs go by OTLP when the `OTEL_*` variables do not say: an `http` or
    /// `https` URL. Default none: they go nowhere.
    #[validate(custom(function = is_endpoint))]
    pub otlp_endpoint: Option<Url>,
    /// IP address and port of the page of metrics. Default none: there is no page.
    pub metrics_listen: Option<SocketAddr>,
    /// How log lines are written, `text` or `json`. Default none: `text` where stderr is a
    /// terminal, `json` elsewhere.
    pub log_format: Option<LogFormat>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: a JSON object a line.
    Json,
}

/// By hand: a derived one takes a variant's number, too.
impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let formats = [Self::Text, Self::Json];
        formats.into_iter().find(|format| format.name() == name).ok_or("there is no such format")
    }
}

impl LogFormat {
    /// The value as it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl Telemetry {
    /// The endpoint as text, without a slash at its end.
    pub fn endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_ref().map(|url| url.as_str().trim_end_matches('/'))
    }
}

impl Section for Telemetry {
    const NAME: &'static str = "telemetry";
    const KEYS: &'static [Key] = &[
        Key::text(
            "otlp_endpoint",
            "Where traces, metrics and logs go by OTLP when the `OTEL_*` variables do not say: over \
             gRPC to port 4317, over HTTP to any other",
            "an http or https URL without user name, query or fragment, such as http://localhost:4317",
        )
        .such_as("http://localhost:4317"),
        Key::text(
            "metrics_listen",
            "Where the page of metrics for Prometheus, `/metrics`, is served",
            "an IP address and a port, such as 127.0.0.1:9464",
        )
        .such_as("127.0.0.1:9464"),
        Key::one_of(
            "log_format",
            "How log lines are written; by default as text on a terminal, and as JSON elsewhere",
            &["text", "json"],
        )
        .such_as("json"),
    ];
}

fn is_endpoint(url: &Url) -> Result<(), ValidationError> {
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match bare && matches!(url.scheme(), "http" | "https") {
        true => Ok(()),
        false => Err(ValidationError::new("otlp_endpoint")),
    }
}

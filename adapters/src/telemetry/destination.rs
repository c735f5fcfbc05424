//! Where a signal goes, by the `OTEL_*` variables and the configuration.

use url::Url;

/// The port of OTLP over gRPC; that of OTLP over HTTP is the next one.
const GRPC_PORT: u16 = 4317;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    /// Its name in the paths of OTLP over HTTP, and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub protocol: Protocol,
    /// The URL; none where the exporter finds it in the environment by itself, or takes the usual one.
    pub url: Option<String>,
}

impl Destination {
    /// Where `signal` goes: where the variables say, else to `endpoint`; `None` when nowhere.
    ///
    /// Errors: a variable or the endpoint is not usable; the text says which, and what is allowed.
    pub fn find(
        signal: Signal,
        endpoint: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let upper = signal.name().to_uppercase();
        let exporter = format!("OTEL_{upper}_EXPORTER");
        let is_asked_for = match variable(&exporter).as_deref() {
            None => false,
            Some("otlp") => true,
            Some("none") => return Ok(None),
            Some(_) => return Err(format!("{exporter} must be otlp or none")),
        };
        let of_signal_or_all = |what: &str| {
            variable(&format!("OTEL_EXPORTER_OTLP_{upper}_{what}"))
                .or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{what}")))
        };
        let in_environment = of_signal_or_all("ENDPOINT");
        let target = in_environment.as_deref().or(endpoint);
        if target.is_none() && !is_asked_for {
            return Ok(None);
        }
        let port = target.and_then(|url| Url::parse(url).ok()?.port());
        let protocol = match of_signal_or_all("PROTOCOL").as_deref() {
            // By the port of the URL, and over HTTP elsewhere.
            None if port == Some(GRPC_PORT) => Protocol::Grpc,
            None => Protocol::Http,
            Some("grpc") => Protocol::Grpc,
            Some("http/protobuf") => Protocol::Http,
            Some(_) => {
                return Err("OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf".to_owned());
            }
        };
        let url = endpoint.filter(|_| in_environment.is_none()).map(|url| match protocol {
            Protocol::Grpc => url.to_owned(),
            Protocol::Http => format!("{}/v1/{}", url.trim_end_matches('/'), signal.name()),
        });
        Ok(Some(Self { protocol, url }))
    }
}

#[cfg(test)]
mod tests;

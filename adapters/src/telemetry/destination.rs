//! Where a signal goes, as the `OTEL_*` variables and the configuration say.

use std::env;

use url::Url;

/// The port of OTLP over gRPC; that of OTLP over HTTP is the next one.
const GRPC_PORT: u16 = 4317;

/// What goes out by OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    /// The word for it in the path of OTLP over HTTP, and in what operators read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// Where a signal goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub protocol: Protocol,
    /// The URL, where the exporter does not find it in the environment by itself.
    pub url: Option<String>,
}

impl Destination {
    /// Where `signal` goes: where the variables say, else to `endpoint`; `None` when nowhere.
    ///
    /// Errors: a variable or the endpoint is not usable; the text says which, and what is allowed.
    pub fn of(signal: Signal, endpoint: Option<&str>) -> Result<Option<Self>, String> {
        Self::read(signal, endpoint, |name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(
        signal: Signal,
        endpoint: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let upper = signal.name().to_uppercase();
        let exporter = format!("OTEL_{upper}_EXPORTER");
        let wanted = match variable(&exporter).as_deref() {
            None => None,
            Some("none") => return Ok(None),
            Some("otlp") => Some(()),
            Some(_) => return Err(format!("{exporter} must be otlp or none")),
        };
        let own = |what: &str| {
            variable(&format!("OTEL_EXPORTER_OTLP_{upper}_{what}"))
                .or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{what}")))
        };
        let in_environment = own("ENDPOINT");
        let Some(target) = in_environment.as_deref().or(endpoint).or(wanted.map(|()| "")) else {
            return Ok(None);
        };
        let protocol = match own("PROTOCOL").as_deref() {
            None => usual_protocol(target),
            Some("grpc") => Protocol::Grpc,
            Some("http/protobuf") => Protocol::Http,
            Some(_) => {
                return Err("OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf".to_owned());
            }
        };
        let url = match (in_environment, endpoint, protocol) {
            (Some(_), _, _) | (None, None, _) => None,
            (None, Some(endpoint), Protocol::Grpc) => Some(endpoint.to_owned()),
            (None, Some(endpoint), Protocol::Http) => {
                Some(format!("{}/v1/{}", endpoint.trim_end_matches('/'), signal.name()))
            }
        };
        Ok(Some(Self { protocol, url }))
    }
}

/// How OTLP is spoken at a URL that does not say: by its port, and over HTTP elsewhere.
fn usual_protocol(url: &str) -> Protocol {
    match Url::parse(url).ok().and_then(|url| url.port()) {
        Some(GRPC_PORT) => Protocol::Grpc,
        _ => Protocol::Http,
    }
}

#[cfg(test)]
mod tests;

//! The protocols that requests come by, and what a request's media type says of them.

use http::{HeaderMap, HeaderValue, header};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Rest,
    Grpc,
    GrpcWeb,
    Connect,
    /// A page, a probe, or a path that nobody knows.
    Http,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc_web",
            Self::Connect => "connect",
            Self::Http => "http",
        }
    }

    /// OpenTelemetry's word for the RPC system, if it is one.
    pub fn rpc_system(self) -> Option<&'static str> {
        match self {
            Self::Grpc | Self::GrpcWeb => Some("grpc"),
            Self::Connect => Some("connectrpc"),
            Self::Rest | Self::Http => None,
        }
    }

    /// Whether its messages come in frames.
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb)
    }
}

/// What a media type names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Grpc,
    GrpcWeb,
    /// Connect's form of a stream.
    ConnectStream,
    /// A Connect body, or what REST alone takes.
    Other,
}

impl Media {
    /// Reads the media type of a request, whatever the case of its letters (RFC 9110, section 8.3.1), and
    /// writes it as the framework knows it: in small letters and alone. What only begins like gRPC's, which
    /// is gRPC to the framework, becomes one that nobody has.
    pub fn normalise(headers: &mut HeaderMap) -> Self {
        let Some(mut essence) = essence(headers) else { return Self::Other };
        let media = Self::named(&essence);
        if media == Self::Other && essence.starts_with("application/grpc") {
            essence.insert_str(0, "x-");
        }
        if let Ok(value) = HeaderValue::try_from(essence) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        media
    }

    fn named(essence: &str) -> Self {
        let is = |start: &str| {
            let rest = essence.strip_prefix(start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
        };
        if is("application/grpc") {
            Self::Grpc
        } else if is("application/grpc-web") || is("application/grpc-web-text") {
            Self::GrpcWeb
        } else if is("application/connect") {
            Self::ConnectStream
        } else {
            Self::Other
        }
    }
}

/// Whether a browser asks for a page: `Accept` prefers HTML to JSON. Who takes anything is a program.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let wishes = || {
        let values = headers.get_all(header::ACCEPT).iter();
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
    };
    let quality = |wanted: &str| {
        let mut qualities = wishes().filter_map(|wish| {
            let (name, parameters) = wish.split_once(';').unwrap_or((wish, ""));
            name.trim().eq_ignore_ascii_case(wanted).then(|| quality(parameters))
        });
        qualities.next().unwrap_or_default()
    };
    quality("text/html") > quality("application/json")
}

/// How much something is wanted (RFC 9110, section 12.4.2), by its parameters.
fn quality(parameters: &str) -> f32 {
    let mut parameters = parameters.split(';').filter_map(|it| it.trim().split_once('='));
    let told = parameters.find(|(name, _)| name.eq_ignore_ascii_case("q"));
    told.map_or(1.0, |(_, value)| value.parse().unwrap_or_default())
}

fn essence(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|essence| essence.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests;

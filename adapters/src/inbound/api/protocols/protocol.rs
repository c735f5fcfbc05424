//! The protocols that requests come by.

/// The protocol that a request came by.
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
    /// The word for it.
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

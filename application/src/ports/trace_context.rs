//! Where an operation stands in a trace.

/// Where an operation stands in a trace, as text that another process can go on from. Holds what the
/// caller sent to be passed on (W3C `traceparent`, `tracestate` and `baggage`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(String);

impl TraceContext {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

//! Connections that came to no good end, and what HTTP refused before there was a request.

use std::{error::Error, time::Instant};

use opentelemetry::{KeyValue, global, metrics::Counter};
use opentelemetry_semantic_conventions::attribute::ERROR_TYPE;

use super::throttle::Throttle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The head of a request was too large (HTTP 431 or 414).
    HeadTooLarge,
    /// What came was not HTTP/1.1 (HTTP 400).
    Malformed,
    /// What came broke the rules of HTTP/2, or asked too much of it.
    Http2,
    /// There was no TLS: the two sides did not agree, or what came was something else.
    Tls,
    /// Nothing came, or nothing was taken, for too long.
    Timeout,
    /// The client left, or the network did.
    Lost,
}

impl Failure {
    const ALL: [Self; 6] =
        [Self::HeadTooLarge, Self::Malformed, Self::Http2, Self::Tls, Self::Timeout, Self::Lost];

    fn name(self) -> &'static str {
        match self {
            Self::HeadTooLarge => "head_too_large",
            Self::Malformed => "malformed",
            Self::Http2 => "http2",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Lost => "lost",
        }
    }

    /// Whether clients end connections that way all day long.
    fn is_ordinary(self) -> bool {
        matches!(self, Self::Timeout | Self::Lost)
    }
}

/// Counts connections that ended early, and logs some of them now and then.
pub struct Connections {
    failed: Counter<u64>,
    refused: [Throttle; Failure::ALL.len()],
    full: Throttle,
}

impl Default for Connections {
    /// Makes the instrument. Counters begin at zero, so that the first one is seen as a change.
    fn default() -> Self {
        let failed = global::meter("passlink")
            .u64_counter("passlink.connections.failed")
            .with_description("Connections that ended early, and heads that HTTP itself refused")
            .with_unit("{connection}")
            .build();
        for failure in Failure::ALL {
            failed.add(0, &[KeyValue::new(ERROR_TYPE, failure.name())]);
        }
        Self { failed, refused: Default::default(), full: Throttle::default() }
    }
}

impl Connections {
    /// Counts one that ended early, and logs it if it is time to.
    pub fn count_failure(&self, failure: Failure, error: &(dyn Error + 'static)) {
        let kind = failure.name();
        self.failed.add(1, &[KeyValue::new(ERROR_TYPE, kind)]);
        if failure.is_ordinary() {
            return tracing::debug!(kind, error, "a connection ended early");
        }
        let refused = self.refused.get(failure as usize);
        if let Some(count) = refused.and_then(|refused| refused.count(1, Instant::now())) {
            tracing::info!(kind, count, error, "connections were refused");
        }
    }

    /// Logs, if it is time to, that another one has come while there are as many as there may be.
    pub fn log_full(&self, limit: usize) {
        if self.full.count(1, Instant::now()).is_some() {
            tracing::warn!(
                limit,
                "there are too many connections: the idle ones of the client that has the most are \
                 closed, or others wait"
            );
        }
    }
}

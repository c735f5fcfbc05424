//! Times that are a while away from another, as far as there are such times.

use std::time::Duration;

use jiff::Timestamp;

/// The time so much later, or the last one that there is.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The time so much earlier, or the first one that there is.
pub fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

//! How long a caller waits for an answer.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use crate::inbound::api::{REQUEST_TIMEOUT, protocols::media::is_grpc};

/// When a call that came just now has to be answered: no call may take longer than any may.
pub(crate) fn of(headers: &HeaderMap) -> Instant {
    Instant::now() + asked_for(headers).unwrap_or(REQUEST_TIMEOUT).min(REQUEST_TIMEOUT)
}

/// When a stream that was asked for just now and may go on for ever has to end.
pub(crate) fn of_stream(headers: &HeaderMap) -> Option<Instant> {
    asked_for(headers).and_then(|asked| Instant::now().checked_add(asked))
}

/// What the caller says: `grpc-timeout` on gRPC and gRPC-Web, `Connect-Timeout-Ms` on Connect and
/// REST. What can't be read says nothing.
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    match is_grpc(headers) {
        true => by_grpc(text("grpc-timeout")?),
        false => number(text("connect-timeout-ms")?, 10).map(Duration::from_millis),
    }
}

/// At most eight digits and a unit.
fn by_grpc(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let value = number(digits, 8)?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

fn number(digits: &str, most: usize) -> Option<u64> {
    let is_number = digits.len() <= most && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;

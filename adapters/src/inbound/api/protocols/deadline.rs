//! How long a caller waits for an answer.

use std::time::Duration;

use http::HeaderMap;

use super::media::Protocol;

/// By `grpc-timeout` or, on Connect and REST, `Connect-Timeout-Ms`. What can't be read says nothing.
pub(crate) fn patience(protocol: Protocol, headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    if protocol.is_grpc() {
        grpc_timeout(text("grpc-timeout")?)
    } else {
        number(text("connect-timeout-ms")?, 10).map(Duration::from_millis)
    }
}

/// At most eight digits and a unit.
fn grpc_timeout(text: &str) -> Option<Duration> {
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
    digits.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests;

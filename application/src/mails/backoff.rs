//! How long to wait before something is tried again.

use std::time::Duration;

/// Wait before the second try of a mail; it doubles with each one that follows.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// How long a mail waits that was tried so many times, at most `longest` before the jitter.
pub(crate) fn retry_wait(tries: u32, longest: Duration, jitter: f64) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << tries.saturating_sub(1).min(16));
    with_jitter(doubled.min(longest), jitter)
}

/// Half the wait to one and a half of it, as `jitter` says, from 0 to 1.
pub(crate) fn with_jitter(wait: Duration, jitter: f64) -> Duration {
    wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0))
}

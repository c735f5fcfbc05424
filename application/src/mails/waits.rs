//! How long mails wait: for an answer, and until the next try.

use std::time::{Duration, Instant};

/// From here on a mail in hand waits for an answer that may never come.
const STUCK: Duration = Duration::from_secs(10);

/// Whether a mail that is on its way since then waits for an answer that may never come.
pub(crate) fn is_stuck(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) >= STUCK
}

/// A wait that is longer or shorter by up to half, as `spread` says, from 0 to 1.
pub(crate) fn spread_by(wait: Duration, spread: f64) -> Duration {
    wait.mul_f64(0.5 + spread.clamp(0.0, 1.0))
}

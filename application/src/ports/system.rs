//! Time and randomness.
//!
//! Why: `docs/decisions/time-and-randomness.md`.

use std::time::Duration;

use jiff::Timestamp;

pub trait Clock: Send + Sync {
    /// The present, in whole milliseconds. It can go back, when somebody sets the clock.
    fn now(&self) -> Timestamp;
    /// How long it is since some instant of this run. It never goes back: for waits in memory.
    fn steady(&self) -> Duration;
}

/// Gives random bytes that nobody can guess.
pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

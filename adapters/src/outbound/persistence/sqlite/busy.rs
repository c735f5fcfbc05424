//! Waiting for a file that others write. Writers of other processes have it without a pause but for the
//! moments in which they answer their callers, so whoever waits asks often.

use std::{
    cell::Cell,
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a statement waits.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two questions at first, and when that took long.
const PAUSES: [Duration; 2] = [Duration::from_micros(100), Duration::from_millis(1)];
const LONG: Duration = Duration::from_secs(1);

thread_local! {
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Waits a moment; returns whether to ask again. `asked` is how often that was done.
pub(super) fn wait(asked: i32) -> bool {
    let now = Instant::now();
    let since = SINCE.get().filter(|_| asked > 0).unwrap_or(now);
    SINCE.set(Some(since));
    let waited = now.duration_since(since);
    let [short, long] = PAUSES;
    sleep(if waited < LONG { short } else { long });
    waited < BUSY_TIMEOUT
}

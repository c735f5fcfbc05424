//! The machine's clock and random numbers: the only place that asks for them.

use std::{
    sync::LazyLock,
    time::{Duration, Instant, SystemTime},
};

use jiff::Timestamp;
use passlink_application::ports::{Clock, Random};
use rand::{TryRng, rngs::SysRng};

pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = i64::try_from(since_1970.unwrap_or_default().as_millis());
        Timestamp::from_millisecond(millis.unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
    }

    fn steady(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without random numbers no code and no token is safe: there is nothing to go on with.
        if SysRng.try_fill_bytes(bytes).is_err() {
            std::process::abort();
        }
    }
}

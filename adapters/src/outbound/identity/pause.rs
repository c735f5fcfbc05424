//! A pause after an endpoint did not answer: else each call would wait for it as long as the first one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use passlink_application::ports::Clock;

use super::http::AskError;

const PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Pause {
    clock: Arc<dyn Clock>,
    /// In milliseconds of the steady clock.
    until: AtomicU64,
}

impl Pause {
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: clock.clone(), until: AtomicU64::new(0) }
    }

    /// Errors: [`AskError::Paused`], when there was no answer a moment ago.
    pub fn check(&self) -> Result<(), AskError> {
        let is_over = self.now() >= self.until.load(Ordering::Relaxed);
        is_over.then_some(()).ok_or(AskError::Paused)
    }

    /// Asks, unless there was no answer a moment ago. An answer of any kind causes no pause: what somebody
    /// sends can bring about a wrong one.
    pub async fn around<T>(
        &self,
        asking: impl Future<Output = Result<T, AskError>>,
    ) -> Result<T, AskError> {
        self.check()?;
        let asked = asking.await;
        if let Err(AskError::NoAnswer(_)) = &asked {
            let pause = u64::try_from(PAUSE.as_millis()).unwrap_or_default();
            self.until.store(self.now().saturating_add(pause), Ordering::Relaxed);
        }
        asked
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.steady().as_millis()).unwrap_or(u64::MAX)
    }
}

//! What was seen a moment ago, for the many who ask.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

/// What was seen when somebody looked last, and when that was.
#[derive(Clone)]
pub struct LastLook<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T> Default for LastLook<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + 'static> LastLook<T> {
    /// What was seen within so long, or what `look` sees now; `None` if that panics. Of many who ask at
    /// a time one looks, and its look goes on if it leaves: nobody waits for more than one.
    pub async fn get(
        &self,
        within: Duration,
        look: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let mut last = self.0.clone().lock_owned().await;
        match &*last {
            Some((at, seen)) if at.elapsed() < within => Some(seen.clone()),
            _ => {
                let looking = tokio::spawn(async move {
                    let seen = look.await;
                    *last = Some((Instant::now(), seen.clone()));
                    seen
                });
                looking.await.ok()
            }
        }
    }
}

#[cfg(test)]
mod tests;

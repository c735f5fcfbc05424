use std::time::{Duration, Instant};

/// How long anything may take. Generous, as a machine may be busy; nothing waits that long when
/// all is well.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see; panics when [`PATIENCE`] is over.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look).await
}

/// Looks again and again until there is something to see; panics when `limit` is over.
pub async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < limit, "waited {limit:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

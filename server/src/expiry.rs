//! Notes now and then which links expired.

use std::time::Duration;

use passlink_application::links::ExpireLinks;
use tokio_util::sync::CancellationToken;

/// How often.
const OFTEN: Duration = Duration::from_secs(15);

/// Notes expired links until `stop`.
pub(crate) async fn run(expire: ExpireLinks, stop: CancellationToken) {
    let note = async {
        loop {
            if let Err(error) = expire.run().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "expired links were not noted");
            }
            tokio::time::sleep(OFTEN).await;
        }
    };
    stop.run_until_cancelled(note).await;
}

//! Taking in the bodies of requests, which may come slowly, or never whole.

use std::{future::pending, net::IpAddr, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use passlink_application::limits::{FairPool, Permit};
use tokio::time::{Instant, timeout, timeout_at};

use crate::inbound::api::services::error_table::ApiError;

/// What each body may have without asking: a stream of HTTP/2 holds as much before it is read.
const FREE: usize = 8 * 1024;
/// How many bodies with more than that are taken in at a time.
const LARGE: usize = 256;
/// How many smaller ones are waited for at a time: each holds the head of its request as well.
const UNFINISHED: usize = 2048;
/// How many may wait for a permit of either kind, with as much in hand.
const QUEUE: usize = 256;

/// What is still read of a body that is too large: who is cut off while sending may miss the answer.
const DRAINED: usize = 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(1);

/// Takes in bodies, and bounds what those that are not yet whole hold together. Small ones that are
/// there are always taken in, so that nobody who sends by halves keeps others from calling; and who
/// keeps many waiting loses the permit of the one that came first to a client with fewer.
pub(crate) struct Bodies {
    large: Arc<FairPool>,
    unfinished: Arc<FairPool>,
}

impl Bodies {
    pub fn new() -> Self {
        let pool = |size| FairPool::revocable(size, QUEUE);
        Self { large: pool(LARGE), unfinished: pool(UNFINISHED) }
    }

    /// The whole body of a client of this network, if it has no more than `limit` octets.
    pub async fn read(
        &self,
        mut body: Body,
        limit: usize,
        network: Option<IpAddr>,
        until: Instant,
    ) -> Result<Bytes, ApiError> {
        let (mut read, mut permit, mut is_large) = (Vec::new(), None, false);
        loop {
            let frame = match body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    if permit.is_none() {
                        permit = Some(self.unfinished.acquire(network, until).await?);
                    }
                    let frame = while_kept(&permit, timeout_at(until, body.frame())).await?;
                    frame.map_err(|_| ApiError::Deadline)?
                }
            };
            let Some(frame) = frame else { return Ok(read.into()) };
            let frame = frame.map_err(|_| ApiError::Malformed)?;
            let Ok(data) = frame.into_data() else { continue };
            let length = read.len() + data.len();
            if length > limit {
                drop((read, permit));
                // Whatever comes of it, the answer is the same.
                let _ = timeout(DRAIN, drain(body)).await;
                return Err(ApiError::TooLarge);
            }
            if length > FREE && !is_large {
                permit = Some(while_kept(&permit, self.large.acquire(network, until)).await??);
                is_large = true;
                read.reserve_exact(limit - read.len());
            }
            read.extend_from_slice(&data);
        }
    }
}

/// Does something unless the permit, if there is one, is revoked meanwhile.
async fn while_kept<T>(
    permit: &Option<Permit>,
    task: impl Future<Output = T>,
) -> Result<T, ApiError> {
    let revoked = async {
        match permit {
            Some(permit) => permit.revoked().cancelled().await,
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        done = task => Ok(done),
        () = revoked => Err(ApiError::BUSY),
    }
}

async fn drain(mut body: Body) {
    let mut left = DRAINED;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

#[cfg(test)]
mod tests;

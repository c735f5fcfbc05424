//! Taking in the bodies of requests, which may come slowly, or never whole.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::{sync::Semaphore, time::timeout};

use super::error::ApiError;

/// What each body may have without asking: a stream of HTTP/2 holds as much before it is read.
const FREE: usize = 8 * 1024;
/// How many bodies with more than that are taken in at a time.
const LARGE: usize = 256;

/// What is read on of a body that is too large, and for how long: who is cut off while sending may
/// never see the answer.
const DRAINED: usize = 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(1);

/// Takes in bodies, and bounds what those that are not yet whole hold together. Small ones are
/// always taken in, so that nobody who sends large ones by halves keeps others from calling.
pub(super) struct Intake {
    large: Semaphore,
}

impl Intake {
    pub fn new() -> Self {
        Self { large: Semaphore::new(LARGE) }
    }

    /// The whole body, if it has no more than `limit` octets.
    pub async fn read(&self, mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
        let (mut read, mut place) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ApiError::Malformed)?;
            let Ok(data) = frame.into_data() else { continue };
            let length = read.len() + data.len();
            if length > limit {
                drop((read, place));
                // Whatever comes of it, the answer is the same.
                let _ = timeout(DRAIN, drain(body)).await;
                return Err(ApiError::TooLarge);
            }
            if length > FREE && place.is_none() {
                place = Some(self.large.try_acquire().map_err(|_| ApiError::BUSY)?);
                read.reserve_exact(limit - read.len());
            }
            read.extend_from_slice(&data);
        }
        Ok(read.into())
    }
}

async fn drain(mut body: Body) {
    let mut left = DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(less) => left = less,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests;

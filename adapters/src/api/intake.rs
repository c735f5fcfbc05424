//! Taking in the bodies of requests, which may come slowly, or never whole.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::error::ApiError;

/// What each body may have without asking: a stream of HTTP/2 holds as much before it is read.
const FREE: usize = 8 * 1024;
/// How many bodies with more than that are taken in at a time.
const LARGE: usize = 256;
/// How many bodies are waited for at a time: each holds the head of its request as well.
const UNFINISHED: usize = 2048;

/// What is read on of a body that is too large, and for how long: who is cut off while sending may
/// never see the answer.
const DRAINED: usize = 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(1);

/// Takes in bodies, and bounds what those that are not yet whole hold together. Small ones that are
/// there are always taken in, so that nobody who sends by halves keeps others from calling.
pub(super) struct Intake {
    large: Semaphore,
    unfinished: Semaphore,
}

impl Intake {
    pub fn new() -> Self {
        Self { large: Semaphore::new(LARGE), unfinished: Semaphore::new(UNFINISHED) }
    }

    /// The whole body, if it has no more than `limit` octets.
    pub async fn read(&self, mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
        let (mut read, mut large, mut unfinished) = (Vec::new(), None, None);
        loop {
            let frame = match body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    if unfinished.is_none() {
                        unfinished = Some(place(&self.unfinished)?);
                    }
                    body.frame().await
                }
            };
            let Some(frame) = frame else { return Ok(read.into()) };
            let frame = frame.map_err(|_| ApiError::Malformed)?;
            let Ok(data) = frame.into_data() else { continue };
            let length = read.len() + data.len();
            if length > limit {
                drop((read, large));
                // Whatever comes of it, the answer is the same.
                let _ = timeout(DRAIN, drain(body)).await;
                return Err(ApiError::TooLarge);
            }
            if length > FREE && large.is_none() {
                large = Some(place(&self.large)?);
                read.reserve_exact(limit - read.len());
            }
            read.extend_from_slice(&data);
        }
    }
}

fn place(places: &Semaphore) -> Result<SemaphorePermit<'_>, ApiError> {
    places.try_acquire().map_err(|_| ApiError::BUSY)
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

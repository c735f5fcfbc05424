//! Calls whose answers are streams: who is told of our health as it changes, and who learns the API
//! by reflection. They have permits of their own, take no longer than they may, end when the server
//! stops, and end in the table's words.

use std::{future::pending, net::IpAddr, sync::Arc};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use connectrpc::ConnectError;
use futures_util::stream;
use http::StatusCode;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use passlink_application::limits::{FairPool, Permit};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    classify::{Call, Stream},
    error_form,
    framework_error::{
        FRAME_HEAD, TRAILERS, code_in, completed, failure_in, refused, web_trailers,
    },
    outcome::Outcome,
};
use crate::inbound::api::{limits::QUEUE, services::error_table::ApiError};

/// Marks the end among the frames of a Connect stream.
const END: u8 = 0x02;

#[derive(Clone)]
pub(crate) struct Streams {
    watches: Arc<FairPool>,
    reflections: Arc<FairPool>,
    stop: CancellationToken,
}

/// What an open stream has to mind.
pub(crate) struct OpenStream {
    call: Arc<Call>,
    /// Gives the permit back when the stream is over.
    _permit: DropGuard,
    /// The permit went to a client with fewer streams.
    revoked: CancellationToken,
    until: Option<Instant>,
    stop: CancellationToken,
}

impl Streams {
    /// At most so many of each kind at a time, until `stop`; others wait.
    pub fn new(concurrent: usize, stop: CancellationToken) -> Self {
        let permits = || FairPool::revocable(concurrent, QUEUE);
        Self { watches: permits(), reflections: permits(), stop }
    }

    /// Admits a stream of a client of this network, if there is a permit for one in time.
    pub async fn admit(
        &self,
        stream: Stream,
        call: &Arc<Call>,
        network: Option<IpAddr>,
    ) -> Result<OpenStream, ApiError> {
        let (permits, ends) = match stream {
            Stream::HealthWatch => {
                (&self.watches, call.patience.and_then(|it| call.came.checked_add(it)))
            }
            Stream::Reflection => (&self.reflections, Some(call.deadline())),
        };
        let permit = permits.acquire(network, call.deadline()).await?;
        let (revoked, over) = (permit.revoked().clone(), CancellationToken::new());
        tokio::spawn(hold(permit, ends, over.clone()));
        Ok(OpenStream {
            call: call.clone(),
            _permit: over.drop_guard(),
            revoked,
            until: ends,
            stop: self.stop.clone(),
        })
    }
}

/// Holds a permit until the stream is over, or has to be: nobody polls the body of an answer whose
/// caller takes nothing of it, so the body can't give its permit back in time.
async fn hold(permit: Permit, until: Option<Instant>, over: CancellationToken) {
    tokio::select! {
        () = over.cancelled() => {}
        () = permit.revoked().cancelled() => {}
        () = reached(until) => {}
    }
}

async fn reached(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => pending().await,
    }
}

impl OpenStream {
    /// Keeps an answer to what the stream has to mind.
    pub fn keep(self, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        if parts.status != StatusCode::OK {
            return refused(parts.status, &self.call);
        }
        if let Some(error) = failure_in(&parts.headers) {
            return error_form::render(completed(error), &self.call);
        }
        parts.extensions.insert(Outcome(code_in(&parts.headers)));
        let kept = Kept { body, stream: self, left: 0, is_over: false };
        let frames = stream::unfold(kept, Kept::next);
        Response::from_parts(parts, Body::new(StreamBody::new(frames)))
    }
}

struct Kept {
    body: Body,
    stream: OpenStream,
    /// What is left of the message that has begun.
    left: usize,
    /// Whether we have ended it ourselves.
    is_over: bool,
}

#[derive(Deserialize)]
struct EndOfStream {
    error: Option<ConnectError>,
}

impl Kept {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, axum::Error>, Self)> {
        let frame = tokio::select! {
            // What ends by itself when the server stops has the first word.
            biased;
            frame = self.body.frame() => frame,
            () = reached(self.stream.until), if !self.is_over => self.end(ApiError::Deadline.into()).await,
            () = self.stream.revoked.cancelled(), if !self.is_over => self.end(ApiError::BUSY.into()).await,
            () = self.stream.stop.cancelled(), if !self.is_over => {
                self.end(ApiError::Unavailable.into()).await
            }
        };
        let mut frame = frame?;
        if !self.is_over
            && let Ok(sent) = &frame
            && let Some(error) = self.failure(sent)
        {
            frame = self.end(completed(error)).await?;
        }
        Some((frame, self))
    }

    /// Ends the stream; the first frame of its end.
    async fn end(&mut self, error: ConnectError) -> Option<Result<Frame<Bytes>, axum::Error>> {
        self.is_over = true;
        self.body = error_form::render(error, &self.stream.call).into_body();
        self.body.frame().await
    }

    /// The error without details of ours that a frame ends the stream with.
    fn failure(&mut self, frame: &Frame<Bytes>) -> Option<ConnectError> {
        if let Some(trailers) = frame.trailers_ref() {
            return failure_in(trailers);
        }
        let data = frame.data_ref()?;
        match data.first() {
            Some(flags) if self.left == 0 && flags & TRAILERS != 0 => {
                return failure_in(&web_trailers(data)?);
            }
            Some(flags) if self.left == 0 && flags & END != 0 => {
                let end: EndOfStream = serde_json::from_slice(data.get(FRAME_HEAD..)?).ok()?;
                return end.error;
            }
            _ => self.pass(data),
        }
        None
    }

    /// Follows the messages, to know where one begins; the framework sends a head whole.
    fn pass(&mut self, mut data: &[u8]) {
        while let Some((_, rest)) = data.split_at_checked(self.left) {
            self.left = 0;
            let Some(([_, length @ ..], rest)) = rest.split_first_chunk::<FRAME_HEAD>() else {
                return;
            };
            self.left = u32::from_be_bytes(*length).try_into().unwrap_or(usize::MAX);
            data = rest;
        }
        self.left -= data.len();
    }
}

#[cfg(test)]
mod tests;

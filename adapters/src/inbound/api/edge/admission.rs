//! When a call is let in: its body has come whole, there is a permit for it, and time is left.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use passlink_application::limits::{ConnectionPermit, FairPool};
use tokio::time::timeout_at;

use super::body::Bodies;
use crate::inbound::api::{
    limits::{MAX_BODY, QUEUE},
    protocols::{
        classify::{Call, HEALTH_CHECK, Stream, Target},
        error_form,
        framework_error::FRAME_HEAD,
    },
    services::{error_table::ApiError, fields::network},
};

#[derive(Clone)]
pub(crate) struct Admission {
    bodies: Arc<Bodies>,
    permits: Arc<FairPool>,
}

/// Runs a call as soon as it can be let in, and gives it up after what its caller, or any call, may
/// take. Streams have permits of their own, and what is no call needs none.
pub(crate) async fn admit(
    State(admission): State<Admission>,
    request: Request,
    next: Next,
) -> Response {
    let call = Call::noted_on(&request);
    let answer = match call.target {
        Target::Rest(_) | Target::Rpc(_) => admission.run(&call, request, next).await,
        Target::Stream(Stream::HealthWatch) => match admission.whole(&call, request).await {
            Ok(request) => Ok(next.run(request).await),
            Err(error) => Err(error),
        },
        _ => Ok(next.run(request).await),
    };
    answer.unwrap_or_else(|error| error_form::render(error, &call))
}

impl Admission {
    /// At most `concurrent` calls at a time; others wait.
    pub fn new(concurrent: usize) -> Self {
        Self { bodies: Arc::new(Bodies::new()), permits: FairPool::firm(concurrent, QUEUE) }
    }

    async fn run(&self, call: &Call, request: Request, next: Next) -> Result<Response, ApiError> {
        // One that has not come whole takes no other's permit.
        let mut request = self.whole(call, request).await?;
        let connection = request.extensions_mut().remove::<ConnectionPermit>();
        // A node that is busy is well.
        let is_health_check = request.uri().path() == HEALTH_CHECK;
        let _permit = if is_health_check {
            None
        } else {
            Some(self.permits.acquire(network(request.extensions()), call.deadline()).await?)
        };
        // Not before: who only sends by halves, or waits, must not keep others from connecting.
        let _in_use = connection.map(|connection| connection.0.in_use()).transpose()?;
        timeout_at(call.deadline(), next.run(request)).await.map_err(|_| ApiError::Deadline)
    }

    async fn whole(&self, call: &Call, request: Request) -> Result<Request, ApiError> {
        let (parts, body) = request.into_parts();
        let limit = MAX_BODY + if call.protocol.is_grpc() { FRAME_HEAD } else { 0 };
        let network = network(&parts.extensions);
        let body = self.bodies.read(body, limit, network, call.deadline()).await?;
        Ok(Request::from_parts(parts, body.into()))
    }
}

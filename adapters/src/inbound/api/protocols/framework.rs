//! The RPC framework, which takes calls apart and hands them to the services.

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use buffa_descriptor::DescriptorPool;
use connectrpc::{
    CompressionRegistry, ConnectRpcService, DeadlinePolicy, Limits, compression::GzipProvider,
};
use connectrpc_reflection::{ReflectionError, Reflector};
use http::header;
use tower::ServiceExt;

use super::{framework_error::FRAME_HEAD, json_messages::JsonMessages, whole_numbers};
use crate::inbound::api::{
    limits::{MAX_BODY, REQUEST_TIMEOUT},
    services::failure::LogCauses,
};

/// Calls that are answered with a `google.protobuf.Struct`.
const OBJECTS: [&str; 3] = [
    "/zitadel.session.v2.SessionService/CreateSession",
    "/zitadel.session.v2.SessionService/SetSession",
    "/zitadel.user.v2.UserService/RegisterPasskey",
];

/// Answers calls as the framework does, but for the numbers in JSON objects.
#[derive(Clone)]
pub(crate) struct Framework(ConnectRpcService);

impl Framework {
    /// Over these services, and reflection of them by the compiled `.proto` files.
    ///
    /// Errors: a file has no name, which the build rules out.
    pub fn over(
        services: connectrpc::Router,
        descriptors: &Arc<DescriptorPool>,
    ) -> Result<Self, ReflectionError> {
        let reflector = Reflector::from_descriptor_pool(descriptors.clone())?;
        let rpc = ConnectRpcService::new(connectrpc_reflection::install(services, reflector))
            .with_limits(
                Limits::default()
                    .with_max_request_body_size(MAX_BODY + FRAME_HEAD)
                    .with_max_message_size(MAX_BODY),
            )
            .with_compression(compression())
            .with_interceptor(JsonMessages(descriptors.clone()))
            .with_interceptor(LogCauses)
            .with_deadline_policy(DeadlinePolicy::new().with_max(REQUEST_TIMEOUT));
        Ok(Self(rpc))
    }

    pub async fn run(&self, mut request: Request) -> Response {
        let objects = OBJECTS.contains(&request.uri().path());
        if objects {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        let Ok(response) = self.0.clone().oneshot(request).await;
        let response = response.map(Body::new);
        if objects { whole_numbers::without_fraction(response).await } else { response }
    }
}

/// Nothing but gzip: what others unpack can need much memory for a window alone.
pub(crate) fn compression() -> CompressionRegistry {
    CompressionRegistry::new().register(GzipProvider::default())
}

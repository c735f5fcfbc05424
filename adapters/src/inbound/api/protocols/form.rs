//! The form of an error, which goes by the protocol of the request.

use axum::{extract::Request, response::Response};
use connectrpc::ConnectError;
use http::{HeaderMap, HeaderValue, header};

use super::{
    framework_error::rendered,
    media::{Media, is_grpc},
    rest::looks_like_rpc,
    streams,
};
use crate::inbound::api::services::error::rest_response;

/// How a request is told of an error.
pub(crate) enum Form {
    Rest,
    /// As an RPC with this header.
    Rpc(HeaderMap),
}

impl Form {
    /// By what the request is to, and its media type.
    pub fn of(request: &Request) -> Self {
        let (path, headers) = (request.uri().path(), request.headers());
        if !is_grpc(headers) && !looks_like_rpc(path) {
            return Self::Rest;
        }
        let as_came = match Media::of(headers) {
            Media::Grpc | Media::GrpcWeb => true,
            Media::ConnectStream => streams::is_one(path),
            Media::Other => false,
        };
        let json = HeaderValue::from_static("application/json");
        let content_type = headers.get(header::CONTENT_TYPE).filter(|_| as_came).cloned();
        Self::Rpc(HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.unwrap_or(json))]))
    }

    /// An error in this form.
    pub fn refuse(&self, error: impl Into<ConnectError>) -> Response {
        match self {
            Self::Rest => rest_response(error.into()),
            Self::Rpc(headers) => rendered(error.into(), headers),
        }
    }
}

//! Callers who send links.

use super::{generator::Caller, http1::Http1, http2::Http2, people::token};
use crate::SEND_LINK;

/// By REST on HTTP/1.1.
pub struct ByRest(Http1);

impl Caller for ByRest {
    async fn connect(port: u16) -> Self {
        Self(Http1::connect(port).await)
    }

    async fn call(&mut self, user: usize) {
        self.0.post(SEND_LINK, &token(user), b"{}").await;
    }
}

/// By gRPC on HTTP/2.
pub struct ByGrpc(Http2);

impl Caller for ByGrpc {
    async fn connect(port: u16) -> Self {
        Self(Http2::connect(port).await)
    }

    async fn call(&mut self, user: usize) {
        let method = "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink";
        self.0.call(method, &token(user)).await;
    }
}

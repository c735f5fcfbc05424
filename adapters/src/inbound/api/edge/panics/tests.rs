use axum::{Router, body::Body, middleware, routing::post};
use http::StatusCode;
use tower::ServiceExt;

use super::*;
use crate::inbound::api::protocols::classify::classify;

/// A router whose handlers all panic, as the mistakes of a program do.
fn broken() -> Router {
    let handler = async || -> StatusCode { unreachable!("a code that is secret") };
    Router::new()
        .route("/rest", post(handler))
        .route("/some.Service/Method", post(handler))
        .layer(middleware::from_fn(contain))
        .layer(middleware::map_request(classify))
}

async fn told(path: &str, content_type: &str) -> (StatusCode, String) {
    let request = Request::post(path).header("content-type", content_type);
    let response = broken().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), format!("{:?}", response.headers()));
    let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
    (status, headers + &String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn a_panic_is_an_internal_error_in_each_protocol_and_tells_nothing() {
    let rpc = "/some.Service/Method";
    for (path, content_type, status, code) in [
        ("/rest", "application/json", 500, r#""code":13"#),
        (rpc, "application/json", 500, r#""code":"internal""#),
        (rpc, "application/grpc", 200, r#""grpc-status": "13""#),
        (rpc, "application/grpc-web", 200, "grpc-status: 13"),
    ] {
        let (seen, told) = told(path, content_type).await;
        assert_eq!(seen, status, "{content_type}: {told}");
        assert!(told.contains(code), "{content_type}: {told}");
        assert!(told.contains("Errors.Internal (SERVICE-Internal)"), "{content_type}: {told}");
        assert!(!told.contains("secret"), "{content_type}: {told}");
    }
}

use axum::{Router, body::Body, routing::any};
use tower::ServiceExt;

use super::*;

fn call(method: &str, path: &str, content_type: &str) -> Call {
    let request = Request::builder().method(method).uri(path);
    let mut request = request.header("content-type", content_type).body(Body::empty()).unwrap();
    let media = Media::normalise(request.headers_mut());
    Call::new(&request, media)
}

const RPC: &str = "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink";

#[test]
fn an_rpc_is_called_by_its_name_in_each_protocol() {
    let protocols = [
        ("application/grpc+proto", Protocol::Grpc, "grpc"),
        ("application/grpc-web", Protocol::GrpcWeb, "grpc"),
        ("application/json", Protocol::Connect, "connectrpc"),
    ];
    for (content_type, protocol, system) in protocols {
        let call = call("POST", RPC, content_type);
        assert_eq!(call.protocol, protocol);
        assert_eq!(call.protocol.rpc_system(), Some(system));
        assert_eq!(call.name(), "zitadel.auth.v1.AuthService/SendMyPasswordlessLink");
        assert_eq!(call.rpc, Some("zitadel.auth.v1.AuthService/SendMyPasswordlessLink"));
    }
}

#[test]
fn what_callers_make_up_adds_no_words() {
    let unknown = call("BREW", "/secret.Service/Secret", "application/grpc");
    assert_eq!(
        (unknown.method, unknown.rpc, unknown.route.as_deref()),
        ("_OTHER", Some("_OTHER"), None)
    );
    assert_eq!(unknown.name(), "grpc");
    let unknown = call("BREW", "/secret/path", "text/plain");
    assert_eq!((&*unknown.name(), unknown.method_original.as_deref()), ("HTTP", Some("BREW")));
    let long = call(&"BREW".repeat(99), "/secret/path", "text/plain");
    assert_eq!(long.method_original.map(|it| it.len()), Some(LONGEST_METHOD));
    let unknown = call("GET", "/secret/path", "text/plain");
    assert_eq!(unknown.method_original, None);
    assert_eq!(
        (unknown.protocol, unknown.route.as_deref(), &*unknown.name()),
        (Protocol::Http, None, "GET")
    );
}

/// What a request for a path of this template is taken for.
async fn target(
    template: &'static str,
    (method, path): (&str, &str),
    accept: Option<&str>,
) -> Target {
    let noted = any(async |request: Request| {
        let mut answer = http::Response::new(Body::empty());
        answer.extensions_mut().insert(Call::new(&request, Media::Other).target);
        answer
    });
    let mut request = Request::builder().method(method).uri(path);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let router = Router::new().route(template, noted);
    let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    *answer.extensions().get().unwrap()
}

#[tokio::test]
async fn what_rest_reads_is_a_call_whatever_its_caller_prefers() {
    let (session, rpc) =
        ("/v2/sessions/{session_id}", "/zitadel.session.v2.SessionService/GetSession");
    // The last is what Java's `URLConnection` asks for, if it is not told what to.
    let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    for accept in [None, Some("*/*"), Some("application/json"), Some("text/html"), Some(java)] {
        for method in ["GET", "HEAD"] {
            let seen = target(session, (method, "/v2/sessions/one"), accept).await;
            assert_eq!(seen, Target::Rest(rpc), "{method}: {accept:?}");
        }
    }
    let list = ("GET", "/v2/sessions/search");
    assert_eq!(target("/v2/sessions/search", list, Some("text/html")).await, Target::Page);
    assert_eq!(target("/v2/sessions/search", list, None).await, Target::Route);
    let put = target(session, ("PUT", "/v2/sessions/one"), None).await;
    assert_eq!(put, Target::Route);
    let patch = target(session, ("PATCH", "/v2/sessions/one"), Some("text/html")).await;
    assert_eq!(patch, Target::Rest("/zitadel.session.v2.SessionService/SetSession"));
}

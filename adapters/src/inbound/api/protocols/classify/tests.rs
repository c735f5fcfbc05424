use axum::body::Body;

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

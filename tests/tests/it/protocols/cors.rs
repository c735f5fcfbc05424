//! Pages of other origins that call.

use super::*;

/// What the words of a header field are, in small letters.
fn words(answer: &Answer, name: &str) -> Vec<String> {
    let values = answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap());
    let words = values.flat_map(|value| value.split(','));
    words.map(|word| word.trim().to_ascii_lowercase()).collect()
}

const APP: &str = "https://app.example.com";

#[tokio::test]
async fn a_browser_is_told_what_pages_of_an_allowed_origin_may_do() {
    let passlink = Passlink::with_mail_dir().generous();
    let passlink = passlink.set("server.cors_origins", &json!([APP]).to_string()).started().await;
    let token = passlink.ada().token;
    let preflight = async |origin: &str, method: &str, path: &str| {
        let request = passlink.request(Method::OPTIONS, path).header("origin", origin);
        let request = request.header("access-control-request-method", method);
        Answer::to(request.header("access-control-request-headers", "authorization")).await
    };
    for (method, path) in [
        ("POST", SEND_LINK),
        ("POST", Call::send_link().rpc),
        ("DELETE", "/auth/v1/users/me/passwordless/some"),
    ] {
        let answer = preflight(APP, method, path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(APP), "{path}");
        assert!(words(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
        let methods = words(&answer, "access-control-allow-methods");
        assert!(methods.contains(&method.to_ascii_lowercase()), "{methods:?}");
        let headers = words(&answer, "access-control-allow-headers");
        for name in [
            "authorization",
            "content-type",
            "connect-protocol-version",
            "connect-timeout-ms",
            "grpc-timeout",
            "x-grpc-web",
            "x-user-agent",
            "x-zitadel-orgid",
            "x-requested-with",
            "connect-accept-encoding",
            "connect-content-encoding",
            "accept-language",
            "traceparent",
            "tracestate",
            "baggage",
        ] {
            assert!(headers.contains(&name.to_owned()), "{name} is none of {headers:?}");
        }
        assert_eq!(answer.header("access-control-max-age"), Some("7200"));
        let answer = preflight("https://evil.example", method, path).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}: {answer:?}");
        assert!(words(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
    }
    for token in [&*token, "nonsense"] {
        let answer = Answer::to(passlink.sending(token).header("origin", APP)).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(APP), "{answer:?}");
        assert!(words(&answer, "vary").contains(&"origin".to_owned()), "{answer:?}");
        let exposed = words(&answer, "access-control-expose-headers");
        for name in [
            "grpc-status",
            "grpc-message",
            "grpc-status-details-bin",
            "content-encoding",
            "retry-after",
            "www-authenticate",
        ] {
            assert!(exposed.contains(&name.to_owned()), "{name} is none of {exposed:?}");
        }
        let answer = Answer::to(passlink.sending(token).header("origin", "https://evil.example"));
        assert_eq!(answer.await.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_can_read_why_its_call_is_refused_before_it_is_looked_at() {
    let passlink = Passlink::with_mail_dir();
    let passlink = passlink.set("server.cors_origins", &json!([APP]).to_string()).started().await;
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: a/b\r\nOrigin: {APP}\r\nContent-Length: 0\r\n\
        Connection: close\r\n\r\n"
    );
    let answer = raw(passlink.port(), &[head.as_bytes()]).await;
    assert!(answer.contains("(REQUEST-Malformed)"), "{answer}");
    assert!(answer.contains(&format!("access-control-allow-origin: {APP}\r\n")), "{answer}");
}

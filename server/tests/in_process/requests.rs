//! What a request may look like on REST.

use passlink_tests::{Answer, Api, SEND_LINK, gzip};
use reqwest::Method;

use crate::installation::{GENEROUS, Installation};

const KIB: usize = 1024;

/// A server and a token that can send as often as a test likes.
async fn fixture() -> (Installation, String) {
    let passlink = Installation::with(GENEROUS).await;
    let token = passlink.ada().await.token;
    (passlink, token)
}

async fn post(passlink: &Installation, token: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = passlink.request(Method::POST, SEND_LINK).bearer_auth(token);
    passlink.answer(request.header("content-type", "application/json").body(body)).await
}

fn assert_malformed(answer: &Answer) {
    answer.assert_error(400, 3, "Errors.Request.Malformed", "REQUEST-Malformed");
}

fn assert_too_large(answer: &Answer) {
    answer.assert_error(413, 8, "Errors.Request.TooLarge", "REQUEST-TooLarge");
}

#[tokio::test]
async fn an_empty_body_counts_as_an_empty_object() {
    let (passlink, token) = fixture().await;
    for body in ["", "{}", " {\n}\t"] {
        assert_eq!(post(&passlink, &token, body).await.status, 200, "{body:?}");
    }
    let bare = passlink.request(Method::POST, SEND_LINK).bearer_auth(&token);
    assert_eq!(passlink.answer(bare).await.status, 200);
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let (passlink, token) = fixture().await;
    for body in [
        r#"{"userId":"somebody-else"}"#,
        r#"{"details":{"sequence":1},"a":[1,{"b":null}],"":""}"#,
        r#"{"details":7}"#,
    ] {
        assert_eq!(post(&passlink, &token, body).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn every_content_type_is_json() {
    let (passlink, token) = fixture().await;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/JSON",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "application/xml",
        "application/proto",
        "application/connect+json",
        "multipart/form-data; boundary=x",
        "nonsense",
        "",
    ] {
        let request = passlink.request(Method::POST, SEND_LINK).bearer_auth(&token);
        let request = request.header("content-type", content_type);
        let answer = passlink.answer(request.try_clone().unwrap().body("{}")).await;
        assert_eq!(answer.status, 200, "{content_type:?}: {answer:?}");
        answer.json();
        assert_malformed(&passlink.answer(request.body("{")).await);
    }
}

#[tokio::test]
async fn malformed_json_is_refused() {
    let (passlink, token) = fixture().await;
    for body in [
        "{",
        "}",
        "{]",
        r#"{"a"}"#,
        "{} {}",
        "{}x",
        "nonsense",
        "{'a':1}",
        "\"",
        "{\"a\":01}",
        "[[[",
    ] {
        assert_malformed(&post(&passlink, &token, body).await);
    }
    assert_malformed(&post(&passlink, &token, &b"{\"\xff\":1}"[..]).await);
}

#[tokio::test]
async fn json_of_another_type_than_an_object_is_refused() {
    let (passlink, token) = fixture().await;
    for body in ["[]", "[{}]", "1", "\"a\"", "true", "-0.5e3"] {
        assert_malformed(&post(&passlink, &token, body).await);
    }
}

#[tokio::test]
async fn a_list_in_the_place_of_a_message_is_refused() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    for (method, body) in [
        ("/registration_link", r#"{"sendLink":[]}"#),
        ("/registration_link", r#"{"return_code":[]}"#),
        ("", r#"{"code":["some","code"]}"#),
        ("/_search", "[]"),
    ] {
        let path = format!("/v2/users/{}/passkeys{method}", ada.id);
        let request = passlink.request(Method::POST, &path).bearer_auth(&ada.token);
        assert_malformed(&passlink.answer(request.body(body)).await);
    }
    assert_eq!(passlink.history(&ada.id), [1]);
}

#[tokio::test]
async fn deeply_nested_json_does_no_harm() {
    let (passlink, token) = fixture().await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 10_000;
        let body = format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth));
        let answer = post(&passlink, &token, body).await;
        assert!([200, 400].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(post(&passlink, &token, "{}").await.status, 200);
}

#[tokio::test]
async fn a_body_of_64_kib_is_taken_and_one_octet_more_is_too_large() {
    let (passlink, token) = fixture().await;
    let padded = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    assert_eq!(post(&passlink, &token, padded(64 * KIB)).await.status, 200);
    assert_too_large(&post(&passlink, &token, padded(64 * KIB + 1)).await);
    assert_too_large(&post(&passlink, &token, padded(1024 * KIB)).await);
    assert_eq!(post(&passlink, &token, "{}").await.status, 200);
}

#[tokio::test]
async fn what_a_path_names_and_how_the_body_is_read_take_nothing_of_its_64_kib() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    let path = format!("/v2/users/{}/passkeys/_search", ada.id);
    let search = async |body: String| {
        let request = passlink.request(Method::POST, &path).bearer_auth(&ada.token);
        passlink.answer(request.body(body)).await
    };
    let padded = |length: usize| format!(r#"{{"a":"{}"}}"#, " ".repeat(length - 8));
    assert_eq!(search(padded(64 * KIB)).await.status, 200);
    assert_too_large(&search(padded(64 * KIB + 1)).await);
    // Each number is longer when it is written out.
    let numbers = format!(r#"{{"a":[{}0]}}"#, "1e15,".repeat(13_000));
    assert_eq!(search(numbers).await.status, 200);
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let (passlink, token) = fixture().await;
    let path = format!("{SEND_LINK}?userId=somebody-else&x");
    let request = passlink.request(Method::POST, &path).bearer_auth(&token);
    assert_eq!(passlink.answer(request).await.status, 200);
}

#[tokio::test]
async fn a_compressed_body_is_what_it_was_before() {
    let (passlink, token) = fixture().await;
    let user = passlink.user("eve@example.com", |_| ()).await.id;
    let with_fields = format!("/v2/users/{user}/passkeys/_search");
    for (path, status) in [(SEND_LINK, 200), (&with_fields, 403)] {
        let send = async |encoding: &str, body: Vec<u8>| {
            let request = passlink.request(Method::POST, path).bearer_auth(&token);
            passlink.answer(request.header("content-encoding", encoding).body(body)).await
        };
        for body in [&b""[..], b"{}"] {
            for encoding in ["gzip", "GZIP"] {
                let answer = send(encoding, gzip(body)).await;
                assert_eq!(answer.status, status, "{path} {body:?}: {answer:?}");
            }
        }
        assert_eq!(send("gzip", Vec::new()).await.status, status);
        assert_eq!(send("identity", b"{}".to_vec()).await.status, status);
        assert_malformed(&send("gzip", b"\x1f\x8b{}".to_vec()).await);
        assert_too_large(&send("gzip", gzip(&vec![b' '; 1024 * KIB])).await);
        for other in ["zstd", "br", "deflate", "gzip, gzip"] {
            let answer = send(other, b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}".to_vec()).await;
            answer.assert_error(501, 12, "Errors.Unimplemented", "REQUEST-Unimplemented");
        }
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_malformed() {
    let (passlink, token) = fixture().await;
    for (method, path) in [
        (Method::POST, "/v2/users/%FF/passkeys/_search"),
        (Method::DELETE, "/auth/v1/users/me/passwordless/%C3%28"),
        (Method::POST, "/passlink/v1/links/%80/_inspect"),
    ] {
        assert_malformed(
            &passlink.answer(passlink.request(method, path).bearer_auth(&token)).await,
        );
    }
}

#[tokio::test]
async fn probes_and_pages_are_there_to_be_read() {
    let (passlink, _) = fixture().await;
    for path in ["/healthz", "/readyz", "/passkeys/register", "/passkeys/revoke", "/passkeys/undo"]
    {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = passlink.answer(passlink.request(method, path)).await;
            answer.assert_error(405, 12, "Errors.Unimplemented", "REQUEST-Unimplemented");
            assert_eq!(answer.header("allow"), Some("GET,HEAD"), "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
        let answer = passlink.answer(passlink.request(Method::HEAD, path)).await;
        assert_eq!((answer.status, &*answer.text), (200, ""), "{path}");
    }
}

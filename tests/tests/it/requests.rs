//! What a request may look like on REST.

use passlink_tests::{Answer, Passlink, SEND_LINK, client_builder, raw};
use reqwest::Method;

const KIB: usize = 1024;

/// A server and a token that can send as often as a test likes.
async fn fixture() -> (Passlink, String) {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let token = passlink.ada().token;
    (passlink, token)
}

async fn post(passlink: &Passlink, token: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = passlink.request(Method::POST, SEND_LINK).bearer_auth(token);
    Answer::to(request.header("content-type", "application/json").body(body)).await
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
    assert_eq!(Answer::to(bare).await.status, 200);
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
        let answer = Answer::to(request.try_clone().unwrap().body("{}")).await;
        assert_eq!(answer.status, 200, "{content_type:?}: {answer:?}");
        answer.json();
        assert_malformed(&Answer::to(request.body("{")).await);
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
async fn a_body_of_unannounced_length_is_measured_too() {
    let (passlink, token) = fixture().await;
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
        Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    let small =
        raw(passlink.port(), &[head.as_bytes(), b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"]).await;
    assert!(small.starts_with("HTTP/1.1 200 "), "{small}");
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    let large =
        raw(passlink.port(), &[head.as_bytes(), chunk.repeat(3).as_bytes(), b"0\r\n\r\n"]).await;
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
    assert!(large.contains("REQUEST-TooLarge"), "{large}");
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let (passlink, token) = fixture().await;
    let path = format!("{SEND_LINK}?userId=somebody-else&x");
    let request = passlink.request(Method::POST, &path).bearer_auth(&token);
    assert_eq!(Answer::to(request).await.status, 200);
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_answered_on_the_same_port() {
    let (passlink, token) = fixture().await;
    let client = client_builder().http2_prior_knowledge().build().unwrap();
    let url = format!("http://127.0.0.1:{}{SEND_LINK}", passlink.port());
    let response = client.post(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.status(), 200);
}

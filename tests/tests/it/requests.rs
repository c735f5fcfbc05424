//! Requests as they travel: versions of HTTP, and bodies that come in parts or not at all.

use passlink_tests::{Passlink, SEND_LINK, client_builder, raw};

/// A server and a token that can send as often as a test likes.
async fn fixture() -> (Passlink, String) {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let token = passlink.ada().token;
    (passlink, token)
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
async fn http_2_with_prior_knowledge_is_answered_on_the_same_port() {
    let (passlink, token) = fixture().await;
    let client = client_builder().http2_prior_knowledge().build().unwrap();
    let url = format!("http://127.0.0.1:{}{SEND_LINK}", passlink.port());
    let response = client.post(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_body_that_is_broken_on_its_way_is_malformed() {
    let (passlink, token) = fixture().await;
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
        Transfer-Encoding: chunked\r\n\r\n"
    );
    let answer = raw(passlink.port(), &[head.as_bytes(), b"1\r\n{\r\nnonsense\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("(REQUEST-Malformed)"), "{answer}");
}

#[tokio::test]
async fn a_deadline_covers_the_way_of_the_body() {
    let (passlink, token) = fixture().await;
    let with = async |deadline: &str| {
        let head = format!(
            "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
            {deadline}Connection: close\r\nContent-Length: 9\r\n\r\n{{"
        );
        raw(passlink.port(), &[head.as_bytes()]).await
    };
    // No request takes longer than thirty seconds anyway.
    let answer = tokio::select! {
        biased;
        answer = with("Connect-Timeout-Ms: 500\r\n") => answer,
        _ = with("") => panic!("the deadline has passed"),
    };
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert!(answer.contains("(REQUEST-Deadline)"), "{answer}");
}

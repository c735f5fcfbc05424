//! How often a wrong code may be tried: from an IP address, and for a link.

use passlink_tests::{Api, Passlink};
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use super::*;

/// Whatever takes a code, by method and path; `{id}` stands for what the code shall open.
const ENDPOINTS: [(&str, &str); 7] = [
    ("register", "/v2/users/{user}/passkeys"),
    ("inspect", "/passlink/v1/links/{id}/_inspect"),
    ("resend", "/passlink/v1/links/{id}/_resend"),
    ("revoke", "/passlink/v1/links/{id}/_revoke"),
    ("inspect_revocation", "/passlink/v1/links/{id}/_inspect_revocation"),
    ("undo", "/passlink/v1/passkeys/{id}/_undo"),
    ("inspect_undo", "/passlink/v1/passkeys/{id}/_inspect_undo"),
];
/// How many wrong ones are let through.
const LIMIT: usize = 3;

async fn limited() -> Passlink {
    Passlink::with_mail_dir()
        .set("limits.wrong_codes_per_minute", &LIMIT.to_string())
        .set("server.trusted_proxies", r#"["127.0.0.1"]"#)
        .started()
        .await
}

/// Presents a code to an endpoint, from an address.
async fn present(passlink: &Passlink, path: &str, id: &str, code: &str, from: &str) -> Answer {
    let body = if path.contains("{id}") {
        json!({ "code": code })
    } else {
        json!({ "code": { "id": id, "code": code } })
    };
    let path = path.replace("{id}", id);
    let request = passlink.request(Method::POST, &path).header("x-forwarded-for", from);
    Answer::to(request.json(&body)).await
}

#[track_caller]
fn assert_limited(answer: &Answer) {
    let id = "REQUEST-TooMany";
    assert_eq!(answer.status, 429, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["code"], 8);
    assert_eq!(body["message"], format!("Errors.Request.TooMany ({id})"));
    let seconds = answer.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer:?}");
    assert_eq!(body["details"][1]["retryDelay"], format!("{seconds}s"));
}

#[tokio::test]
async fn no_more_wrong_codes_than_so_many_from_one_address() {
    let passlink = limited().await;
    let ada = passlink.ada();
    for (number, (endpoint, path)) in ENDPOINTS.into_iter().enumerate() {
        let path = path.replace("{user}", &ada.id);
        let (here, there) = (format!("192.0.2.{number}"), format!("198.51.100.{number}"));
        for round in 0..LIMIT {
            let id = format!("{endpoint}-{round}");
            assert_code_invalid(&present(&passlink, &path, &id, "guess", &here).await);
        }
        let id = format!("{endpoint}-more");
        assert_limited(&present(&passlink, &path, &id, "guess", &here).await);
        assert_code_invalid(&present(&passlink, &path, &id, "guess", &there).await);
    }
}

#[tokio::test]
async fn what_a_client_claims_to_its_proxy_lifts_no_limit() {
    let passlink = limited().await;
    for round in 0..=LIMIT {
        let path = format!("/passlink/v1/links/link-{round}/_inspect");
        let from = HeaderValue::from_bytes(b"\xff, 7.7.7.8").unwrap();
        let request = passlink
            .request(Method::POST, &path)
            .header("x-forwarded-for", from)
            .header("forwarded", format!("for=10.1.1.{round}"));
        let answer = Answer::to(request.json(&json!({ "code": "guess" }))).await;
        if round < LIMIT {
            assert_code_invalid(&answer);
        } else {
            assert_limited(&answer);
        }
    }
}

#[tokio::test]
async fn no_more_wrong_codes_than_so_many_for_one_link() {
    let passlink = limited().await;
    let ada = passlink.ada();
    for (number, (endpoint, path)) in ENDPOINTS.into_iter().enumerate() {
        let path = path.replace("{user}", &ada.id);
        for round in 0..LIMIT {
            let from = format!("192.0.{round}.{number}");
            assert_code_invalid(&present(&passlink, &path, endpoint, "guess", &from).await);
        }
        let from = format!("198.51.100.{number}");
        assert_limited(&present(&passlink, &path, endpoint, "guess", &from).await);
        let another = format!("another-{number}");
        assert_code_invalid(&present(&passlink, &path, &another, "guess", &from).await);
    }
}

#[tokio::test]
async fn an_address_that_tried_too_often_at_one_endpoint_did_at_all() {
    let passlink = limited().await;
    let ada = passlink.ada();
    let paths = ENDPOINTS.map(|(_, path)| path.replace("{user}", &ada.id));
    for (round, path) in paths.iter().enumerate() {
        let id = format!("link-{round}");
        let answer = present(&passlink, path, &id, "guess", "2001:db8::1").await;
        if round < LIMIT {
            assert_code_invalid(&answer);
        } else {
            assert_limited(&answer);
        }
    }
    // Who has an IPv6 network has all of its addresses.
    for (from, limited) in [("2001:db8::ffff:2", true), ("2001:db8:0:1::1", false)] {
        let answer = present(&passlink, &paths[1], from, "guess", from).await;
        if limited {
            assert_limited(&answer);
        } else {
            assert_code_invalid(&answer);
        }
    }
}

#[tokio::test]
async fn a_right_code_holds_however_many_wrong_ones_came_before() {
    let passlink = limited().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let wrong = json!({ "id": code["id"], "code": "guess" });
    for _ in 0..LIMIT {
        assert_code_invalid(&inspect(&passlink, &wrong).await);
    }
    assert_limited(&inspect(&passlink, &wrong).await);
    assert_limited(&try_to_begin(&passlink, &ada, &wrong).await);
    assert_eq!(inspect(&passlink, &code).await.json()["state"], "LINK_STATE_OPEN");
    register_with(&passlink, &ada, &code, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

#[tokio::test]
async fn right_codes_are_not_counted() {
    let passlink = limited().await;
    let ada = passlink.ada();
    let code: Value = returned_code(&passlink, &ada).await;
    for _ in 0..3 * LIMIT {
        assert_eq!(inspect(&passlink, &code).await.status, 200);
        begin_with(&passlink, &ada, &code).await;
    }
}

//! Clients that we did not write, each as a process of its own.

use passlink_tests::{Browser, Caller, Page, Passlink, free_port, node};
use serde_json::{Value, json};

const SEND: &str = "sendMyPasswordlessLink";
const ADD: &str = "addMyPasswordlessLink";

/// What `@zitadel/client` sees of calls, one after the other.
fn zitadel_client(
    passlink: &Passlink,
    protocol: &str,
    token: &str,
    methods: &[&str],
) -> Vec<Value> {
    let url = passlink.url();
    let arguments = [&[protocol, &url, token], methods].concat();
    node::run("zitadel_client.mjs", &arguments).lines()
}

/// The link was mailed: the answer of a first send.
#[track_caller]
fn assert_sent(outcome: &Value) {
    let details = &outcome["answer"]["details"];
    assert_eq!(details["sequence"], "2", "{outcome}");
    assert_eq!(details["resourceOwner"], "default", "{outcome}");
    assert_eq!(details["creationDate"], details["changeDate"], "{outcome}");
}

/// The second send within the cooldown, as a caller sees it who reads error details.
#[track_caller]
fn assert_too_many(outcome: &Value) {
    let error = &outcome["error"];
    let text = "Errors.User.Passwordless.TooManyLinks";
    assert_eq!(error["code"], 8, "{outcome}");
    assert_eq!(error["text"], format!("{text} (LINK-TooMany)"), "{outcome}");
    assert_eq!(error["details"], json!([{ "id": "LINK-TooMany", "message": text }]));
    let wait: u64 = error["metadata"]["retry-after"].as_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{outcome}");
}

#[track_caller]
fn assert_link(outcome: &Value, user: &Caller) {
    let answer = &outcome["answer"];
    let link = answer["link"].as_str().unwrap_or_else(|| panic!("{outcome}"));
    let start = format!("https://login.example.com/passkeys/register?userID={}&", user.id);
    assert!(link.starts_with(&start) && link.contains("#code="), "{outcome}");
    assert_eq!(answer["expiration"], "3600s");
}

#[tokio::test]
async fn zitadel_client_sends_and_adds_links_by_grpc_and_by_grpc_web() {
    let passlink = Passlink::with_mail_dir().started().await;
    for protocol in ["grpc", "grpc-web"] {
        let ada = passlink.caller(&format!("{protocol}@example.com"), &[]);
        let outcomes = zitadel_client(&passlink, protocol, &ada.token, &[SEND, SEND, ADD]);
        assert_sent(&outcomes[0]);
        assert_too_many(&outcomes[1]);
        assert_link(&outcomes[2], &ada);
        assert_eq!(passlink.history(&ada.id), [1, 2, 3]);
        let refused = zitadel_client(&passlink, protocol, "nonsense", &[SEND]).remove(0);
        let detail = json!([{ "id": "AUTH-Invalid", "message": "Errors.Token.Invalid" }]);
        assert_eq!(refused["error"]["code"], 16, "{refused}");
        assert_eq!(refused["error"]["details"], detail, "{refused}");
    }
}

/// A page of another origin in Chromium that calls by `protocol`.
async fn call(
    page: &Page,
    passlink: &Passlink,
    protocol: &str,
    token: &str,
    method: &str,
) -> Value {
    let url = passlink.url();
    let args = json!({ "protocol": protocol, "baseUrl": url, "token": token, "method": method });
    page.run("return page.evaluate((args) => window.call(args), args)", args).await
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_calls_from_a_browser() {
    let port = free_port();
    let origin = format!("http://localhost:{port}");
    let origins = json!([origin]).to_string();
    let passlink = Passlink::with_mail_dir().set("server.cors_origins", &origins).started().await;
    let _server = node::page_server(port);
    let browser = Browser::start().await;
    let page = browser.page(json!({})).await;
    page.goto(&origin).await;
    for protocol in ["grpc-web", "connect", "connect+proto"] {
        let ada = passlink.caller(&format!("{protocol}@example.com"), &[]);
        assert_sent(&call(&page, &passlink, protocol, &ada.token, SEND).await);
        assert_too_many(&call(&page, &passlink, protocol, &ada.token, SEND).await);
        assert_link(&call(&page, &passlink, protocol, &ada.token, ADD).await, &ada);
        let missing = call(&page, &passlink, protocol, "", SEND).await;
        let detail = json!([{ "id": "AUTH-Missing", "message": "auth header missing" }]);
        assert_eq!(missing["error"]["code"], 16, "{missing}");
        assert_eq!(missing["error"]["details"], detail, "{missing}");
        assert_eq!(missing["error"]["metadata"]["www-authenticate"], "Bearer", "{missing}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_reads_nothing_and_changes_nothing() {
    let port = free_port();
    let passlink = Passlink::with_mail_dir()
        .set("server.cors_origins", r#"["https://app.example.com"]"#)
        .started()
        .await;
    let _server = node::page_server(port);
    let ada = passlink.ada();
    let page = Browser::start().await.page(json!({})).await;
    page.goto(&format!("http://localhost:{port}")).await;
    for protocol in ["grpc-web", "connect", "connect+proto"] {
        let outcome = call(&page, &passlink, protocol, &ada.token, SEND).await;
        assert!(
            outcome["error"]["text"].as_str().unwrap().contains("Failed to fetch"),
            "{outcome}"
        );
    }
    assert_eq!(passlink.history(&ada.id), [1]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
}

//! Clients that we did not write, each as a process of its own.

use std::process::Command;

use passlink_tests::{
    Api, Browser, Caller, Output, Page, Passlink, SEND_LINK, free_port, node, python,
};
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
    let calls: Vec<_> = methods.iter().map(|method| ("v1", *method, json!({}))).collect();
    node::zitadel_client(&passlink.url(), protocol, token, &calls)
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

#[tokio::test]
async fn a_grpc_client_that_knows_the_address_alone_learns_the_rest_by_reflection() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let seen = python::grpc_client(&format!("127.0.0.1:{}", passlink.port()), &ada.token, None);
    for version in ["v1", "v1alpha"] {
        let services = seen[version].as_array().unwrap();
        for service in [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "passlink.v1.LinkService",
            "passlink.v1.PasskeyService",
            "zitadel.auth.v1.AuthService",
            "zitadel.session.v2.SessionService",
            "zitadel.user.v2.UserService",
        ] {
            assert!(services.contains(&service.into()), "{service} by {version}: {services:?}");
        }
    }
    assert_eq!(seen["health"]["answer"]["status"], "SERVING");
    assert_sent(&seen["first"]);
    let too_many = &seen["second"];
    assert_eq!(too_many["code"], 8, "{too_many}");
    assert_eq!(too_many["details"][0]["id"], "LINK-TooMany");
    let wait = too_many["details"][1]["retryDelay"].as_str().unwrap();
    assert!(wait.ends_with('s'), "{too_many}");
}

/// What `curl` makes of a URL of the server: HTTP version, status and body.
fn curl(url: &str, options: &[&str]) -> (String, u16, Value) {
    let mut command = Command::new("curl");
    command.args(["-sS", "--noproxy", "*", "-w", "\n%{http_version} %{http_code}"]);
    command.args(options).arg(url);
    let printed = Output::of(command).done();
    let (body, end) = printed.rsplit_once('\n').unwrap();
    let (version, status) = end.split_once(' ').unwrap();
    (version.to_owned(), status.parse().unwrap(), serde_json::from_str(body).expect(body))
}

#[tokio::test]
async fn curl_calls_by_rest_and_by_connect_over_either_http() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let bearer = format!("Authorization: Bearer {}", ada.token);
    let rpc = "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink";
    let mut sequence = 1;
    for path in [SEND_LINK, rpc] {
        for (version, http) in [("1.1", "--http1.1"), ("2", "--http2-prior-knowledge")] {
            let url = passlink.url() + path;
            let json = "Content-Type: application/json";
            let options = [http, "--compressed", "-X", "POST", "-H", json, "-d", "{}", "-H"];
            let (spoken, status, body) = curl(&url, &[&options[..], &[&bearer]].concat());
            assert_eq!((&*spoken, status), (version, 200), "{body}");
            sequence += 1;
            assert_eq!(body["details"]["sequence"], sequence.to_string());
            let (_, status, body) = curl(&url, &options[..options.len() - 1]);
            let code = if path == rpc { json!("unauthenticated") } else { json!(16) };
            assert_eq!((status, &body["code"]), (401, &code), "{body}");
        }
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

/// What a page gets that calls by REST with no library at all.
async fn fetch(page: &Page, url: &str, method: &str, token: &str) -> Value {
    let code = "return page.evaluate(async ({ url, method, token }) => { \
        const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }; \
        const body = method === 'DELETE' ? undefined : '{}'; \
        const answer = await fetch(url, { method, headers, body }).catch(String); \
        if (typeof answer === 'string') return { failed: answer }; \
        return { status: answer.status, challenge: answer.headers.get('www-authenticate'), \
            wait: answer.headers.get('retry-after'), body: await answer.json() }; \
    }, args)";
    page.run(code, json!({ "url": url, "method": method, "token": token })).await
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_calls_by_rest() {
    let port = free_port();
    let origin = format!("http://localhost:{port}");
    let origins = json!([origin]).to_string();
    let passlink = Passlink::with_mail_dir().set("server.cors_origins", &origins).started().await;
    let ada = passlink.ada();
    let _server = node::page_server(port);
    let browser = Browser::start().await;
    let page = browser.page(json!({})).await;
    page.goto(&origin).await;
    let send = passlink.url() + SEND_LINK;
    let sent = fetch(&page, &send, "POST", &ada.token).await;
    assert_eq!((&sent["status"], &sent["body"]["details"]["sequence"]), (&json!(200), &json!("2")));
    let again = fetch(&page, &send, "POST", &ada.token).await;
    assert_eq!(again["status"], 429, "{again}");
    assert!(again["wait"].as_str().unwrap().parse::<u64>().is_ok(), "{again}");
    let refused = fetch(&page, &send, "POST", "nonsense").await;
    assert_eq!((&refused["status"], &refused["challenge"]), (&json!(401), &json!("Bearer")));
    let remove = passlink.url() + "/auth/v1/users/me/passwordless/unknown";
    let unknown = fetch(&page, &remove, "DELETE", &ada.token).await;
    assert_eq!((&unknown["status"], &unknown["body"]["code"]), (&json!(404), &json!(5)));
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
    let by_rest = fetch(&page, &(passlink.url() + SEND_LINK), "POST", &ada.token).await;
    assert!(by_rest["failed"].as_str().unwrap().contains("Failed to fetch"), "{by_rest}");
    assert_eq!(passlink.history(&ada.id), [1]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
}

//! What an operator reads.

use passlink_tests::{Answer, Api, MailServer, Passlink, SEND_LINK, client_builder};
use reqwest::Method;
use serde_json::Value;

fn entries(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[tokio::test]
async fn a_log_that_no_terminal_shows_is_json_with_one_line_a_request() {
    let mails = MailServer::plain();
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    mails.until_mails(1).await;
    passlink.send_link(&ada.token).await.assert_too_many();
    Answer::to(passlink.request(Method::POST, SEND_LINK)).await;
    Answer::to(passlink.request(Method::GET, "/secret-path?with=query")).await;
    passlink.stop().await;

    let log = passlink.log();
    let entries = entries(&log);
    let requests: Vec<_> = entries
        .iter()
        .filter(|entry| entry["message"] == "request" && entry["route"] != "/readyz")
        .collect();
    let told: Vec<_> = requests
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            let call = (text("method"), text("route"), text("protocol"));
            (call, entry["status"].as_u64().unwrap(), text("code"))
        })
        .collect();
    let sending = ("POST", SEND_LINK, "rest");
    assert_eq!(
        told,
        [
            (sending, 200, "OK"),
            (sending, 429, "RESOURCE_EXHAUSTED"),
            (sending, 401, "UNAUTHENTICATED"),
            (("GET", "unmatched", "http"), 404, "NOT_FOUND"),
        ]
    );
    assert!(requests.iter().all(|entry| entry["duration_ms"].as_f64().is_some_and(|ms| ms >= 0.0)));
    assert_eq!(requests[0]["user_id"], ada.id);
    assert_eq!(requests[2]["user_id"], Value::Null);
    for entry in &entries {
        assert!(entry["timestamp"].is_string() && entry["level"].is_string(), "{entry}");
    }
    for never in ["secret-path", "with=query", "ada@example.com", "Ada Example"] {
        assert!(!log.contains(never), "{never} is in the log");
    }
}

#[test]
fn a_terminal_shows_the_log_in_colours_unless_somebody_asks_for_none() {
    for (variable, value, coloured) in [
        ("TERM", "xterm", true),
        ("NO_COLOR", "", true),
        ("NO_COLOR", "1", false),
        ("TERM", "dumb", false),
        ("CLICOLOR", "0", false),
    ] {
        let passlink = Passlink::with_mail_dir().set_variable(variable, value);
        let shown = passlink.on_terminal_until("public_url", &["serve"]).stdout;
        assert!(shown.contains("public_url"), "{variable}={value}: {shown}");
        assert_eq!(shown.contains('\x1b'), coloured, "{variable}={value}: {shown}");
    }
}

#[tokio::test]
async fn each_try_to_deliver_a_mail_is_a_line() {
    let mails = MailServer::plain();
    let refuse = serde_json::json!([
        { "recipient": "ada@", "stage": "rcpt", "answer": "451 4.3.0 Later", "times": 1 },
        { "recipient": "eve@", "stage": "rcpt", "answer": "550 5.1.1 Never" },
    ]);
    mails.rules(&refuse);
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let eve = passlink.caller("eve@example.com", &[]);
    passlink.send_link(&eve.token).await.sequence();
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_mails(1).await;
    passlink.stop().await;
    let entries = entries(&passlink.log());
    let answers = |message: &str| {
        let told = entries.iter().filter(|entry| entry["message"] == message);
        told.map(|entry| entry["answer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (sent, again, never) =
        (answers("mail sent"), answers("mail to be tried again"), answers("mail not sent"));
    assert_eq!((sent.len(), again.len(), never.len()), (1, 1, 1), "{}", passlink.log());
    assert!(again[0].contains("Later") && never[0].contains("Never"), "{again:?} {never:?}");
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_told_once_whoever_came_before_and_one_that_is_not_at_all() {
    const PEERS: [&str; 2] = ["127.0.0.2", "127.0.0.1"];
    let told = "a peer that is not trusted sends X-Forwarded-For or Forwarded";
    let asked_by = async |passlink: &Passlink| {
        let words = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
        for (peer, (name, value)) in PEERS.iter().flat_map(|peer| words.map(|word| (peer, word))) {
            let from = client_builder().local_address(peer.parse().ok()).build().unwrap();
            for _ in 0..3 {
                let request = from.get(passlink.url() + "/healthz").header(name, value);
                assert_eq!(Answer::to(request).await.status, 200);
            }
        }
        let log = passlink.log();
        let entries = entries(&log).into_iter();
        let told = entries.filter(|entry| entry["message"].as_str().unwrap().starts_with(told));
        told.collect::<Vec<_>>()
    };
    let passlink = Passlink::with_mail_dir().started().await;
    let lines = asked_by(&passlink).await;
    assert!(lines.iter().all(|line| line["level"] == "WARN"), "{lines:?}");
    assert_eq!(lines.iter().map(|line| &line["peer"]).collect::<Vec<_>>(), PEERS);
    assert!(!passlink.log().contains("192.0.2."), "what the peer says is not told");

    let trusting = Passlink::with_mail_dir().set("server.trusted_proxies", r#"["127.0.0.0/8"]"#);
    let trusting = trusting.started().await;
    assert_eq!(asked_by(&trusting).await.len(), 0);
}

#[tokio::test]
async fn who_ends_tls_in_front_of_the_server_is_asked_for_by_check_and_at_the_start() {
    let asks = "server.public_url is https, but the server has no TLS of its own";
    let mut passlink = Passlink::with_mail_dir().started().await;
    assert!(passlink.log().contains(asks), "{}", passlink.log());
    let check = passlink.cli(&["config", "check"]);
    assert!(check.stderr.contains(&format!("warning: {asks}")), "{}", check.stderr);
    check.done();
    passlink.stop().await;
    let passlink = passlink.another_node().behind_a_proxy();
    let passlink = passlink.started().await;
    assert!(!passlink.log().contains(asks), "{}", passlink.log());
    let check = passlink.cli(&["config", "check"]);
    assert!(!check.stderr.contains("warning"), "{}", check.stderr);
    check.done();
}

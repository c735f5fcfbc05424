//! The metrics, on their page and by OTLP.

use std::collections::BTreeSet;

use passlink_tests::{
    Answer, Api, Call, Collector, MailServer, Passlink, Protocol, Received, SEND_LINK, free_port,
    raw, until,
};
use reqwest::Method;
use serde_json::json;

use super::{register, trace_id};

/// With a page of metrics, at the URL.
pub fn with_page(passlink: Passlink) -> (Passlink, String) {
    let listen = format!("127.0.0.1:{}", free_port());
    (passlink.set("telemetry.metrics_listen", &listen), format!("http://{listen}/metrics"))
}

/// The page.
pub async fn page(url: &str) -> String {
    let answer = Answer::to(passlink_tests::client().get(url)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    answer.text
}

/// Waits until so many mails are known to be sent.
pub async fn until_sent(passlink: &Passlink, mails: u64) {
    until("the mails to be recorded as sent", async || {
        let sent = passlink.sql("SELECT count(*) FROM outbox WHERE state = 'sent'", &[]);
        (sent == [[mails]]).then_some(())
    })
    .await;
}

/// Does a bit of everything: each query must find what it asks for.
pub async fn busy(passlink: &Passlink, mails: &MailServer) {
    mails.rules(&json!([
        { "recipient": "ada@", "stage": "rcpt", "answer": "451 4.3.0 Later", "times": 1 },
        { "recipient": "eve@", "stage": "rcpt", "answer": "550 5.1.1 Never" },
    ]));
    let (ada, eve) = (passlink.ada(), passlink.caller("eve@example.com", &[]));
    passlink.send_link(&ada.token).await.sequence();
    passlink.send_link(&eve.token).await.sequence();
    passlink.send_link(&ada.token).await.assert_too_many();
    let returned = Protocol::Rest.request(passlink, &Call::add_link()).bearer_auth(&ada.token);
    assert_eq!(Answer::to(returned).await.status, 200);
    until_sent(passlink, 1).await;
    let link = mails.mails()[0].mail.register_link();
    register(passlink, &link, &trace_id(Protocol::Rest)).await;
    let cal = passlink.caller("cal@example.com", &[]);
    passlink.send_link(&cal.token).await.sequence();
    until_sent(passlink, 3).await;
    let to_cal = |received: &&Received| received.envelope.to == ["cal@example.com"];
    let link = mails.mails().iter().find(to_cal).unwrap().mail.revoke_link();
    let path = format!("/passlink/v1/links/{}/_revoke", link.query["codeID"]);
    let revoke = passlink.request(Method::POST, &path).json(&json!({ "code": link.code }));
    assert_eq!(Answer::to(revoke).await.status, 200);
    passlink.sql("UPDATE users SET state = 'nonsense' WHERE id = ?", &[&eve.id]);
    assert_eq!(passlink.send_link(&eve.token).await.status, 500);
}

#[tokio::test]
async fn whatever_callers_send_adds_no_series() {
    let (passlink, url) = with_page(Passlink::with_mail_dir());
    let passlink = passlink.set("limits.wrong_tokens_per_minute", "10000").started().await;
    let count = async || page(&url).await.lines().filter(|it| it.starts_with("http_")).count();
    let odd = async |number: usize| {
        let path = format!("/made-up/{number}?with=query");
        Answer::to(passlink.request(Method::from_bytes(b"BREW").unwrap(), &path)).await;
        for content_type in ["application/grpc", "application/grpc-web", "application/json"] {
            let path = format!("/made.up{number}.Service/Method{number}");
            let request = passlink.request(Method::POST, &path);
            Answer::to(request.header("content-type", content_type)).await;
        }
        let request = passlink.request(Method::POST, SEND_LINK).bearer_auth(number);
        Answer::to(request.header("user-agent", number)).await;
    };
    odd(0).await;
    let before = count().await;
    for number in 1..50 {
        odd(number).await;
    }
    assert_eq!(count().await, before);
    let page = page(&url).await;
    assert!(!page.contains("made") && !page.contains("BREW"), "{page}");
}

#[tokio::test]
async fn what_http_refuses_by_itself_is_counted_and_told_now_and_then() {
    let (passlink, url) = with_page(Passlink::with_mail_dir());
    let passlink = passlink.started().await;
    let large = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let refused = [
        ("malformed", &b"nonsense\r\n\r\n"[..]),
        ("head_too_large", large.as_bytes()),
        ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense nonsense"),
    ];
    for _ in 0..3 {
        for (_, octets) in refused {
            raw(passlink.port(), &[octets]).await;
        }
    }
    for (kind, _) in refused {
        let line = format!("passlink_connections_failed_total{{error_type=\"{kind}\"}} 3\n");
        until("all to be counted", async || page(&url).await.contains(&line).then_some(())).await;
        let log = passlink.log();
        let told = log.lines().filter(|line| {
            line.contains("connections were refused") && line.contains(&format!("\"{kind}\""))
        });
        assert_eq!(told.count(), 1, "{kind}: {log}");
    }
}

#[tokio::test]
async fn the_same_metrics_go_out_by_otlp_with_their_units() {
    let (collector, mails) = (Collector::grpc(), MailServer::plain());
    let passlink = Passlink::with_mail_server(&mails).observed_by(&collector);
    let mut passlink = passlink.started().await;
    busy(&passlink, &mails).await;
    passlink.stop().await;
    let metrics = collector.metrics();
    let last = |name: &str| metrics.iter().rev().find(|it| it["name"] == name).expect(name);
    for (name, unit) in [
        ("http.server.request.duration", "s"),
        ("passlink.link.delivery.duration", "s"),
        ("passlink.link.redemption.duration", "s"),
        ("passlink.links", "{link}"),
        ("passlink.mail.attempts", "{attempt}"),
        ("passlink.outbox.waiting", "{mail}"),
        ("passlink.outbox.oldest.age", "s"),
        ("passlink.outbox.late", "s"),
        ("passlink.database.connections", "{connection}"),
        ("passlink.worker.alive", ""),
        ("passlink.worker.turn.age", "s"),
        ("passlink.build.info", ""),
    ] {
        assert_eq!(last(name)["unit"], unit, "{name}");
    }
    // What happened, by its words; counters that stand at zero tell that it can.
    let happened = |name: &str, words: [&str; 2]| {
        let points = last(name)["points"].as_array().unwrap().iter();
        let told = points.filter(|it| it["value"] != 0).map(|it| {
            let text = |name: &str| it["attributes"][name].as_str().unwrap_or_default().to_owned();
            (text(words[0]), text(words[1]), it["value"].as_u64().unwrap())
        });
        told.collect::<BTreeSet<_>>()
    };
    let counted = |words: &[(&str, &str, u64)]| {
        let words = words.iter().map(|it| (it.0.to_owned(), it.1.to_owned(), it.2));
        words.collect::<BTreeSet<_>>()
    };
    assert_eq!(
        happened("passlink.links", ["passlink.link.state", "passlink.link.delivery"]),
        counted(&[
            ("requested", "mail", 3),
            ("requested", "returned", 1),
            ("sent", "mail", 2),
            ("undeliverable", "mail", 1),
            ("redeemed", "mail", 1),
            ("revoked", "mail", 1),
        ])
    );
    assert_eq!(
        happened("passlink.mail.attempts", ["passlink.mail.outcome", "error.type"]),
        counted(&[("sent", "", 3), ("retry", "deferred", 1), ("undeliverable", "rejected", 1),])
    );
    let after = &last("passlink.link.redemption.duration")["points"][0];
    assert_eq!(after["count"], 1);
    assert!(after["sum"].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
}

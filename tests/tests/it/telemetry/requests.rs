//! Requests of all sorts: who is asked whether to tell, what is an error, and what is lost.

use std::time::Duration;

use passlink_tests::{
    Answer, Api, Call, Collector, MailServer, Passlink, Protocol, SEND_LINK, until,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLER, Trace, assert_attributes, send, trace_id};

/// What was kept of each caller's context, in the order of the sends.
fn kept(passlink: &Passlink) -> Vec<Value> {
    let rows = passlink.sql("SELECT trace FROM outbox ORDER BY id", &[]);
    rows.iter().map(|row| serde_json::from_str(row[0].as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn the_caller_decides_whether_a_send_is_sampled_and_its_context_is_kept_with_the_mail() {
    let (collector, mails) = (Collector::grpc(), MailServer::plain());
    let passlink = Passlink::with_mail_server(&mails).observed_by(&collector);
    let mut passlink = passlink.started().await;
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let caller = passlink.caller(&format!("user{number}@example.com"), &[]);
        let flags = if number == 0 { "00" } else { "01" };
        send(&passlink, protocol, &caller, flags).await;
    }
    mails.until_mails(4).await;
    for (protocol, kept) in Protocol::ALL.into_iter().zip(kept(&passlink)) {
        let traceparent = kept["traceparent"].as_str().unwrap();
        assert!(traceparent.starts_with(&format!("00-{}-", trace_id(protocol))), "{kept}");
        let sampled = protocol != Protocol::ALL[0];
        assert!(traceparent.ends_with(if sampled { "-01" } else { "-00" }), "{kept}");
        assert_eq!(
            (&kept["tracestate"], &kept["baggage"]),
            (&json!("vendor=kept"), &json!("tenant=blue"))
        );
    }
    passlink.stop().await;
    assert_eq!(Trace::of(&collector, &trace_id(Protocol::Rest)).names(), [""; 0]);
    assert!(!Trace::of(&collector, &trace_id(Protocol::Grpc)).names().is_empty());
}

#[tokio::test]
async fn a_sampler_that_does_not_ask_the_caller_decides_for_statements_as_well() {
    for (sampler, flags, sampled) in [("always_on", "00", true), ("always_off", "01", false)] {
        let collector = Collector::grpc();
        let passlink = Passlink::with_mail_dir().observed_by(&collector);
        let passlink = passlink.set_variable("OTEL_TRACES_SAMPLER", sampler);
        let mut passlink = passlink.started().await;
        send(&passlink, Protocol::Rest, &passlink.ada(), flags).await;
        passlink.stop().await;
        let trace = Trace::of(&collector, &trace_id(Protocol::Rest));
        assert_eq!(trace.names().contains(&"SELECT users"), sampled, "{sampler}");
        assert_eq!(trace.names().is_empty(), !sampled, "{sampler}");
    }
}

#[tokio::test]
async fn a_context_in_several_lines_is_kept_and_one_that_is_too_long_is_cut() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().observed_by(&collector).started().await;
    let traceparent = format!("00-{}-{CALLER}-01", trace_id(Protocol::Rest));
    let long = format!("long={}", "x".repeat(1000));
    let request = passlink.sending(&passlink.ada().token).header("traceparent", traceparent);
    let request = request.header("tracestate", "one=1").header("tracestate", "two=2");
    let request = request.header("baggage", "tenant=blue").header("baggage", long);
    Answer::to(request.header("baggage", "tier=gold")).await.sequence();
    let kept = &kept(&passlink)[0];
    assert_eq!(kept["tracestate"], "one=1,two=2");
    let mut baggage: Vec<_> = kept["baggage"].as_str().unwrap().split(',').collect();
    baggage.sort();
    assert_eq!(baggage, ["tenant=blue", "tier=gold"]);
}

#[tokio::test]
async fn log_lines_say_where_they_belong_when_no_collector_is_told_of_it() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    send(&passlink, Protocol::Rest, &passlink.ada(), "01").await;
    let sent = async || passlink.log().contains("mail sent").then_some(());
    until("the mail", sent).await;
    passlink.stop().await;
    let log = passlink.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let trace = trace_id(Protocol::Rest);
    let of_it: Vec<_> = lines.filter(|line| line["trace_id"] == trace.as_str()).collect();
    let told: Vec<_> = of_it.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(told, ["request", "mail sent"], "{log}");
    assert_ne!(of_it[0]["span_id"], of_it[1]["span_id"]);
    let kept = &kept(&passlink)[0]["traceparent"];
    assert!(kept.as_str().unwrap().ends_with("-01"), "others may record it: {kept}");
}

#[tokio::test]
async fn a_request_whose_caller_left_is_told_as_cancelled() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().on_sqlite().observed_by(&collector);
    let mut passlink = passlink.started().await;
    let ada = passlink.ada();
    let lock = passlink_tests::python::lock(passlink.database_file());
    let impatient = passlink.sending(&ada.token).timeout(Duration::from_secs(5));
    assert!(Answer::try_to(impatient).await.is_err(), "nothing can be written");
    let told = async || passlink.log().contains("CANCELLED").then_some(());
    until("the request to be told", told).await;
    drop(lock);
    // What it was for is done all the same.
    until("the mail to be queued", async || {
        let queued = passlink.sql("SELECT count(*) FROM outbox", &[]);
        (queued == [[1]]).then_some(())
    })
    .await;
    passlink.stop().await;
    let log = passlink.log();
    let line = log.lines().find(|line| line.contains("CANCELLED")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["message"], &line["level"], &line["route"], &line["protocol"], &line["status"]),
        (&json!("request"), &json!("INFO"), &json!(SEND_LINK), &json!("rest"), &Value::Null)
    );
    let spans = collector.spans();
    let span = spans.iter().find(|span| span["id"] == line["span_id"]).unwrap();
    assert_eq!(span["status"]["code"], "unset");
    let metrics = collector.metrics();
    let mut points = metrics.iter().filter(|it| it["name"] == "http.server.request.duration");
    let cancelled = |point: &Value| {
        let attributes = &point["attributes"];
        attributes["passlink.code"] == "CANCELLED" && attributes["error.type"].is_null()
    };
    assert!(points.any(|it| it["points"].as_array().unwrap().iter().any(cancelled)));
}

#[tokio::test]
async fn what_callers_make_up_has_the_words_of_the_conventions() {
    let collector = Collector::grpc();
    let mut passlink = Passlink::with_mail_dir().observed_by(&collector).started().await;
    let brew = Method::from_bytes(b"BREW").unwrap();
    Answer::to(passlink.request(brew, "/made-up/path?with=query")).await;
    let unknown = Call { rpc: "/zitadel.auth.v1.AuthService/MadeUp", ..Call::send_link() };
    for protocol in [Protocol::Grpc, Protocol::Connect] {
        let outcome = protocol.outcome(protocol.request(&passlink, &unknown)).await;
        assert_eq!(outcome.code, 12, "{outcome:?}");
    }
    passlink.stop().await;
    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|it| it["name"] == name).expect(name);
    assert_attributes(
        named("HTTP"),
        json!({
            "http.request.method": "_OTHER",
            "http.request.method_original": "BREW",
            "http.route": null,
            "url.path": null,
        }),
    );
    assert_eq!(named("HTTP")["status"]["code"], "unset");
    for name in ["grpc", "connectrpc"] {
        assert_eq!(named(name)["status"]["code"], "error");
        assert_attributes(
            named(name),
            json!({
                "rpc.method": "_OTHER",
                "rpc.response.status_code": "UNIMPLEMENTED",
                "error.type": "UNIMPLEMENTED",
            }),
        );
    }
    assert!(!serde_json::to_string(&spans).unwrap().contains("ade-up"), "the path is not told");
    let told = |it: &&Value| it["events"] != json!([]);
    assert_eq!(spans.iter().filter(told).count(), 0, "a caller's mistake is no event");
}

#[tokio::test]
async fn a_fault_of_ours_is_an_error_of_its_span_and_a_callers_mistake_is_none() {
    let collector = Collector::grpc();
    let mut passlink =
        Passlink::with_mail_dir().on_sqlite().observed_by(&collector).started().await;
    let ada = passlink.ada();
    send(&passlink, Protocol::Rest, &ada, "01").await;
    passlink.send_link(&ada.token).await.assert_too_many();
    let eve = passlink.caller("eve@example.com", &[]);
    passlink.sql("ALTER TABLE events RENAME TO elsewhere", &[]);
    passlink.send_link(&eve.token).await.assert_error(
        500,
        13,
        "Errors.Internal",
        "SERVICE-Internal",
    );
    passlink.stop().await;
    let spans = collector.spans();
    let with = |status: u64| {
        let mut spans = spans.iter();
        spans.find(|it| it["attributes"]["http.response.status_code"] == status).unwrap()
    };
    assert_eq!(with(429)["status"]["code"], "unset");
    let failed = with(500);
    assert_eq!(failed["status"]["code"], "error");
    assert_attributes(failed, json!({ "error.type": "INTERNAL" }));
    let told: Vec<_> = spans
        .iter()
        .flat_map(|it| it["events"].as_array().unwrap())
        .filter(|it| it["attributes"]["exception.message"].is_string())
        .collect();
    assert_eq!(told.len(), 1, "told once: {told:?}");
    assert_eq!(told[0]["name"], "a request failed");
    let statement =
        spans.iter().find(|it| it["name"] == "INSERT events" && it["status"]["code"] == "error");
    assert!(statement.is_some_and(|it| it["attributes"]["error.type"].is_string()));
}

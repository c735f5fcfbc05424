//! One trace from the caller to the mail server's answer, as a collector sees it.

use std::collections::BTreeMap;

use passlink_tests::{Call, Caller, Collector, MailServer, Passlink, Protocol};
use serde_json::{Value, json};

mod failing;
mod metrics;
mod secrets;

const RPC: &str = "zitadel.auth.v1.AuthService/SendMyPasswordlessLink";
const ROUTE: &str = "/auth/v1/users/me/passwordless/_send_link";
/// The caller's span in each trace.
const CALLER: &str = "00f067aa0ba902b7";

fn trace_id(protocol: Protocol) -> String {
    format!("4bf92f3577b34da6a3ce929d0e0e47{:02x}", protocol as u8)
}

/// Sends a link as a part of the caller's trace.
async fn send(passlink: &Passlink, protocol: Protocol, caller: &Caller, flags: &str) {
    let traceparent = format!("00-{}-{CALLER}-{flags}", trace_id(protocol));
    let request = protocol
        .request(passlink, &Call::send_link())
        .bearer_auth(&caller.token)
        .header("traceparent", traceparent)
        .header("tracestate", "vendor=kept")
        .header("baggage", "tenant=blue");
    let outcome = protocol.outcome(request).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

/// The spans of a trace.
struct Trace(Vec<Value>);

impl Trace {
    fn of(collector: &Collector, trace: &str) -> Self {
        let spans = collector.spans();
        Self(spans.into_iter().filter(|span| span["trace"] == trace).collect())
    }

    #[track_caller]
    fn all(&self, name: &str) -> Vec<&Value> {
        self.0.iter().filter(|span| span["name"] == name).collect()
    }

    #[track_caller]
    fn one(&self, name: &str) -> &Value {
        let found = self.all(name);
        assert_eq!(found.len(), 1, "{name} in {:?}", self.names());
        found[0]
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| span["name"].as_str().unwrap()).collect()
    }

    /// The names of a span's children, in the order in which they began.
    fn below(&self, parent: &Value) -> Vec<&str> {
        let mut children: Vec<_> =
            self.0.iter().filter(|span| span["parent"] == parent["id"]).collect();
        children.sort_by_key(|span| span["start"].as_u64());
        children.iter().map(|span| span["name"].as_str().unwrap()).collect()
    }

    fn child(&self, parent: &Value, name: &str) -> &Value {
        let mut all = self.0.iter();
        let found = all.find(|span| span["parent"] == parent["id"] && span["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} below {}", parent["name"]))
    }
}

#[track_caller]
fn assert_attributes(span: &Value, expected: Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&span["attributes"][name], value, "{name} of {span:#}");
    }
}

async fn follows_a_send_by_all_protocols(collector: Collector) {
    let mails = MailServer::plain();
    mails.rules(&json!([
        { "recipient": ".", "stage": "rcpt", "answer": "451 4.3.0 Later", "times": 1 },
    ]));
    let mut passlink =
        Passlink::with_mail_server(&mails).on_sqlite().observed_by(&collector).started().await;
    let mut callers = BTreeMap::new();
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let caller = passlink.caller(&format!("user{number}@example.com"), &[]);
        send(&passlink, protocol, &caller, "01").await;
        callers.insert(number, caller);
    }
    mails.until_mails(4).await;
    assert!(passlink.stop().await.success());
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let trace = Trace::of(&collector, &trace_id(protocol));
        holds_the_request(&trace, protocol, &callers[&number]);
        holds_the_deliveries(&trace, &callers[&number]);
    }
    let services: Vec<_> = collector.spans().iter().map(|it| it["resource"].clone()).collect();
    assert!(services.iter().all(|it| it["service.name"] == "passlink"), "{services:?}");
    assert!(
        services[0]["service.version"].is_string()
            && services[0]["service.instance.id"].is_string()
    );
    logs_say_where_they_belong(&collector, &passlink);
}

fn holds_the_request(trace: &Trace, protocol: Protocol, caller: &Caller) {
    let rest = protocol == Protocol::Rest;
    let request = match rest {
        true => trace.one(&format!("POST {ROUTE}")),
        false => trace.one(RPC),
    };
    assert_eq!(request["kind"], "server");
    assert_eq!(request["parent"], CALLER);
    assert_eq!(request["state"], "vendor=kept");
    assert_eq!(request["status"]["code"], "unset");
    assert_attributes(
        request,
        json!({
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "url.scheme": "http",
            "http.route": if rest { ROUTE.to_owned() } else { format!("/{RPC}") },
            "network.protocol.version": if protocol == Protocol::Grpc { "2" } else { "1.1" },
            "rpc.system.name": match protocol {
                Protocol::Rest => Value::Null,
                Protocol::Connect => json!("connectrpc"),
                Protocol::Grpc | Protocol::GrpcWeb => json!("grpc"),
            },
            "rpc.method": if rest { Value::Null } else { json!(RPC) },
            "rpc.response.status_code": if rest { Value::Null } else { json!("OK") },
            "user.id": caller.id,
        }),
    );
    assert_eq!(trace.below(request), ["SELECT tokens", "passlink.send_link"]);
    let use_case = trace.one("passlink.send_link");
    assert_eq!(
        trace.below(use_case),
        [
            "SELECT users",
            "SELECT links",
            "INSERT links",
            "INSERT events",
            "UPDATE users",
            "send outbox",
            "COMMIT"
        ]
    );
    let queued = trace.one("send outbox");
    assert_eq!(queued["kind"], "producer");
    assert_eq!(trace.below(queued), ["INSERT outbox", "process outbox", "process outbox"]);
    let statement = trace.child(use_case, "SELECT users");
    assert_eq!(statement["kind"], "client");
    assert_attributes(
        statement,
        json!({
            "db.system.name": "sqlite", "db.operation.name": "SELECT", "db.collection.name": "users",
        }),
    );
    let text = statement["attributes"]["db.query.text"].as_str().unwrap();
    assert!(text.starts_with("SELECT \"users\".\"id\"") && text.contains('?'), "{text}");
    for span in &trace.0 {
        let text = span["attributes"]["db.query.text"].as_str().unwrap_or_default();
        assert!(!text.contains(&caller.id) && !text.contains(&caller.address), "{text}");
    }
}

fn holds_the_deliveries(trace: &Trace, caller: &Caller) {
    let queued = trace.one("send outbox");
    let deliveries = trace.all("process outbox");
    assert_eq!(deliveries.len(), 2, "{:?}", trace.names());
    for (number, delivery) in deliveries.iter().enumerate() {
        assert_eq!(delivery["kind"], "consumer");
        assert_eq!(delivery["parent"], queued["id"]);
        assert_eq!(delivery["links"], json!([{ "trace": queued["trace"], "id": queued["id"] }]));
        assert_attributes(
            delivery,
            json!({
                "messaging.system": "passlink",
                "messaging.destination.name": "outbox",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.message.id": queued["attributes"]["messaging.message.id"],
                "passlink.mail.tries": number + 1,
                "user.id": caller.id,
            }),
        );
        let smtp = trace.child(delivery, "SMTP");
        assert_eq!(smtp["kind"], "client");
        assert_attributes(
            smtp,
            json!({
                "network.protocol.name": "smtp", "server.address": "127.0.0.1",
            }),
        );
    }
    let (failed, sent) = (deliveries[0], deliveries[1]);
    assert_eq!(failed["status"]["code"], "error");
    assert!(failed["status"]["message"].as_str().unwrap().contains("451 4.3.0 Later"));
    let events: Vec<_> =
        failed["events"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(events, ["mail to be tried again"]);
    let conversation = trace.child(failed, "SMTP");
    assert_eq!(conversation["status"]["code"], "error");
    assert_attributes(conversation, json!({ "error.type": "deferred" }));
    let refused = trace.child(conversation, "SMTP RCPT");
    assert_attributes(refused, json!({ "smtp.reply.code": 451, "error.type": "deferred" }));

    assert_eq!((&sent["status"]["code"], &sent["events"]), (&json!("unset"), &json!([])));
    let conversation = trace.child(sent, "SMTP");
    assert_attributes(conversation, json!({ "smtp.reply.code": 250 }));
    let steps = trace.below(conversation);
    let ends = ["SMTP MAIL", "SMTP RCPT", "SMTP DATA", "SMTP message"];
    assert!(steps.ends_with(&ends), "{steps:?}");
    assert_eq!(
        trace.below(sent),
        [
            "SELECT outbox",
            "SELECT links",
            "SELECT users",
            "SMTP",
            "UPDATE outbox",
            "UPDATE links",
            "UPDATE links",
            "COMMIT"
        ]
    );
}

fn logs_say_where_they_belong(collector: &Collector, passlink: &Passlink) {
    let trace = trace_id(Protocol::Rest);
    let lines = passlink.log();
    let lines: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).expect(it)).collect();
    let told = |message: &str| {
        let mut lines = lines.iter();
        lines.find(|it| it["message"] == message && it["trace_id"] == trace.as_str())
    };
    let spans = Trace::of(collector, &trace);
    for (message, span) in [
        ("request", format!("POST {ROUTE}")),
        ("mail to be tried again", "process outbox".to_owned()),
        ("mail sent", "process outbox".to_owned()),
    ] {
        let line = told(message).unwrap_or_else(|| panic!("no line {message}"));
        let ids: Vec<_> = spans.all(&span).iter().map(|it| it["id"].clone()).collect();
        assert!(ids.contains(&line["span_id"]), "{line}");
        let mut sent = collector.logs().into_iter();
        let sent = sent.find(|it| it["body"] == message && it["trace"] == trace.as_str());
        let sent = sent.unwrap_or_else(|| panic!("no record {message}"));
        assert_eq!(sent["span"], line["span_id"]);
        assert_eq!(sent["severity"], line["level"]);
    }
}

#[tokio::test]
async fn a_send_is_one_trace_as_far_as_the_mail_servers_answer_by_otlp_over_grpc() {
    follows_a_send_by_all_protocols(Collector::grpc()).await;
}

#[tokio::test]
async fn a_send_is_one_trace_as_far_as_the_mail_servers_answer_by_otlp_over_http() {
    follows_a_send_by_all_protocols(Collector::http()).await;
}

#[tokio::test]
async fn the_caller_decides_whether_a_send_is_sampled_and_its_context_is_kept_with_the_mail() {
    let (collector, mails) = (Collector::grpc(), MailServer::plain());
    let mut passlink = Passlink::with_mail_server(&mails).observed_by(&collector).started().await;
    send(&passlink, Protocol::Rest, &passlink.ada(), "00").await;
    mails.until_mails(1).await;
    let kept = passlink.sql("SELECT trace FROM outbox", &[]);
    let kept: Value = serde_json::from_str(kept[0][0].as_str().unwrap()).unwrap();
    let traceparent = kept["traceparent"].as_str().unwrap();
    assert!(traceparent.starts_with(&format!("00-{}-", trace_id(Protocol::Rest))), "{kept}");
    assert!(traceparent.ends_with("-00"), "{kept}");
    assert_eq!(
        (&kept["tracestate"], &kept["baggage"]),
        (&json!("vendor=kept"), &json!("tenant=blue"))
    );
    passlink.stop().await;
    assert_eq!(Trace::of(&collector, &trace_id(Protocol::Rest)).names(), [""; 0]);
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

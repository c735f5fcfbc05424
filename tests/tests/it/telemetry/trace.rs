//! The whole tree: from the caller to the mail server's answer, and from the link to the passkey.

use passlink_tests::{Caller, Collector, MailServer, Passlink, Protocol};
use serde_json::{Value, json};

use super::{
    CALLER, ROUTE, RPC, Trace, assert_attributes, metrics::until_sent, register, send, trace_id,
};

const BEGIN: &str = "POST /v2/users/{user_id}/passkeys";
const FINISH: &str = "POST /v2/users/{user_id}/passkeys/{passkey_id}";

/// The trace of a registration with the link that was sent by `protocol`.
fn registration_id(protocol: Protocol) -> String {
    trace_id(protocol).replacen("4bf9", "5bf9", 1)
}

/// An installation, and one of its users.
struct Told<'t> {
    passlink: &'t Passlink,
    caller: &'t Caller,
}

async fn follows_a_send_by_all_protocols(collector: Collector) {
    let mails = MailServer::plain();
    mails.rules(&json!([
        { "recipient": ".", "stage": "rcpt", "answer": "451 4.3.0 Later", "times": 1 },
    ]));
    let passlink = Passlink::with_mail_server(&mails).observed_by(&collector);
    let mut passlink = passlink.started().await;
    let mut callers = Vec::new();
    for (number, protocol) in Protocol::ALL.into_iter().enumerate() {
        let caller = passlink.caller(&format!("user{number}@example.com"), &[]);
        send(&passlink, protocol, &caller, "01").await;
        callers.push(caller);
    }
    until_sent(&passlink, 4).await;
    for received in mails.mails() {
        let link = received.mail.register_link();
        let owner = |caller: &Caller| caller.id == link.query["userID"];
        let number = callers.iter().position(owner).unwrap();
        register(&passlink, &link, &registration_id(Protocol::ALL[number])).await;
    }
    mails.until_mails(8).await;
    assert!(passlink.stop().await.success());
    for (protocol, caller) in Protocol::ALL.into_iter().zip(&callers) {
        let told = Told { passlink: &passlink, caller };
        let trace = Trace::of(&collector, &trace_id(protocol));
        told.the_request(&trace, protocol);
        told.the_deliveries(&trace);
        told.the_registration(&Trace::of(&collector, &registration_id(protocol)));
    }
    let services: Vec<_> = collector.spans().iter().map(|it| it["resource"].clone()).collect();
    assert!(services.iter().all(|it| it["service.name"] == "passlink"), "{services:?}");
    assert!(
        services[0]["service.version"].is_string()
            && services[0]["service.instance.id"].is_string()
    );
    logs_say_where_they_belong(&collector, &passlink);
}

impl Told<'_> {
    fn the_request(&self, trace: &Trace, protocol: Protocol) {
        let rest = protocol == Protocol::Rest;
        let request = if rest { trace.one(&format!("POST {ROUTE}")) } else { trace.one(RPC) };
        self.a_request(request);
        assert_eq!(request["state"], "vendor=kept");
        assert_attributes(
            request,
            json!({
                "http.route": if rest { ROUTE.to_owned() } else { format!("/{RPC}") },
                "network.protocol.version": if protocol == Protocol::Grpc { "2" } else { "1.1" },
                "rpc.system.name": match protocol {
                    Protocol::Rest => Value::Null,
                    Protocol::Connect => json!("connectrpc"),
                    Protocol::Grpc | Protocol::GrpcWeb => json!("grpc"),
                },
                "rpc.method": if rest { Value::Null } else { json!(RPC) },
                "rpc.response.status_code": if rest { Value::Null } else { json!("OK") },
                "user.id": self.caller.id,
            }),
        );
        let use_case = trace.one("passlink.send_link");
        let done = trace.done(request["name"].as_str().unwrap(), "passlink.send_link");
        let statements = [
            "SELECT tokens",
            "BEGIN",
            "SELECT users",
            "SELECT tokens",
            "SELECT links",
            "INSERT mailboxes",
            "SELECT retired_keys",
            "send outbox",
        ];
        // What a set writes goes out at its end: on PostgreSQL by one statement.
        let writes: &[_] = match self.passlink.database_url().scheme() {
            "sqlite" => &["INSERT links", "INSERT events", "UPDATE users", "INSERT outbox"],
            _ => &["WITH links"],
        };
        let statements = [&statements[..], writes, &["COMMIT"]].concat();
        assert_eq!(done, self.in_transaction(&statements));
        let queued = trace.one("send outbox");
        assert_eq!(queued["kind"], "producer");
        assert_eq!(trace.below(queued), ["process outbox", "process outbox"]);
        self.the_statements(trace);
        let text = &trace.child(use_case, "SELECT users")["attributes"]["db.query.text"];
        let text = text.as_str().unwrap();
        let values = ["?", "$1"].iter().any(|value| text.contains(value));
        assert!(text.starts_with("SELECT \"users\".\"id\"") && values, "{text}");
    }

    /// What holds for each request.
    fn a_request(&self, request: &Value) {
        assert_eq!(request["kind"], "server");
        assert_eq!(request["parent"], CALLER);
        assert_eq!(request["status"]["code"], "unset");
        assert_eq!(request["events"], json!([]));
        assert_attributes(
            request,
            json!({
                "http.request.method": "POST",
                "http.request.method_original": null,
                "http.response.status_code": 200,
                "url.scheme": "http",
                "server.address": "127.0.0.1",
                "server.port": self.passlink.port(),
                "client.address": "127.0.0.1",
                "error.type": null,
            }),
        );
    }

    /// A unit of work has a transaction of its own on PostgreSQL; on SQLite some share one.
    fn in_transaction<'s>(&self, statements: &[&'s str]) -> Vec<&'s str> {
        let begins = self.passlink.database_url().scheme() != "sqlite";
        statements.iter().filter(|it| begins || **it != "BEGIN").copied().collect()
    }

    /// Each statement says where it went and what it was, and nothing of its values.
    fn the_statements(&self, trace: &Trace) {
        let url = self.passlink.database_url();
        let expected = match url.scheme() {
            "sqlite" => json!({
                "db.system.name": "sqlite", "db.namespace": null, "server.address": null,
            }),
            _ => json!({
                "db.system.name": "postgresql",
                "db.namespace": url.path().trim_start_matches('/'),
                "server.address": url.host_str(),
                "server.port": url.port(),
            }),
        };
        let statements = trace.0.iter().filter(|it| it["attributes"]["db.query.text"].is_string());
        let mut count = 0;
        for statement in statements {
            assert_eq!(
                (&statement["kind"], &statement["status"]["code"]),
                (&json!("client"), &json!("unset"))
            );
            assert_attributes(statement, expected.clone());
            let text = |name: &str| statement["attributes"][name].as_str().unwrap_or_default();
            let name = format!("{} {}", text("db.operation.name"), text("db.collection.name"));
            assert_eq!(statement["name"], name.trim_end());
            let query = text("db.query.text");
            assert!(query.starts_with(text("db.operation.name")), "{query}");
            for value in [&self.caller.id, &self.caller.address] {
                assert!(!query.contains(value), "{query}");
            }
            count += 1;
        }
        assert!(count > 8, "{:?}", trace.names());
    }

    fn the_deliveries(&self, trace: &Trace) {
        let queued = trace.one("send outbox");
        let deliveries = trace.all("process outbox");
        assert_eq!(deliveries.len(), 2, "{:?}", trace.names());
        for (number, delivery) in deliveries.iter().enumerate() {
            self.a_delivery(trace, delivery, queued, number + 1);
        }
        let (failed, sent) = (deliveries[0], deliveries[1]);
        assert_eq!(failed["status"]["code"], "error");
        assert!(failed["status"]["message"].as_str().unwrap().contains("451 4.3.0 Later"));
        assert_attributes(failed, json!({ "error.type": "deferred" }));
        let events: Vec<_> =
            failed["events"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
        assert_eq!(events, ["mail to be tried again"]);
        let conversation = trace.child(failed, "SMTP");
        assert_eq!(conversation["status"]["code"], "error");
        assert_attributes(conversation, json!({ "error.type": "deferred" }));
        let refused = trace.child(conversation, "SMTP RCPT");
        assert_eq!(refused["status"]["code"], "error");
        assert_attributes(refused, json!({ "smtp.reply.code": 451, "error.type": "deferred" }));

        assert_eq!((&sent["status"]["code"], &sent["events"]), (&json!("unset"), &json!([])));
        let conversation = trace.child(sent, "SMTP");
        assert_eq!(conversation["status"]["code"], "unset");
        assert_attributes(conversation, json!({ "smtp.reply.code": 250, "error.type": null }));
        let steps = trace.below(conversation);
        let ends = ["SMTP MAIL", "SMTP RCPT", "SMTP DATA", "SMTP message"];
        assert!(steps.ends_with(&ends), "{steps:?}");
        // Links that this one replaces are looked for first on PostgreSQL, and there are none.
        let replaced = match self.passlink.database_url().scheme() {
            "sqlite" => "UPDATE links",
            _ => "SELECT links",
        };
        let statements = [
            "SELECT outbox",
            "SELECT links",
            "SELECT users",
            "SMTP",
            "BEGIN",
            "UPDATE outbox",
            "UPDATE links",
            replaced,
            "COMMIT",
        ];
        assert_eq!(trace.below(sent), self.in_transaction(&statements));
    }

    /// What holds for each try to deliver a mail.
    fn a_delivery(&self, trace: &Trace, delivery: &Value, queued: &Value, tries: usize) {
        assert_eq!(delivery["kind"], "consumer");
        assert_eq!(delivery["parent"], queued["id"]);
        assert_eq!(delivery["links"], json!([{ "trace": queued["trace"], "id": queued["id"] }]));
        let id = &queued["attributes"]["messaging.message.id"];
        assert!(id.is_string(), "{queued}");
        assert_attributes(
            delivery,
            json!({
                "messaging.system": "passlink",
                "messaging.destination.name": "outbox",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.message.id": id,
                "passlink.mail.tries": tries,
                "user.id": self.caller.id,
            }),
        );
        let smtp = trace.child(delivery, "SMTP");
        assert_eq!(smtp["kind"], "client");
        assert_attributes(
            smtp,
            json!({ "network.protocol.name": "smtp", "server.address": "127.0.0.1" }),
        );
    }

    fn the_registration(&self, trace: &Trace) {
        let (begin, finish) = (trace.one(BEGIN), trace.one(FINISH));
        for request in [begin, finish] {
            self.a_request(request);
            let route = request["name"].as_str().unwrap().trim_start_matches("POST ");
            assert_attributes(request, json!({ "http.route": route, "rpc.system.name": null }));
        }
        assert_eq!(trace.below(begin), ["passlink.begin_registration"]);
        let begun = trace.one("passlink.begin_registration");
        let statements = [
            "SELECT links",
            "SELECT retired_keys",
            "SELECT users",
            "BEGIN",
            "SELECT users",
            "SELECT links",
            "SELECT passkeys",
            "SELECT users",
            "SELECT users",
            "UPDATE users",
            "SELECT retired_keys",
            "passlink.create_options",
            "DELETE ceremonies",
            "INSERT ceremonies",
            "SELECT events",
            "COMMIT",
        ];
        assert_eq!(trace.below(begun), self.in_transaction(&statements));
        assert_eq!(trace.below(finish), ["SELECT ceremonies", "passlink.finish_registration"]);
        let finished = trace.one("passlink.finish_registration");
        let statements = [
            "SELECT ceremonies",
            "passlink.verify_credential",
            "BEGIN",
            "SELECT users",
            "SELECT links",
            "SELECT retired_keys",
            "DELETE ceremonies",
            "SELECT retired_keys",
            "SELECT passkeys",
            "UPDATE links",
            "SELECT outbox",
            "INSERT passkeys",
            "send outbox",
            "INSERT events",
            "UPDATE users",
            "COMMIT",
        ];
        assert_eq!(trace.below(finished), self.in_transaction(&statements));
        for ceremony in [begun, finished] {
            assert_eq!(
                (&ceremony["kind"], &ceremony["status"]["code"], &ceremony["events"]),
                (&json!("internal"), &json!("unset"), &json!([]))
            );
            assert_attributes(ceremony, json!({ "passlink.opened_by": "link" }));
            for id in ["passlink.link.id", "passlink.passkey.id"] {
                assert!(ceremony["attributes"][id].is_string(), "{id} of {ceremony}");
                assert_eq!(ceremony["attributes"][id], begun["attributes"][id]);
            }
        }
        self.the_statements(trace);
        let (queued, delivery) = (trace.one("send outbox"), trace.one("process outbox"));
        self.a_delivery(trace, delivery, queued, 1);
        assert_eq!(delivery["status"]["code"], "unset");
    }
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
async fn a_link_is_one_trace_as_far_as_the_mail_servers_answer_by_otlp_over_grpc() {
    follows_a_send_by_all_protocols(Collector::grpc()).await;
}

#[tokio::test]
async fn a_link_is_one_trace_as_far_as_the_mail_servers_answer_by_otlp_over_http() {
    follows_a_send_by_all_protocols(Collector::http()).await;
}

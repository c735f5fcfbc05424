//! One trace from the caller to the mail server's answer, as a collector sees it.

use passlink_tests::{
    Answer, Api, Call, Caller, Collector, Passlink, Protocol, create_passkey, mime::Link,
};
use reqwest::Method;
use serde_json::{Value, json};

mod failing;
pub(crate) mod metrics;
mod queries;
mod requests;
mod secrets;
mod sign_ins;
mod trace;

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

/// Registers a passkey with a mailed link, as its page does, as a part of a trace.
async fn register(passlink: &Passlink, link: &Link, trace: &str) {
    let post = async |path: &str, body: Value| {
        let request = passlink.request(Method::POST, path).json(&body);
        let traced = request.header("traceparent", format!("00-{trace}-{CALLER}-01"));
        let answer = Answer::to(traced).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let passkeys = format!("/v2/users/{}/passkeys", link.query["userID"]);
    let code = json!({ "id": link.query["codeID"], "code": link.code });
    let begun = post(&passkeys, json!({ "code": code })).await;
    let options = &begun["publicKeyCredentialCreationOptions"];
    let created = create_passkey(options, "https://login.example.com").await;
    let path = format!("{passkeys}/{}", begun["passkeyId"].as_str().unwrap());
    post(&path, json!({ "publicKeyCredential": created, "passkeyName": "Phone" })).await;
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

    /// What was done for a request, which has one use case. On SQLite, the token is looked up within that, unless
    /// somebody else writes.
    fn done(&self, request: &str, use_case: &str) -> Vec<&str> {
        let mut done = self.below(self.one(request));
        assert_eq!(done.pop(), Some(use_case));
        done.extend(self.below(self.one(use_case)));
        done
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

//! How many statements a send is: the spans of one trace.

use std::collections::BTreeMap;

use serde_json::Value;

use super::installation::Place;
use crate::{Answer, Api, Collector};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The statements of a send, its `BEGIN` and `COMMIT` among them, and those of its mail left out.
pub async fn of_a_send(place: &Place) -> usize {
    let collector = Collector::grpc();
    let mut passlink = place.empty().observed_by(&collector).started().await;
    let caller = passlink.ada();
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = Answer::to(passlink.sending(&caller.token).header("traceparent", parent)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(passlink.stop().await.success());
    let spans = collector.spans();
    let spans: Vec<_> = spans.iter().filter(|span| span["trace"] == TRACE).collect();
    let by_id: BTreeMap<_, _> =
        spans.iter().map(|span| (span["id"].as_str().unwrap(), *span)).collect();
    let is_of_the_send = |span: &Value| {
        let parent = |span: &Value| by_id.get(span["parent"].as_str()?).copied();
        let mut above = std::iter::successors(parent(span), |span| parent(span));
        above.all(|span| span["name"] != "process outbox")
    };
    let statements = spans.iter().filter(|span| span["attributes"]["db.system.name"].is_string());
    statements.filter(|span| is_of_the_send(span)).count()
}

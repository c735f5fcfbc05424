//! What operators see of who calls.

use passlink_tests::{Collector, until};
use reqwest::Method;

use super::*;

const ROUTE: &str = "/v2/users/{user_id}/passkeys/registration_link";
const OWN_ROUTE: &str = "/auth/v1/users/me/passwordless/_send_link";

#[tokio::test]
async fn log_lines_and_spans_name_the_service_and_the_user_whom_it_acts_for() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().generous().observed_by(&collector);
    let mut passlink = passlink.started().await;
    let ada = passlink.ada();
    let named = ["--permission", WRITE, "--name", "Till 7"];
    let shop = passlink.service("shop", &named);
    let powerless = passlink.service("powerless", &[]);
    link(&passlink, &ada, "returnCode").await.sequence();
    link(&passlink, &for_user(&ada, &shop), "returnCode").await.sequence();
    assert_denied(&link(&passlink, &for_user(&ada, &powerless), "returnCode").await);
    assert_no_user(&passlink.send_link(&shop).await);
    let nobody = Answer::to(passlink.request(Method::POST, OWN_ROUTE)).await;
    assert_eq!(nobody.status, 401);
    passlink.stop().await;

    let id = json!(ada.id);
    let expected = [
        (ROUTE, "OK", id.clone(), Value::Null),
        (ROUTE, "OK", id.clone(), json!("shop")),
        (ROUTE, "PERMISSION_DENIED", id, json!("powerless")),
        (OWN_ROUTE, "NOT_FOUND", Value::Null, json!("shop")),
        (OWN_ROUTE, "UNAUTHENTICATED", Value::Null, Value::Null),
    ];
    let log = passlink.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let lines: Vec<_> = lines
        .filter(|line| line["message"] == "request" && line["protocol"] == "rest")
        .map(|line| {
            [&line["route"], &line["code"], &line["user_id"], &line["service"]].map(Value::clone)
        })
        .collect();
    let told = expected
        .clone()
        .map(|(route, code, user, service)| [json!(route), json!(code), user, service]);
    assert_eq!(lines, told);

    let spans = until("a span of each request", async || {
        let spans = collector.spans().into_iter().map(|span| span["attributes"].clone());
        let spans: Vec<_> = spans.filter(|it| it["passlink.protocol"] == "rest").collect();
        (spans.len() >= expected.len()).then_some(spans)
    })
    .await;
    let spans: Vec<_> = spans
        .iter()
        .map(|it| ["http.route", "user.id", "passlink.service"].map(|key| it[key].clone()))
        .collect();
    let told = expected.map(|(route, _, user, service)| [json!(route), user, service]);
    assert_eq!(spans, told);
    for secret in [&ada.token, &shop, &powerless] {
        assert!(!log.contains(secret), "a token is in the log");
    }
}

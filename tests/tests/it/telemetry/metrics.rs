//! The page of metrics, and the dashboard and the alert rules that read it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use passlink_tests::{Answer, Collector, MailServer, Passlink, SEND_LINK, free_port, until};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The labels of each metric on a page.
type Page = BTreeMap<String, BTreeSet<String>>;

fn with_page(passlink: Passlink) -> (Passlink, String) {
    let listen = format!("127.0.0.1:{}", free_port());
    (passlink.set("telemetry.metrics_listen", &listen), format!("http://{listen}/metrics"))
}

async fn page(url: &str) -> String {
    let answer = Answer::to(passlink_tests::client().get(url)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    answer.text
}

fn parsed(page: &str) -> Page {
    let mut metrics = Page::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let labels = metrics.entry(name.to_owned()).or_default();
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.rsplit_once('}').unwrap().0;
            let pairs = list.split("\",").map(|pair| pair.split_once('=').expect(line).0);
            labels.extend(pairs.map(str::to_owned));
        }
    }
    metrics
}

/// Runs promtool with a text as its stdin; what it says must be nothing.
fn promtool(arguments: &[&str], input: &str) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool: `./tests/run` installs it");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn observability(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("server/observability").join(file)
}

/// The queries of the alert rules.
fn alert_queries() -> Vec<String> {
    let rules = fs::read_to_string(observability("alerts.yml")).unwrap();
    let mut queries = Vec::new();
    let mut lines = rules.lines().peekable();
    while let Some(line) = lines.next() {
        match line.trim().strip_prefix("expr: ") {
            Some("|") => {
                let mut query = String::new();
                while lines.peek().is_some_and(|line| line.starts_with("          ")) {
                    query += lines.next().unwrap().trim();
                    query += " ";
                }
                queries.push(query);
            }
            Some(query) => queries.push(query.to_owned()),
            None => {}
        }
    }
    assert_eq!(queries.len(), rules.matches("- alert:").count());
    queries
}

/// The queries of the dashboard, as Grafana would ask them, each with the labels of its legend.
fn dashboard_queries() -> Vec<(String, Vec<String>)> {
    let dashboard = fs::read_to_string(observability("grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries = targets.map(|target| {
        let query = target["expr"].as_str().unwrap();
        let legend = target["legendFormat"].as_str().unwrap().split("{{").skip(1);
        let labels = legend.map(|it| it.split_once("}}").unwrap().0.to_owned());
        (query.replace("$__rate_interval", "5m").replace("$instance", ".*"), labels.collect())
    });
    queries.collect()
}

/// What a query asks for: metrics, each with the labels in its braces, and the labels it groups by.
fn asks_for(query: &str) -> (Vec<(String, Vec<String>)>, Vec<String>) {
    let (mut metrics, mut groups) = (Vec::<(String, Vec<String>)>::new(), Vec::new());
    let (mut in_braces, mut in_group, mut group_next) = (false, false, false);
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
            let behind_it = behind.trim_start();
            let is_call = behind_it.starts_with('(') || behind_it.starts_with("by (");
            match (in_braces, in_group, word) {
                (true, ..) => metrics.last_mut().unwrap().1.push(word.to_owned()),
                (_, true, _) => groups.push(word.to_owned()),
                (.., "by") => group_next = true,
                (.., "unless" | "and" | "or") => {}
                _ if is_call => {}
                _ => metrics.push((word.to_owned(), Vec::new())),
            }
            rest = behind;
            continue;
        }
        match first {
            '{' => in_braces = true,
            '}' => in_braces = false,
            '(' if group_next => (in_group, group_next) = (true, false),
            ')' => in_group = false,
            // Ranges, numbers and values hold no names.
            '"' => {
                rest = rest[1..].split_once('"').map(|(value, _)| &rest[value.len() + 1..]).unwrap()
            }
            '[' => rest = &rest[rest.find(']').unwrap()..],
            _ => {}
        }
        rest = &rest[first.len_utf8().min(rest.len())..];
    }
    (metrics, groups)
}

/// What Prometheus adds by itself.
const ADDED: [&str; 1] = ["instance"];

#[track_caller]
fn assert_asks_for_what_is_there(query: &str, legend: &[String], page: &Page) {
    let (metrics, mut groups) = asks_for(query);
    assert!(!metrics.is_empty(), "{query}");
    let mut seen: BTreeSet<_> = ADDED.iter().map(|label| (*label).to_owned()).collect();
    for (metric, labels) in metrics {
        let there = page.get(&metric).unwrap_or_else(|| panic!("{metric} is not there: {query}"));
        seen.extend(there.iter().cloned());
        for label in labels {
            let known = there.contains(&label) || ADDED.contains(&&*label);
            assert!(known, "{metric} has no label {label}: {query}");
        }
    }
    groups.extend(legend.iter().cloned());
    for label in groups {
        assert!(seen.contains(&label), "nothing has the label {label}: {query}");
    }
}

/// Does a bit of everything: each query must find what it asks for.
async fn busy(passlink: &Passlink, mails: &MailServer) {
    mails.rules(&json!([
        { "recipient": "ada@", "stage": "rcpt", "answer": "451 4.3.0 Later", "times": 1 },
        { "recipient": "eve@", "stage": "rcpt", "answer": "550 5.1.1 Never" },
    ]));
    let (ada, eve) = (passlink.ada(), passlink.caller("eve@example.com", &[]));
    passlink.send_link(&ada.token).await.sequence();
    passlink.send_link(&eve.token).await.sequence();
    passlink.send_link(&ada.token).await.assert_too_many();
    mails.until_mails(1).await;
    passlink.sql("UPDATE users SET state = 'nonsense' WHERE id = ?", &[&eve.id]);
    assert_eq!(passlink.send_link(&eve.token).await.status, 500);
}

#[tokio::test]
async fn promtool_accepts_the_page_and_dashboard_and_alerts_ask_for_what_is_there() {
    let mails = MailServer::plain();
    let (passlink, url) = with_page(Passlink::with_mail_server(&mails));
    let passlink = passlink.started().await;
    busy(&passlink, &mails).await;
    let text = until("all metrics", async || {
        let text = page(&url).await;
        let all = text.contains("passlink_link_delivery_duration_seconds_count 1")
            && text.contains("passlink_outbox_waiting 0")
            && text.contains("passlink_mail_outcome=\"undeliverable\"");
        all.then_some(text)
    })
    .await;
    promtool(&["check", "metrics"], &text);
    let there = parsed(&text);
    for query in alert_queries() {
        assert_asks_for_what_is_there(&query, &[], &there);
    }
    let queries = dashboard_queries();
    assert!(queries.len() > 15, "{queries:?}");
    for (query, legend) in &queries {
        assert_asks_for_what_is_there(query, legend, &there);
    }

    let dir = TempDir::new().unwrap();
    let rules: Vec<_> = queries
        .iter()
        .enumerate()
        .map(|(number, (query, _))| json!({ "record": format!("panel:{number}"), "expr": query }))
        .collect();
    let file = dir.path().join("queries.yml");
    // JSON is YAML as well.
    fs::write(&file, json!({ "groups": [{ "name": "panels", "rules": rules }] }).to_string())
        .unwrap();
    promtool(&["check", "rules", "--lint-fatal", file.to_str().unwrap()], "");
    promtool(
        &["check", "rules", "--lint-fatal", observability("alerts.yml").to_str().unwrap()],
        "",
    );
}

#[test]
fn a_query_for_what_is_not_there_is_found_out() {
    let there = parsed("links_total{state=\"sent\"} 1\n");
    assert_asks_for_what_is_there(
        "sum by (state) (rate(links_total{state=\"x\"}[5m])) > 1",
        &[],
        &there,
    );
    for wrong in ["links > 1", "links_total{status=\"sent\"}", "sum by (status) (links_total)"] {
        let caught = std::panic::catch_unwind(|| assert_asks_for_what_is_there(wrong, &[], &there));
        assert!(caught.is_err(), "{wrong}");
    }
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
        ("passlink.links", "{link}"),
        ("passlink.mail.attempts", "{attempt}"),
        ("passlink.outbox.waiting", "{mail}"),
        ("passlink.outbox.oldest.age", "s"),
        ("passlink.database.connections", "{connection}"),
        ("passlink.worker.alive", ""),
        ("passlink.build.info", ""),
    ] {
        assert_eq!(last(name)["unit"], unit, "{name}");
    }
    let points = last("passlink.links")["points"].as_array().unwrap();
    let links: BTreeMap<_, _> = points
        .iter()
        .map(|it| {
            (
                it["attributes"]["passlink.link.state"].as_str().unwrap(),
                it["value"].as_u64().unwrap(),
            )
        })
        .collect();
    let of = |state| links[state];
    assert_eq!((of("requested"), of("sent"), of("undeliverable"), of("redeemed")), (2, 1, 1, 0));
    let attempts = last("passlink.mail.attempts")["points"].as_array().unwrap();
    let attempts: BTreeSet<_> = attempts
        .iter()
        .map(|it| {
            let text = |name: &str| it["attributes"][name].as_str().unwrap_or_default().to_owned();
            (text("passlink.mail.outcome"), text("error.type"), it["value"].as_u64().unwrap())
        })
        .collect();
    let attempt = |outcome: &str, why: &str, count| (outcome.to_owned(), why.to_owned(), count);
    assert_eq!(
        attempts,
        BTreeSet::from([
            attempt("sent", "", 1),
            attempt("retry", "deferred", 1),
            attempt("undeliverable", "rejected", 1),
        ])
    );
}

//! The dashboard and the alert rules, held against the page of metrics that they read.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use passlink_tests::{MailServer, Passlink, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    metrics::{busy, page, with_page},
    sign_ins::sign_in_and_be_refused,
};

/// The labels of each metric on a page, with their values.
type Page = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn parsed(page: &str) -> Page {
    let mut metrics = Page::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let labels = metrics.entry(name.to_owned()).or_default();
        if let Some(list) = rest.strip_prefix('{') {
            for (label, _, value) in matchers(list.rsplit_once('}').unwrap().0) {
                labels.entry(label).or_default().insert(value);
            }
        }
    }
    metrics
}

/// What stands between braces: labels, operators and values.
fn matchers(mut text: &str) -> Vec<(String, String, String)> {
    let mut matchers = Vec::new();
    while let Some((head, rest)) = text.split_once('"') {
        let (value, rest) = rest.split_once('"').expect(text);
        let head = head.trim_start_matches([',', ' ']);
        let (label, operator) = head.split_at(head.find(['=', '!']).expect(text));
        matchers.push((label.to_owned(), operator.to_owned(), value.to_owned()));
        text = rest;
    }
    matchers
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

/// What the dashboard's variables are filled from: a metric and one of its labels.
fn dashboard_variables() -> Vec<(String, String)> {
    let dashboard = fs::read_to_string(observability("grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let queries = variables.filter(|it| it["type"] == "query").map(|variable| {
        let query = variable["query"]["query"].as_str().unwrap();
        assert_eq!(variable["definition"], query);
        let names = query.strip_prefix("label_values(").and_then(|it| it.strip_suffix(')'));
        let (metric, label) = names.and_then(|it| it.split_once(", ")).expect(query);
        (metric.to_owned(), label.to_owned())
    });
    queries.collect()
}

/// A metric that a query asks for, and what its labels are held against.
struct Selector {
    metric: String,
    labels: Vec<(String, String, String)>,
}

/// What a query asks for, and the labels that it groups by.
fn asks_for(query: &str) -> (Vec<Selector>, Vec<String>) {
    let (mut selectors, mut groups) = (Vec::<Selector>::new(), Vec::new());
    let (mut in_group, mut group_next) = (false, false);
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
            let behind_it = behind.trim_start();
            let is_call = behind_it.starts_with('(') || behind_it.starts_with("by (");
            match (in_group, word) {
                (true, _) => groups.push(word.to_owned()),
                (_, "by") => group_next = true,
                (_, "unless" | "and" | "or") => {}
                _ if is_call => {}
                _ => selectors.push(Selector { metric: word.to_owned(), labels: Vec::new() }),
            }
            rest = behind;
            continue;
        }
        match first {
            '{' => {
                let (inside, _) = rest[1..].split_once('}').expect(query);
                selectors.last_mut().expect(query).labels = matchers(inside);
                rest = &rest[1 + inside.len()..];
            }
            '(' if group_next => (in_group, group_next) = (true, false),
            ')' => in_group = false,
            // A range holds no names.
            '[' => rest = &rest[rest.find(']').unwrap()..],
            _ => {}
        }
        rest = &rest[first.len_utf8()..];
    }
    (selectors, groups)
}

/// What Prometheus adds by itself.
const ADDED: [&str; 1] = ["instance"];

#[track_caller]
fn assert_asks_for_what_is_there(query: &str, legend: &[String], page: &Page) {
    let (selectors, mut groups) = asks_for(query);
    assert!(!selectors.is_empty(), "{query}");
    let mut seen: BTreeSet<_> = ADDED.iter().map(|label| (*label).to_owned()).collect();
    for Selector { metric, labels } in selectors {
        let there = page.get(&metric).unwrap_or_else(|| panic!("{metric} is not there: {query}"));
        seen.extend(there.keys().cloned());
        for (label, operator, value) in labels {
            if ADDED.contains(&&*label) {
                continue;
            }
            let known = there.get(&label);
            let known = known.unwrap_or_else(|| panic!("{metric} has no label {label}: {query}"));
            let values = if operator.ends_with('~') {
                value.split('|').collect()
            } else {
                vec![value.as_str()]
            };
            for value in values {
                let is_there = value.is_empty() || known.contains(value);
                assert!(is_there, "{label} of {metric} is never {value}: {query}");
            }
        }
    }
    groups.extend(legend.iter().cloned());
    for label in groups {
        assert!(seen.contains(&label), "nothing has the label {label}: {query}");
    }
}

#[tokio::test]
async fn promtool_accepts_the_page_and_dashboard_and_alerts_ask_for_what_is_there() {
    let mails = MailServer::plain();
    // PostgreSQL has no connections that only write, which the queries leave out.
    let (passlink, url) = with_page(Passlink::with_mail_server(&mails).on_sqlite());
    let passlink = passlink.started().await;
    busy(&passlink, &mails).await;
    sign_in_and_be_refused(&passlink).await;
    let text = until("all metrics", async || {
        let text = page(&url).await;
        let all = text.contains("passlink_link_delivery_duration_seconds_count 2")
            && text.contains("passlink_link_redemption_duration_seconds_count 1")
            && text.contains("passlink_sign_in_duration_seconds_count 1")
            && text.contains("passlink_outbox_waiting 0");
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
    let variables = dashboard_variables();
    assert!(!variables.is_empty());
    for (metric, label) in variables {
        let labels = there.get(&metric).unwrap_or_else(|| panic!("{metric} is not there"));
        assert!(labels.contains_key(&label) || ADDED.contains(&&*label), "{metric}: {label}");
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
    let there =
        parsed("links_total{state=\"sent\",way=\"mail\"} 1\nlinks_total{state=\"late\"} 1\n");
    for right in [
        "sum by (state) (rate(links_total{state=~\"sent|late\", instance=\"x\"}[5m])) > 1",
        "links_total{state!=\"\", way=\"mail\"}",
    ] {
        assert_asks_for_what_is_there(right, &[], &there);
    }
    for wrong in [
        "links > 1",
        "links_total{status=\"sent\"}",
        "sum by (status) (links_total)",
        "links_total{state=\"mailed\"}",
        "links_total{way=\"mail\", state=~\"sent|mailed\"}",
    ] {
        let caught = std::panic::catch_unwind(|| assert_asks_for_what_is_there(wrong, &[], &there));
        assert!(caught.is_err(), "{wrong}");
    }
}

/// Has promtool run the alert rules on series, each with its value at minute zero and what is added
/// each minute, for as long as the alert looks back; it must fire then, or not.
#[track_caller]
fn assert_fires(alert: &str, fires: bool, series: &[(&str, &str)]) {
    let hours = match alert {
        "PasslinkLinksUnused" => 8,
        _ => 2,
    };
    let series: Vec<_> = series
        .iter()
        .map(|(series, values)| json!({ "series": series, "values": format!("{values}x{}", hours * 60) }))
        .collect();
    let expected = if fires { json!([{ "labels": "{}", "value": 1 }]) } else { json!([]) };
    let firing = format!("count(ALERTS{{alertname=\"{alert}\", alertstate=\"firing\"}}) > 0");
    let test = json!({
        "rule_files": [observability("alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": [
                { "expr": firing, "eval_time": format!("{hours}h"), "exp_samples": expected },
            ],
        }],
    });
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("test.yml");
    fs::write(&file, test.to_string()).unwrap();
    promtool(&["test", "rules", file.to_str().unwrap()], "");
}

const CALLS: &str = "http_server_request_duration_seconds_count{passlink_protocol=\"rest\"}";
const FAILED: &str = "http_server_request_duration_seconds_count{passlink_protocol=\"rest\", error_type=\"INTERNAL\"}";
const PROBES: &str = "http_server_request_duration_seconds_count{passlink_protocol=\"http\"}";
const NOT_READY: &str = "http_server_request_duration_seconds_count{passlink_protocol=\"http\", error_type=\"UNAVAILABLE\"}";
const USED: &str = "passlink_database_connections{instance=\"a\", db_client_connection_state=\"used\", db_client_connection_pool_name=\"read\"}";
const MOST: &str =
    "passlink_database_connections_max{instance=\"a\", db_client_connection_pool_name=\"read\"}";
const SENT: &str =
    "passlink_links_total{passlink_link_state=\"sent\", passlink_link_delivery=\"mail\"}";
const REDEEMED: &str =
    "passlink_links_total{passlink_link_state=\"redeemed\", passlink_link_delivery=\"mail\"}";
const BROUGHT: &str =
    "passlink_links_total{passlink_link_state=\"redeemed\", passlink_link_delivery=\"returned\"}";
const MAILED: &str = "passlink_mail_attempts_total{passlink_mail_outcome=\"sent\"}";
const UNREACHED: &str =
    "passlink_mail_attempts_total{passlink_mail_outcome=\"retry\", error_type=\"connection\"}";
const SIGNED_IN: &str = "passlink_sign_ins_total{passlink_sign_in_outcome=\"verified\"}";
const NOT_SIGNED_IN: &str =
    "passlink_sign_ins_total{passlink_sign_in_outcome=\"refused\", error_type=\"challenge\"}";
const CLONED: &str =
    "passlink_sign_ins_total{passlink_sign_in_outcome=\"refused\", error_type=\"counter\"}";
const SESSIONS: &str = "passlink_sessions_total{passlink_session_state=\"created\"}";
const SESSIONS_ENDED: &str = "passlink_sessions_total{passlink_session_state=\"ended\", passlink_session_end_reason=\"deleted\"}";
const REFUSED: &str = "passlink_mail_attempts_total{passlink_mail_outcome=\"undeliverable\", error_type=\"rejected\"}";

#[test]
fn an_alert_fires_for_what_it_is_for_and_for_nothing_else() {
    let tried = RefCell::new(BTreeSet::new());
    let fires = |alert: &'static str, series: &[(&str, &str)]| {
        tried.borrow_mut().insert((alert, true));
        assert_fires(alert, true, series);
    };
    let keeps_quiet = |alert: &'static str, series: &[(&str, &str)]| {
        tried.borrow_mut().insert((alert, false));
        assert_fires(alert, false, series);
    };
    fires("PasslinkDown", &[(CALLS, "0+100")]);
    keeps_quiet("PasslinkDown", &[("passlink_build_info{version=\"1\"}", "1+0")]);
    fires("PasslinkRequestsFail", &[(CALLS, "0+100"), (FAILED, "0+2"), (PROBES, "0+900")]);
    keeps_quiet("PasslinkRequestsFail", &[(CALLS, "0+100"), (NOT_READY, "0+90")]);
    // So many calls a minute take up to half a second, two seconds, or any time.
    let calls = |quick, slow| {
        let bucket = |le| {
            format!(
                "http_server_request_duration_seconds_bucket{{passlink_protocol=\"rest\", le=\"{le}\"}}"
            )
        };
        [(bucket("0.5"), quick), (bucket("2"), slow), (bucket("+Inf"), slow)]
    };
    let slow = calls("0+95", "0+100");
    fires("PasslinkRequestsSlow", &slow.each_ref().map(|(series, values)| (&**series, *values)));
    let quick = calls("0+999", "0+1000");
    keeps_quiet(
        "PasslinkRequestsSlow",
        &quick.each_ref().map(|(series, values)| (&**series, *values)),
    );
    fires("PasslinkDatabaseBusy", &[(USED, "15+0"), (MOST, "16+0")]);
    keeps_quiet("PasslinkDatabaseBusy", &[(USED, "14+0"), (MOST, "16+0")]);
    fires("PasslinkWorkerStopped", &[("passlink_worker_alive{instance=\"a\"}", "0+0")]);
    keeps_quiet("PasslinkWorkerStopped", &[("passlink_worker_alive{instance=\"a\"}", "1+0")]);
    fires("PasslinkMailWaits", &[("passlink_outbox_late_seconds", "0+60")]);
    keeps_quiet("PasslinkMailWaits", &[("passlink_outbox_late_seconds", "250+0")]);
    fires("PasslinkMailServerUnusable", &[(UNREACHED, "0+1"), (MAILED, "7+0")]);
    keeps_quiet("PasslinkMailServerUnusable", &[(UNREACHED, "0+1"), (MAILED, "0+7")]);
    fires("PasslinkMailRefused", &[(MAILED, "0+9"), (REFUSED, "0+1")]);
    keeps_quiet("PasslinkMailRefused", &[(MAILED, "0+99"), (REFUSED, "0+1")]);
    fires("PasslinkLinksUnused", &[(SENT, "0+20"), (REDEEMED, "0+1"), (BROUGHT, "0+50")]);
    keeps_quiet("PasslinkLinksUnused", &[(SENT, "0+20"), (REDEEMED, "0+9")]);
    fires("PasslinkSignInsRefused", &[(SIGNED_IN, "0+2"), (NOT_SIGNED_IN, "0+1")]);
    keeps_quiet("PasslinkSignInsRefused", &[(SIGNED_IN, "0+4"), (NOT_SIGNED_IN, "0+1")]);
    // All are refused, and they are few: fifteen in half an hour.
    keeps_quiet("PasslinkSignInsRefused", &[(SIGNED_IN, "0+0"), (NOT_SIGNED_IN, "0+0.5")]);
    fires("PasslinkNobodySignsIn", &[(SESSIONS, "0+1"), (SIGNED_IN, "7+0")]);
    keeps_quiet("PasslinkNobodySignsIn", &[(SESSIONS, "0+9"), (SIGNED_IN, "0+0.1")]);
    keeps_quiet("PasslinkNobodySignsIn", &[(SESSIONS, "0+0.5"), (SESSIONS_ENDED, "0+9")]);
    fires("PasslinkPasskeyCloned", &[(CLONED, "0x90 1+0")]);
    keeps_quiet("PasslinkPasskeyCloned", &[(CLONED, "1+0"), (NOT_SIGNED_IN, "0+9")]);
    let rules = fs::read_to_string(observability("alerts.yml")).unwrap();
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        for fires in [true, false] {
            let tried = tried.borrow().iter().any(|one| *one == (alert, fires));
            assert!(tried, "{alert}, firing: {fires}");
        }
    }
}

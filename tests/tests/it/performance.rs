//! The short form of the benchmark: each part works, and what it writes can be read. How fast anything was
//! is nobody's concern here.

use std::fs;

use passlink_tests::performance::{Settings, run};
use serde_json::Value;
use tempfile::TempDir;

/// What each row of a list has, besides what may be `null`.
const NUMBERS: [(&str, &[&str]); 8] = [
    ("sends", &["callers", "statements", "bytes", "peak_mb", "limit_per_second", "of_limit"]),
    ("limits", &["callers", "sends", "per_second", "client_ms", "bytes"]),
    ("reads", &["callers"]),
    ("registrations", &["callers"]),
    ("sign_ins", &["callers", "sessions", "own_sessions"]),
    (
        "mails",
        &[
            "mails",
            "connections",
            "per_second",
            "server_ms",
            "generator_ms",
            "limit_per_second",
            "ready_per_second",
            "of_limit",
        ],
    ),
    ("starts", &["ready_ms", "idle_mb"]),
    (
        "growth",
        &["users", "old_links", "size_mb", "ready_ms", "limit_per_second", "of_limit", "peak_mb"],
    ),
];
const RATE: [&str; 7] =
    ["calls", "per_second", "p50_ms", "p99_ms", "server_ms", "generator_ms", "others"];

#[track_caller]
fn assert_numbers(row: &Value, names: &[&str]) {
    for name in names {
        let number = row[name].as_f64().unwrap_or_else(|| panic!("no {name} in {row:#}"));
        assert!(number.is_finite() && number >= 0.0, "{name} in {row:#}");
    }
}

fn rows<'r>(report: &'r Value, name: &str) -> &'r [Value] {
    report[name].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_benchmark_measures_and_writes_all_of_its_rows() {
    let out = TempDir::new().unwrap();
    run(&Settings::short(out.path().to_owned())).await;
    let report = fs::read_to_string(out.path().join("performance.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_numbers(&report["machine"], &["processors", "memory_gib"]);
    assert_numbers(&report, &["seconds"]);
    let database = std::env::var("PASSLINK_TEST_DATABASE").unwrap_or("sqlite".to_owned());
    for (list, names) in NUMBERS {
        assert!(!rows(&report, list).is_empty(), "no {list}");
        for row in rows(&report, list) {
            assert_eq!(row["database"], *database);
            assert_numbers(row, names);
        }
    }
    let rated =
        ["sends", "reads", "registrations", "sign_ins"].iter().flat_map(|list| rows(&report, list));
    for names in rows(&report, "login_names") {
        assert_numbers(&names["known"], &["calls", "p25_ms", "p50_ms", "p75_ms"]);
        assert_numbers(&names["unknown"], &["calls", "p25_ms", "p50_ms", "p75_ms"]);
    }
    let grown = rows(&report, "growth").iter().flat_map(|row| [&row["sends"], &row["reads"]]);
    for row in rated.chain(grown) {
        assert_numbers(row, &RATE);
        assert_eq!(row["database_ms"].is_number(), database == "postgres", "{row:#}");
    }
    let sends = rows(&report, "sends").iter();
    let sends =
        sends.map(|row| (&row["protocol"], &row["mails"], row["callers"].as_u64().unwrap()));
    let sends: Vec<_> =
        sends.map(|(by, mails, of)| format!("{by} {mails} {of}").replace('"', "")).collect();
    let expected = [
        "REST wait 1",
        "gRPC wait 1",
        "REST wait 16",
        "gRPC wait 16",
        "REST leave 1",
        "REST leave 16",
    ];
    assert_eq!(sends, expected);
    let limits = rows(&report, "limits").iter().map(|row| row["callers"].as_u64().unwrap());
    assert_eq!(limits.collect::<Vec<_>>(), [1, 16]);
    let users = rows(&report, "growth").iter().map(|row| row["users"].as_u64().unwrap());
    assert_eq!(users.collect::<Vec<_>>(), [200, 2000]);
    assert_well_formed(&fs::read_to_string(out.path().join("performance.svg")).unwrap());
}

/// Each element ends where it should, and a line is drawn for the database and for its limit.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap_or_else(|| panic!("no end: {tag}"));
        assert!(!text.contains('&') && tag.matches('"').count() % 2 == 0, "{tag}");
        let name = tag.trim_matches('/').split_whitespace().next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} have no end");
    assert_eq!(svg.matches("<circle ").count(), 4, "{svg}");
}

//! Links that scanners open, over and over.

use passlink_tests::{Api, Passlink};
use reqwest::Method;
use serde_json::Value;

use super::*;

#[tokio::test]
async fn a_link_opened_1000_times_and_begun_100_times_is_usable_and_takes_no_more_room() {
    let passlink =
        Passlink::with_mail_dir().set("limits.pages_per_minute", "10000").started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    for _ in 0..10 {
        begin_with(&passlink, &ada, &code).await;
    }
    let (before, size) = (rows(&passlink), pages(&passlink));
    assert_eq!(before["ceremonies"], 10);
    for round in 0..1000 {
        match round % 3 {
            0 => drop(inspect(&passlink, &code).await.json()),
            1 => open(&passlink, Method::GET, &code).await,
            _ => open(&passlink, Method::HEAD, &code).await,
        }
        if round % 10 == 0 {
            begin_with(&passlink, &ada, &code).await;
        }
    }
    assert_eq!(rows(&passlink), before);
    if let (Some(size), Some(now)) = (size, pages(&passlink)) {
        // The rows move from page to page; a hundred ceremonies would take dozens of pages.
        assert!(now <= size + 2, "{size} pages became {now}");
    }
    assert_eq!(passlink.history(&ada.id), [1, 2]);
    register_with(&passlink, &ada, &code, "Phone").await;
    assert_eq!(names(&passlink, &ada).await, ["Phone"]);
}

/// Opens the page of a link, as scanners do.
async fn open(passlink: &Passlink, method: Method, code: &Value) {
    let path = format!("/passkeys/register?codeID={}", code["id"].as_str().unwrap());
    assert_eq!(Answer::to(passlink.request(method, &path)).await.status, 200);
}

/// How many pages a SQLite database has. PostgreSQL keeps what was deleted until it is vacuumed.
fn pages(passlink: &Passlink) -> Option<u64> {
    let pages = || passlink.sql("PRAGMA page_count", &[])[0][0].as_u64().unwrap();
    passlink.is_on_sqlite().then(pages)
}

//! The main call and its answer.

use jiff::Timestamp;
use passlink_tests::{Answer, Passlink, SEND_LINK};
use reqwest::Method;
use serde_json::{Value, json};

/// `2025-03-06T11:55:22.421Z`: RFC 3339 in UTC, with milliseconds or without a fraction.
fn is_instant(text: &str) -> bool {
    let digits = |text: &str| text.chars().all(|it| it.is_ascii_digit());
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "000"));
    let shape: String =
        seconds.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    shape == "0000-00-00T00:00:00" && fraction.len() == 3 && digits(fraction)
}

#[tokio::test]
async fn the_answer_has_the_shape_of_the_reference_to_the_letter() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let answer = passlink.send_link(&ada.token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut body = answer.json();
    let details = body["details"].as_object_mut().unwrap();
    let created = details["creationDate"].as_str().unwrap().to_owned();
    assert!(is_instant(&created), "{created}");
    assert_eq!(details["changeDate"], created);
    for date in ["creationDate", "changeDate"] {
        details[date] = json!("…");
    }
    assert_eq!(
        body,
        json!({"details": {
            "sequence": "2", "creationDate": "…", "changeDate": "…", "resourceOwner": "default",
        }})
    );
    let names = ["details", "sequence", "creationDate", "changeDate", "resourceOwner"];
    let places: Vec<_> =
        names.iter().map(|name| answer.text.find(&format!("\"{name}\""))).collect();
    assert!(places.is_sorted(), "the reference's order: {}", answer.text);
}

#[tokio::test]
async fn the_dates_are_those_of_the_recorded_change() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let date = passlink.send_link(&ada.token).await.json()["details"]["changeDate"].clone();
    let recorded =
        "SELECT recorded_at, kind, subject FROM events WHERE user_id = ? AND sequence = 2";
    let row = passlink.sql(recorded, &[&ada.id]).remove(0);
    let millis = row[0].as_i64().unwrap();
    let instant = Timestamp::from_millisecond(millis).unwrap();
    let instant = match millis % 1000 {
        0 => instant.to_string(),
        _ => format!("{instant:.3}"),
    };
    assert_eq!(date, instant);
    assert_eq!(row[1], "link.requested");
    let links = passlink.sql("SELECT id FROM links WHERE user_id = ?", &[&ada.id]);
    assert_eq!(links, [[row[2].clone()]]);
}

#[tokio::test]
async fn the_resource_owner_is_the_users_organisation() {
    let passlink = Passlink::with_mail_dir().started().await;
    let organisation = "69629023906488334";
    let user =
        passlink.caller("ada@example.com", &["--org", organisation, "--id", "163840776835432705"]);
    assert_eq!(user.id, "163840776835432705");
    let answer = passlink.send_link(&user.token).await;
    assert_eq!(answer.json()["details"]["resourceOwner"], organisation);
}

#[tokio::test]
async fn the_history_goes_on_without_gaps_and_tokens_are_no_part_of_it() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    for sequence in 2..=6 {
        assert_eq!(passlink.send_link(&ada.token).await.sequence(), sequence);
        passlink.token(&ada.id, &[]);
    }
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4, 5, 6]);
    let shown = passlink.cli(&["user", "show", &ada.id]).lines().remove(0);
    assert_eq!(shown["sequence"], 6);
}

#[tokio::test]
async fn the_scheme_of_the_token_is_bearer_in_any_case() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = passlink.request(Method::POST, SEND_LINK).body("{}");
        let answer =
            Answer::to(request.header("authorization", format!("{scheme} {}", ada.token))).await;
        assert_eq!(answer.status, 200, "{scheme}: {answer:?}");
    }
}

#[tokio::test]
async fn the_caller_waits_for_no_mail_server() {
    let mut mails = passlink_tests::MailServer::plain();
    mails.rules(&json!([{ "delay": 3 }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    assert_eq!(mails.count(), 0, "the answer came after the mail");
    mails.until_mails(1).await;
    mails.close();
}

#[tokio::test]
async fn the_process_tells_that_it_runs_and_that_it_is_ready() {
    let passlink = Passlink::with_mail_dir().started().await;
    for path in ["/healthz", "/readyz"] {
        let answer = Answer::to(passlink.request(Method::GET, path)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    let users = passlink.cli(&["user", "list"]).lines();
    assert_eq!(users, Vec::<Value>::new());
}

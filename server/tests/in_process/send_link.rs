//! The main call and its answer.

use std::time::Duration;

use jiff::Timestamp;
use passlink_tests::{Api, SEND_LINK};
use reqwest::Method;

use crate::installation::{GENEROUS, Installation, NOW};

#[tokio::test]
async fn the_answer_has_the_shape_of_the_reference_to_the_letter() {
    let passlink = Installation::new().await;
    let ada = passlink
        .user("ada@example.com", |ada| ada.organisation = "69629023906488334".parse().unwrap());
    let answer = passlink.send_link(&ada.await.token).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let reference = format!(
        r#"{{"details":{{"sequence":"2","creationDate":"{NOW}","changeDate":"{NOW}","resourceOwner":"69629023906488334"}}}}"#
    );
    assert_eq!(answer.text, reference);
}

#[tokio::test]
async fn the_dates_are_those_of_the_recorded_change() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    for (later, date) in [(79, "2025-03-06T11:55:22.500Z"), (500, "2025-03-06T11:55:23Z")] {
        passlink.pass(Duration::from_millis(later));
        let details = passlink.send_link(&ada.token).await.json()["details"].clone();
        assert_eq!([&details["changeDate"], &details["creationDate"]], [date, date]);
        let recorded = date.parse::<Timestamp>().unwrap().as_millisecond();
        let requested = format!(
            "events JOIN links ON subject = links.id \
             WHERE kind = 'link.requested' AND recorded_at = {recorded}"
        );
        assert_eq!(passlink.count(&requested), 1);
        assert_eq!(passlink.count(&format!("links WHERE requested_at = {recorded}")), 1);
    }
}

#[tokio::test]
async fn the_history_goes_on_without_gaps_and_tokens_are_no_part_of_it() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    for sequence in 2..=6 {
        assert_eq!(passlink.send_link(&ada.token).await.sequence(), sequence);
        passlink.token(&ada.id, None).await;
    }
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn the_scheme_of_the_token_is_bearer_in_any_case() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = passlink.request(Method::POST, SEND_LINK).body("{}");
        let answer = passlink
            .answer(request.header("authorization", format!("{scheme} {}", ada.token)))
            .await;
        assert_eq!(answer.status, 200, "{scheme}: {answer:?}");
    }
}

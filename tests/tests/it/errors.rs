//! Errors whose cause is behind the server.

use passlink_tests::{Api, Caller, Passlink, python};

/// Nothing was recorded: neither a change, nor a link, nor a mail.
fn assert_untouched(passlink: &Passlink, user: &Caller) {
    assert_eq!(passlink.history(&user.id), [1]);
    for table in ["links", "outbox"] {
        let rows = passlink.sql(&format!("SELECT * FROM {table}"), &[]);
        assert_eq!(rows.len(), 0, "{table}");
    }
}

#[tokio::test]
async fn a_database_that_others_hold_for_too_long_is_out_of_reach_and_then_back() {
    let passlink = Passlink::with_mail_dir().on_sqlite().started().await;
    let ada = passlink.ada();
    let held = python::lock(passlink.database_file());
    let answer = passlink.send_link(&ada.token).await;
    answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
    assert!(!answer.text.contains("sqlite") && !answer.text.contains("locked"), "{answer:?}");
    let unknown = format!("passlink_{}", "A".repeat(43));
    let answer = passlink.send_link(&unknown).await;
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
    drop(held);
    assert_untouched(&passlink, &ada);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
}

#[tokio::test]
async fn an_unforeseen_error_tells_its_cause_to_the_log_alone() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    passlink.sql("UPDATE users SET state = 'nonsense'", &[]);
    let answer = passlink.send_link(&ada.token).await;
    answer.assert_error(500, 13, "Errors.Internal", "SERVICE-Internal");
    assert!(passlink.log().contains("nonsense"), "the log says why");
    assert_untouched(&passlink, &ada);
}

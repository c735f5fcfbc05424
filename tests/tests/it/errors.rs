//! The rows of the error table that can happen on REST.

use passlink_tests::{Answer, Caller, Passlink, SEND_LINK, python, until};
use reqwest::Method;

fn assert_missing(answer: &Answer) {
    answer.assert_error(401, 16, "auth header missing", "AUTH-Missing");
}

fn assert_invalid(answer: &Answer) {
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}

fn assert_not_verified(answer: &Answer) {
    answer.assert_error(400, 9, "Errors.User.Email.NotVerified", "USER-EmailNotVerified");
}

/// Nothing was recorded: neither a change, nor a link, nor a mail.
fn assert_untouched(passlink: &Passlink, user: &Caller) {
    assert_eq!(passlink.history(&user.id), [1]);
    for table in ["links", "outbox"] {
        let rows = passlink.sql(&format!("SELECT * FROM {table}"), &[]);
        assert_eq!(rows.len(), 0, "{table}");
    }
}

async fn with_header(passlink: &Passlink, authorization: &str) -> Answer {
    let request = passlink.request(Method::POST, SEND_LINK).body("{}");
    Answer::to(request.header("authorization", authorization)).await
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_missing(&Answer::to(passlink.request(Method::POST, SEND_LINK).body("{}")).await);
    let in_query = format!("{SEND_LINK}?access_token={}", ada.token);
    assert_missing(&Answer::to(passlink.request(Method::POST, &in_query).body("{}")).await);
    assert_untouched(&passlink, &ada);
}

#[tokio::test]
async fn what_is_no_bearer_token_that_holds_is_refused() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let token = &ada.token;
    let unknown = format!("passlink_{}", "A".repeat(43));
    let shorter = &token[..token.len() - 1];
    for authorization in [
        format!("Basic {token}"),
        format!("Token {token}"),
        token.clone(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer{token}"),
        format!("Bearer {unknown}"),
        format!("Bearer {shorter}"),
        format!("Bearer {token}A"),
        format!("Bearer {}", token.to_lowercase()),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        "Bearer ünïcode".to_owned(),
        "Bearer <script>".to_owned(),
        "Bearer ' OR 1=1 --".to_owned(),
        format!("Bearer {}", "A".repeat(5000)),
        String::new(),
    ] {
        let answer = with_header(&passlink, &authorization).await;
        assert_eq!(answer.status, 401, "{authorization}");
        assert_invalid(&answer);
    }
    let twice = passlink.request(Method::POST, SEND_LINK).body("{}");
    assert_invalid(&Answer::to(twice.bearer_auth(token).bearer_auth(token)).await);
    assert_untouched(&passlink, &ada);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let token = passlink.token(&ada.id, &["--expires-in", "2s"]);
    until("the token to expire", async || {
        let answer = passlink.send_link(&token).await;
        (answer.status != 200).then(|| assert_invalid(&answer))
    })
    .await;
    assert_eq!(passlink.send_link(&ada.token).await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let kept = passlink.token(&ada.id, &["--name", "kept"]);
    assert_eq!(passlink.send_link(&ada.token).await.status, 200);
    let tokens = passlink.cli(&["token", "list", "--user", &ada.id]).lines();
    let id = tokens.iter().find(|token| token["name"].is_null()).unwrap()["id"].as_str().unwrap();
    passlink.cli(&["token", "revoke", id]).done();
    assert_invalid(&passlink.send_link(&ada.token).await);
    assert_eq!(passlink.send_link(&kept).await.status, 200);
}

#[tokio::test]
async fn an_address_that_nobody_verified_gets_no_link() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.caller("ada@example.com", &["--unverified"]);
    assert_not_verified(&passlink.send_link(&ada.token).await);
    assert_untouched(&passlink, &ada);
    passlink.sql("UPDATE users SET email = NULL, email_key = NULL, email_verified = TRUE", &[]);
    assert_not_verified(&passlink.send_link(&ada.token).await);
    assert_untouched(&passlink, &ada);
}

#[tokio::test]
async fn a_user_who_may_not_act_gets_no_link() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    for (state, status, code, text, id) in [
        ("deactivated", 400, 9, "Errors.User.NotActive", "USER-NotActive"),
        ("locked", 400, 9, "Errors.User.NotActive", "USER-NotActive"),
        ("removed", 404, 5, "Errors.User.NotFound", "USER-NotFound"),
    ] {
        passlink.sql("UPDATE users SET state = ?", &[state]);
        passlink.send_link(&ada.token).await.assert_error(status, code, text, id);
    }
    assert_untouched(&passlink, &ada);
    passlink.sql("UPDATE users SET state = 'active'", &[]);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
}

#[tokio::test]
async fn a_known_path_with_another_method_says_which_one_is_right() {
    let passlink = Passlink::with_mail_dir().started().await;
    let token = passlink.ada().token;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = passlink.request(method.clone(), SEND_LINK).bearer_auth(&token);
        let answer = Answer::to(request).await;
        answer.assert_error(405, 12, "Errors.Unimplemented", "REQUEST-Unimplemented");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let passlink = Passlink::with_mail_dir().started().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::POST, "/"),
        (Method::POST, "/auth/v1/users/me/passwordless/_send_link/"),
        (Method::POST, "/auth/v1/users/me/passwordless/_send_link/s"),
        (Method::POST, "/auth/v1/users/you/passwordless/_send_link"),
        (Method::POST, "/AUTH/V1/users/me/passwordless/_send_link"),
        (Method::GET, "/favicon.ico"),
        (Method::GET, "/%2e%2e/passlink.db"),
        (Method::GET, "/passlink.key"),
    ] {
        let answer = Answer::to(passlink.request(method, path)).await;
        let message = answer.json()["message"].clone();
        assert_eq!(answer.status, 404, "{path}: {message}");
        assert_eq!(answer.json()["code"], 5, "{path}");
        assert_eq!(
            answer.json()["details"][0]["@type"],
            "type.googleapis.com/zitadel.v1.ErrorDetail"
        );
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

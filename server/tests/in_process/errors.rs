//! Whom the main call refuses, and calls that it doesn't know.

use std::{sync::Arc, time::Duration};

use passlink_application::{
    callers::{ManageTokens, TokensOf},
    ports::StoreError,
};
use passlink_domain::StateChange;
use passlink_tests::{Answer, Api, Caller, SEND_LINK, until};
use reqwest::Method;
use tokio::sync::Notify;

use crate::installation::{GENEROUS, Installation};

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
async fn assert_untouched(passlink: &Installation, user: &Caller) {
    assert_eq!(passlink.history(&user.id), [1]);
    for table in ["links", "outbox"] {
        assert_eq!(passlink.count(table), 0, "{table}");
    }
}

async fn with_header(passlink: &Installation, authorization: &str) -> Answer {
    let request = passlink.request(Method::POST, SEND_LINK).body("{}");
    passlink.answer(request.header("authorization", authorization)).await
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    assert_missing(&passlink.answer(passlink.request(Method::POST, SEND_LINK).body("{}")).await);
    let in_query = format!("{SEND_LINK}?access_token={}", ada.token);
    assert_missing(&passlink.answer(passlink.request(Method::POST, &in_query).body("{}")).await);
    assert_untouched(&passlink, &ada).await;
}

#[tokio::test]
async fn what_is_no_bearer_token_that_holds_is_refused() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
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
    assert_invalid(&passlink.answer(twice.bearer_auth(token).bearer_auth(token)).await);
    assert_untouched(&passlink, &ada).await;
}

#[tokio::test]
async fn a_wrong_token_waits_for_nobody_who_writes() {
    let passlink = Installation::new().await;
    let (store, ended) = (passlink.ports().store, Arc::new(Notify::new()));
    let is_sqlite = passlink.database_url().starts_with("sqlite");
    if is_sqlite {
        until("the writer is idle", async || store.has_idle_writer().then_some(())).await;
    }
    let (holder, end) = (store.clone(), ended.clone());
    let held = tokio::spawn(async move {
        let hold = holder.write(end, |end, _| {
            Box::pin(async {
                end.notified().await;
                Ok::<_, StoreError>(())
            })
        });
        hold.await
    });
    if is_sqlite {
        let taken = async || (!store.has_idle_writer()).then_some(());
        until("the writer is taken", taken).await;
    }
    let unknown = format!("Bearer passlink_{}", "A".repeat(43));
    assert_invalid(&with_header(&passlink, &unknown).await);
    ended.notify_one();
    held.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    let token = passlink.token(&ada.id, Some(Duration::from_secs(60))).await;
    passlink.pass(Duration::from_millis(59_999));
    assert_eq!(passlink.send_link(&token).await.sequence(), 2);
    passlink.pass(Duration::from_millis(1));
    assert_invalid(&passlink.send_link(&token).await);
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let passlink = Installation::with(GENEROUS).await;
    let ada = passlink.ada().await;
    passlink.pass(Duration::from_millis(1));
    let kept = passlink.token(&ada.id, None).await;
    assert_eq!(passlink.send_link(&ada.token).await.status, 200);
    let tokens = ManageTokens(passlink.ports());
    let first = tokens.list(TokensOf::User(ada.id.parse().unwrap())).await.unwrap().remove(0);
    tokens.revoke(first.id).await.unwrap();
    assert_invalid(&passlink.send_link(&ada.token).await);
    assert_eq!(passlink.send_link(&kept).await.status, 200);
}

#[tokio::test]
async fn an_address_that_nobody_verified_gets_no_link() {
    let passlink = Installation::new().await;
    let ada = passlink.user("ada@example.com", |ada| ada.email_verified = false).await;
    assert_not_verified(&passlink.send_link(&ada.token).await);
    assert_untouched(&passlink, &ada).await;
}

#[tokio::test]
async fn a_user_who_may_not_act_gets_no_link() {
    let passlink = Installation::new().await;
    let ada = passlink.ada().await;
    for (off, on) in [
        (StateChange::Deactivate, StateChange::Reactivate),
        (StateChange::Lock, StateChange::Unlock),
    ] {
        passlink.change(&ada, off).await;
        let answer = passlink.send_link(&ada.token).await;
        answer.assert_error(400, 9, "Errors.User.NotActive", "USER-NotActive");
        passlink.change(&ada, on).await;
    }
    passlink.remove(&ada).await;
    assert_invalid(&passlink.send_link(&ada.token).await);
    assert_eq!([passlink.count("links"), passlink.count("outbox")], [0, 0]);
}

#[tokio::test]
async fn a_known_path_with_another_method_says_which_one_is_right() {
    let passlink = Installation::new().await;
    let token = passlink.ada().await.token;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = passlink.request(method.clone(), SEND_LINK).bearer_auth(&token);
        let answer = passlink.answer(request).await;
        answer.assert_error(405, 12, "Errors.Unimplemented", "REQUEST-Unimplemented");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let passlink = Installation::new().await;
    for (method, path) in [
        (Method::POST, "/auth/v1/users/me/passwordless/_send_link/"),
        (Method::POST, "/auth/v1/users/me/passwordless/_send_link/s"),
        (Method::POST, "/auth/v1/users/you/passwordless/_send_link"),
        (Method::POST, "/AUTH/V1/users/me/passwordless/_send_link"),
        (Method::GET, "/favicon.ico"),
        (Method::GET, "/%2e%2e/passlink.db"),
        (Method::GET, "/passlink.key"),
    ] {
        let answer = passlink.answer(passlink.request(method, path)).await;
        let message = answer.json()["message"].clone();
        assert_eq!(answer.status, 404, "{path}: {message}");
        assert_eq!(answer.json()["code"], 5, "{path}");
        assert_eq!(
            answer.json()["details"][0]["@type"],
            "type.googleapis.com/zitadel.v1.ErrorDetail"
        );
    }
}

//! The main call to a server: what it waits for, and that it is there.

use passlink_tests::{Answer, Api, MailServer, Passlink};
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn the_caller_waits_for_no_mail_server() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    mails.suspend();
    passlink.send_link(&ada.token).await.sequence();
    mails.resume();
    mails.until_mails(1).await;
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

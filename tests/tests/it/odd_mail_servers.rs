//! Mail servers that say what they mean in ways of their own.

use passlink_tests::{Api, Passlink, ScriptedMailServer, until};
use serde_json::{Value, json};

/// An installation that sends its mails to a server; `login` and `tls` are parts of the URL.
fn with(mails: &ScriptedMailServer, login: &str, tls: &str) -> Passlink {
    Passlink::new()
        .set("mail.smtp_url", &format!("smtp://{login}localhost:{}?tls={tls}", mails.port()))
        .set("mail.ca_file", &mails.ca_file().display().to_string())
        .set("mail.from", "Example Sign-in <no-reply@login.example.com>")
}

async fn requested(mails: &ScriptedMailServer) -> Passlink {
    let passlink = with(mails, "", "none").started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    passlink
}

/// Waits until the only mail is listed with an answer that holds these words.
async fn listed(passlink: &Passlink, which: &[&str], words: &str) -> Value {
    until(words, async || {
        let mut mails = passlink.cli(&[&["outbox", "list"], which].concat()).lines();
        let says = |mail: &Value| mail["lastAnswer"].as_str().is_some_and(|it| it.contains(words));
        (mails.len() == 1 && says(&mails[0])).then(|| mails.remove(0))
    })
    .await
}

async fn until_sent(passlink: &Passlink) {
    let select = "SELECT state, tries FROM outbox";
    let sent = [[json!("sent"), json!(1)]];
    until("a mail that was sent", async || (passlink.sql(select, &[]) == sent).then_some(())).await;
}

#[tokio::test]
async fn an_acceptance_without_text_or_in_another_charset_is_one() {
    let answers = ["250\r\n", "250\n", "250 accept\u{e9}\r\n", "250-a\r\n251 b\r\n<close>"];
    let mails = ScriptedMailServer::open(&json!({ "message": answers }));
    let passlink = with(&mails, "", "none").started().await;
    for caller in passlink.crowd(answers.len()) {
        passlink.send_link(&caller.token).await.sequence();
    }
    let select = "SELECT state, tries FROM outbox";
    let sent = vec![vec![json!("sent"), json!(1)]; answers.len()];
    until("mails that were sent", async || (passlink.sql(select, &[]) == sent).then_some(())).await;
    assert_eq!(mails.messages().len(), answers.len());
    assert_eq!(passlink.sql("SELECT DISTINCT state FROM links", &[]), [["sent"]]);
}

#[tokio::test]
async fn an_answer_that_nobody_understands_is_followed_by_one_more_copy_across_restarts() {
    let garbage = "g\u{e4}rbage\r\n<close>";
    let mails = ScriptedMailServer::open(&json!({
        "message": garbage,
        // The next copy has to wait for the restart.
        "greeting": ["220 mail.test\r\n", "421 not now\r\n<close>"],
    }));
    let mut passlink = requested(&mails).await;
    let select = "SELECT count(*) FROM outbox WHERE may_have_arrived";
    until("a first try", async || (passlink.sql(select, &[]) == [[1]]).then_some(())).await;
    passlink.kill();
    mails.follow(&json!({ "message": garbage }));
    passlink.start().await;
    let failed =
        listed(&passlink, &["--failed"], "may have arrived; a link in it stays open").await;
    assert!(failed["lastAnswer"].as_str().unwrap().contains("rbage"), "{failed}");
    assert_eq!(passlink.sql("SELECT state FROM links", &[]), [["requested"]]);
    passlink.kill();
    passlink.start().await;
    assert_eq!(passlink.cli(&["outbox", "list"]).lines(), std::slice::from_ref(&failed));
    assert_eq!(mails.messages().len(), 2);

    // Who asks for one more gets one more.
    passlink.cli(&["outbox", "retry", failed["id"].as_str().unwrap()]).done();
    until("a third copy", async || (mails.messages().len() == 3).then_some(())).await;
    listed(&passlink, &["--failed"], "may have arrived; a link in it stays open").await;
    assert_eq!(mails.messages().len(), 3);
    let id = |message: &Value| {
        let message = message["message"].as_str().unwrap().to_owned();
        message.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned()
    };
    let ids: Vec<_> = mails.messages().iter().map(id).collect();
    assert_eq!(ids, [&*ids[0]; 3], "a duplicate can be recognised");
}

#[tokio::test]
async fn an_unclear_answer_before_a_clear_one_costs_one_copy() {
    let answers = json!({ "message": ["<close>", "451 later\r\n", "250 OK\r\n"] });
    let mails = ScriptedMailServer::open(&answers);
    let passlink = requested(&mails).await;
    let sent = [[json!("sent"), json!(3)]];
    let select = "SELECT state, tries FROM outbox";
    until("a mail that was sent", async || (passlink.sql(select, &[]) == sent).then_some(())).await;
    assert_eq!(mails.messages().len(), 3);
}

#[tokio::test]
async fn a_refusal_in_another_charset_ends_a_mail_and_keeps_its_code() {
    for (stage, answer) in [
        ("rcpt", "550 5.1.1 gibt es nicht: \u{fc}\r\n"),
        ("rcpt", "571\r\n"),
        ("message", "554-n\u{f6}\r\n554 never\r\n"),
    ] {
        let mails = ScriptedMailServer::open(&json!({ stage: answer }));
        let passlink = requested(&mails).await;
        let mail = listed(&passlink, &["--failed"], &answer[..3]).await;
        assert_eq!(mail["tries"], 1, "{mail}");
        assert!(mails.messages().len() <= 1);
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_with_its_code_in_any_charset() {
    let mails = ScriptedMailServer::open(&json!({
        "ehlo": "250-mail.test\r\n250-auth=login\r\n250 help\r\n",
        "auth": "535 5.7.8 falsches Pa\u{df}wort\r\n",
    }));
    let passlink = with(&mails, "relay:s3cr3t-w0rd@", "required");
    // Where no encryption is offered, nothing is said of it.
    let stderr = passlink.cli(&["mail", "test", "--to", "ada@example.com"]).failed(1);
    assert!(stderr.contains("STARTTLS"), "{stderr}");
    let passlink = with(&mails, "relay:s3cr3t-w0rd@", "none").started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let mail = listed(&passlink, &[], "535 5.7.8 falsches Pa").await;
    assert_eq!(mail["state"], "waiting");
    until("the log to say so", async || {
        passlink.log().contains("535 5.7.8 falsches Pa").then_some(())
    })
    .await;
    assert!(!passlink.log().contains("s3cr3t-w0rd"));
}

#[tokio::test]
async fn encryption_that_is_offered_in_lower_case_is_used() {
    let mails = ScriptedMailServer::open(&json!({
        "ehlo": ["250-mail.test\r\n250-size 100000\r\n250-starttls\r\n250 help\r\n", "250 mail.test\r\n"],
    }));
    let passlink = with(&mails, "", "optional").started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    until_sent(&passlink).await;
    let message = mails.messages().remove(0);
    assert_eq!(message["tls"], true);
    let commands = ["ehlo", "starttls", "ehlo", "mail", "rcpt", "data"];
    assert_eq!(message["commands"], json!(commands));
}

#[tokio::test]
async fn a_server_that_knows_no_ehlo_gets_its_mail() {
    let mails = ScriptedMailServer::open(&json!({ "ehlo": "502\r\n" }));
    let passlink = requested(&mails).await;
    until_sent(&passlink).await;
    assert_eq!(mails.messages()[0]["commands"], json!(["ehlo", "helo", "mail", "rcpt", "data"]));
}

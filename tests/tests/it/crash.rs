//! What is promised is kept over crashes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use passlink_tests::{Api, MailServer, Passlink, Tls, until, until_within};
use serde_json::json;
use tokio::task::JoinSet;

/// Kills the server. No lease of a mail that it had in hand ends before a test has waited in vain.
fn kill(passlink: &mut Passlink) {
    passlink.kill();
    let later = "UPDATE outbox SET leased_until = leased_until + 40000, due_at = due_at + 40000 \
        WHERE leased_until IS NOT NULL";
    passlink.sql(later, &[]);
}

#[tokio::test]
async fn ten_times_in_a_row_a_mail_outlives_a_shut_mail_server_and_a_killed_process() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    for round in 1..=10 {
        let answer = passlink.send_link(&ada.token).await;
        assert_eq!(answer.sequence(), round + 1);
        kill(&mut passlink);
        passlink.start().await;
        mails.open();
        let received = mails.until_mails(round as usize).await;
        assert_eq!(received.last().unwrap().envelope.to, ["ada@example.com"]);
        mails.close();
    }
    let mut links: Vec<_> =
        mails.mails().iter().map(|received| received.mail.register_link().whole).collect();
    links.sort();
    links.dedup();
    assert_eq!(links.len(), 10, "each mail has its own link");
    assert_eq!(passlink.history(&ada.id), (1..=11).collect::<Vec<_>>());
}

/// How long a caller waits for an answer; one of a server that is killed has none.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_was_answered_before_a_kill_amid_a_crowd_is_kept() {
    let mut passlink = Passlink::with_mail_dir().generous().started().await;
    let crowd = passlink.crowd(100);
    for at_least in [1, 20, 200] {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let mut callers = JoinSet::new();
        for place in 0..16 {
            let (endpoint, crowd, answered) =
                (passlink.endpoint(), crowd.clone(), answered.clone());
            callers.spawn(async move {
                for user in crowd.iter().cycle().skip(place) {
                    let Ok(answer) = endpoint.send_link(&user.token, PATIENCE).await else {
                        return;
                    };
                    let change = format!("{} {}", user.id, answer.sequence());
                    answered.lock().unwrap().push(change);
                }
            });
        }
        let enough = async || (answered.lock().unwrap().len() >= at_least).then_some(());
        until("answers", enough).await;
        kill(&mut passlink);
        callers.join_all().await;
        passlink.start().await;
        let recorded = passlink.sql("SELECT user_id, sequence FROM events", &[]);
        let recorded = recorded.iter().map(|it| format!("{} {}", it[0].as_str().unwrap(), it[1]));
        let recorded: HashSet<_> = recorded.collect();
        for change in answered.lock().unwrap().iter() {
            assert!(recorded.contains(change), "{change}");
        }
    }
}

#[tokio::test]
async fn what_was_answered_before_a_kill_under_load_is_sent() {
    let mut mails = MailServer::shut(Tls::None);
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(40);
    let mut promised = Vec::new();
    for user in &crowd {
        passlink.send_link(&user.token).await.sequence();
        promised.push(user.address.clone());
    }
    kill(&mut passlink);
    mails.open();
    passlink.start().await;
    let received = mails.until_mails(40).await;
    let mut reached: Vec<_> = received.iter().map(|it| it.envelope.to[0].clone()).collect();
    reached.sort();
    assert_eq!(reached, promised);
}

#[tokio::test]
async fn what_a_killed_server_had_in_hand_goes_out_as_soon_as_it_is_started_again() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": "rcpt", "delay": 600 }]));
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_in_hand().await;
    kill(&mut passlink);
    mails.rules(&json!([]));
    passlink.start().await;
    mails.until_mails(1).await;
    let select = "SELECT state, tries, held_by FROM outbox";
    until("the mail to be sent", async || {
        (passlink.sql(select, &[]) == [[json!("sent"), json!(2), json!(null)]]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_was_in_hand_at_a_kill_comes_again_as_the_same_mail() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "delay": 1.5 }]));
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_in_hand().await;
    kill(&mut passlink);
    passlink.start().await;
    let first = mails.until_mails(1).await.remove(0);
    until("the mail to be sent again", async || {
        passlink.cli(&["outbox", "list"]).lines().is_empty().then_some(())
    })
    .await;
    for again in mails.mails() {
        assert_eq!(again.mail.header("Message-ID"), first.mail.header("Message-ID"));
        assert_eq!(again.mail.register_link(), first.mail.register_link());
    }
}

#[tokio::test]
async fn a_mail_server_that_takes_longer_than_a_lease_to_accept_gets_the_mail_once() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "delay": 50 }]));
    let passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_in_hand().await;
    until_within(Duration::from_secs(180), "the mail to be sent", async || {
        passlink.cli(&["outbox", "list"]).lines().is_empty().then_some(())
    })
    .await;
    assert_eq!(mails.count(), 1);
    assert_eq!(passlink.sql("SELECT state, tries FROM outbox", &[]), [[json!("sent"), json!(1)]]);
}

//! Many at once.

use std::collections::{BTreeMap, BTreeSet};

use passlink_tests::{Answer, Api, MailServer, Passlink, until};
use tokio::task::JoinSet;

use crate::load::{links, send_to_all};

async fn at_once(passlink: &Passlink, tokens: Vec<String>) -> Vec<Answer> {
    let requests = tokens.iter().map(|token| passlink.sending(token));
    requests.map(Answer::to).collect::<JoinSet<_>>().join_all().await
}

#[tokio::test]
async fn of_20_sends_by_one_user_at_once_one_passes() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let answers = at_once(&passlink, vec![ada.token; 20]).await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (1, 19));
    assert_eq!(passed[0].sequence(), 2);
    for answer in refused {
        let wait = answer.assert_too_many();
        assert!((1..=60).contains(&wait), "{wait} s");
    }
    assert_eq!(passlink.history(&ada.id), [1, 2]);
    mails.until_mails(1).await;
}

#[tokio::test]
async fn as_many_sends_at_once_as_are_allowed_leave_no_gap_in_the_history() {
    let generous = Passlink::with_mail_dir().generous();
    let passlink = generous.set("links.max_per_hour", "12").started().await;
    let ada = passlink.ada();
    let answers = at_once(&passlink, vec![ada.token; 20]).await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    let sequences: BTreeSet<_> = passed.iter().map(Answer::sequence).collect();
    assert_eq!(sequences, (2..=13).collect());
    assert_eq!(refused.len(), 8);
    for answer in &refused {
        answer.assert_too_many();
    }
    assert_eq!(passlink.history(&ada.id), (1..=13).collect::<Vec<_>>());
}

#[tokio::test]
async fn two_hundred_users_at_once_get_200_mails_each_its_own() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let crowd = passlink.crowd(200);
    let answers = at_once(&passlink, crowd.iter().map(|user| user.token.clone()).collect()).await;
    let (late, served): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 503);
    assert!(served.iter().all(|answer| answer.sequence() == 2));
    // A slow machine can't serve all within the seconds that a call waits for the database.
    for user in crowd.iter().filter(|_| !late.is_empty()) {
        until("each to have a link", async || {
            let again = passlink.send_link(&user.token).await.status;
            [200, 429].contains(&again).then_some(())
        })
        .await;
    }
    mails.until_mails(200).await;
    // A mail too many would come about now.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    let owners: BTreeMap<_, _> = crowd.iter().map(|user| (&*user.address, &*user.id)).collect();
    let (mut reached, mut codes, mut ids) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for received in mails.until_mails(200).await {
        let [recipient] = &received.envelope.to[..] else {
            panic!("{:?} has not one recipient", received.envelope)
        };
        let link = received.mail.register_link();
        assert_eq!(received.mail.to[0].1, *recipient);
        assert_eq!(link.query["userID"], owners[&**recipient]);
        assert!(received.envelope.connections_at_once <= 4, "mail.max_connections");
        reached.insert(recipient.clone());
        codes.insert(link.code);
        codes.insert(received.mail.revoke_link().code);
        ids.insert(received.mail.header("Message-ID").to_owned());
    }
    assert_eq!((reached.len(), codes.len(), ids.len()), (200, 400, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_write_succeed_while_the_server_is_under_load() {
    let node = Passlink::with_mail_dir().started().await;
    let (endpoint, users) = (node.endpoint(), node.crowd(links()));
    let sending = tokio::spawn(async move { send_to_all(&[endpoint], &users).await });
    let mut rounds = 0;
    while !sending.is_finished() || rounds < 2 {
        rounds += 1;
        let address = format!("new-{rounds}@example.com");
        let user = node.user(&address, &[]);
        let id = user["id"].as_str().unwrap();
        node.token(id, &[]);
        node.cli(&["link", "create", "--user", id]).done();
        let first_id = |what| {
            let lines = node.cli(&[what, "list", "--user", id]).lines();
            lines[0]["id"].as_str().unwrap().to_owned()
        };
        for command in [
            &["token", "revoke", &first_id("token")],
            &["link", "revoke", &first_id("link")],
            &["user", "update", id, "--display-name", "Ada Example"][..],
            &["user", "lock", id],
            &["user", "unlock", id],
            &["user", "remove", id],
        ] {
            node.cli(command).done();
        }
    }
    assert_eq!(sending.await.unwrap().unavailable, 0);
}

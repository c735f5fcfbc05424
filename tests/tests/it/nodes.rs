//! Many nodes on one PostgreSQL.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use passlink_tests::{Answer, Api, Envelope, MailServer, Passlink, Postgres, Received, Tls, until};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::load::{PATIENT, all_sent, assert_each_reached, links, send_to_all};

/// A mail that was claimed by a node that sleeps comes to another when its lease ends.
const LONGER_THAN_LEASE: Duration = Duration::from_secs(50);
const SHORT_NAP: Duration = Duration::from_secs(3);
/// How long a mail may take that waits for the end of a lease.
const LEASE_PATIENCE: Duration = Duration::from_secs(180);
/// How far apart, in seconds, the times may be that two programs have for the same instant.
const CLOCK_SLACK: f64 = 1.0;

fn node(mails: &MailServer) -> Passlink {
    Passlink::with_mail_server(mails).on_postgres(Postgres::shared())
}

#[tokio::test]
async fn ten_that_start_at_once_migrate_once() {
    let mails = MailServer::plain();
    let first = node(&mails);
    let mut nodes: Vec<_> = (1..10).map(|_| first.another_node()).collect();
    nodes.push(first);
    nodes.iter_mut().for_each(Passlink::launch);
    for node in &mut nodes {
        node.until_ready().await;
    }
    let versions = nodes[0].sql("SELECT version FROM seaql_migrations", &[]);
    let once: BTreeSet<_> = versions.iter().map(|row| row[0].as_str().unwrap()).collect();
    assert_eq!(once.len(), versions.len(), "{versions:?}");
    let ada = nodes[0].ada();
    assert_eq!(nodes[9].send_link(&ada.token).await.sequence(), 2);
    mails.until_mails(1).await;
}

#[tokio::test]
async fn every_mail_of_two_nodes_goes_out_once() {
    let mut mails = MailServer::shut(Tls::None);
    let one = node(&mails).started().await;
    let other = one.another_node().started().await;
    let users = one.crowd(links());
    let tally = send_to_all(&[one.endpoint(), other.endpoint()], &users).await;
    assert_eq!(tally.passed, users.len(), "{tally:?}");
    mails.open();
    let received = all_sent(&one, &mails, &users).await;
    // A mail too many would come about now.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(mails.count(), users.len());
    assert_eq!(assert_each_reached(&received, &users), 0);
    for node in [&one, &other] {
        assert!(node.log().contains("mail sent"), "both took part");
    }
}

#[tokio::test]
async fn no_mail_is_lost_over_nodes_that_are_killed_and_nodes_that_sleep() {
    let mut mails = MailServer::shut(Tls::None);
    // They take long enough for kills and naps to come between.
    mails.rules(&json!([{ "delay": 0.4 }]));
    let mortal = node(&mails).set("links.cooldown", PATIENT);
    let mut mortal = mortal.started().await;
    // What a node sent can be told by whom it is from.
    let sleeper = mortal.another_node().set("mail.from", "sleeper@login.example.com");
    let sleeper = sleeper.started().await;
    let users = mortal.crowd(links());
    let endpoints = [mortal.endpoint(), sleeper.endpoint()];
    let [kills, naps] = [const { RefCell::new(Vec::new()) }; 2];
    let nap = Cell::new(SHORT_NAP);
    let note = |times: &RefCell<Vec<f64>>| times.borrow_mut().push(seconds_since_1970());
    let all_done = async {
        send_to_all(&endpoints, &users).await;
        // Only from here on can a mail be in hand.
        mails.open();
        kills.borrow_mut().clear();
        naps.borrow_mut().clear();
        nap.set(LONGER_THAN_LEASE);
        all_sent(&sleeper, &mails, &users).await
    };
    let killing = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            note(&kills);
            mortal.kill();
            mortal.start().await;
        }
    };
    let napping = async {
        loop {
            sleep(Duration::from_secs(2)).await;
            note(&naps);
            sleeper.process().signal("STOP");
            sleep(nap.get()).await;
            sleeper.process().signal("CONT");
        }
    };
    let received = tokio::select! {
        received = all_done => received,
        () = killing => unreachable!(),
        () = napping => unreachable!(),
    };
    sleeper.process().signal("CONT");
    let again = assert_each_reached(&received, &users);
    let (kills, naps) = (kills.into_inner(), naps.into_inner());
    println!("{} kills, {} naps, {again} mails came again", kills.len(), naps.len());
    assert!(!kills.is_empty() && !naps.is_empty(), "{kills:?} {naps:?}");
    for (first, second) in taken_again(&received) {
        let ends = if first.from.starts_with("sleeper@") { &naps } else { &kills };
        let between = first.at - CLOCK_SLACK..=second.at;
        assert!(ends.iter().any(|at| between.contains(at)), "{first:?}, {second:?}: {ends:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "compared with what another program read")]
fn seconds_since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A mail that was taken, and the next time that the same one was.
fn taken_again(received: &[Received]) -> Vec<(&Envelope, &Envelope)> {
    let mut of_each: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for it in received {
        of_each.entry(it.mail.header("Message-ID")).or_default().push(&it.envelope);
    }
    let mut pairs = Vec::new();
    for times in of_each.values_mut() {
        times.sort_by(|one, other| one.at.total_cmp(&other.at));
        pairs.extend(times.windows(2).map(|pair| (pair[0], pair[1])));
    }
    pairs
}

#[tokio::test]
async fn a_node_that_starts_leaves_alone_what_a_node_has_in_hand_that_lives() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": "rcpt", "delay": 5 }]));
    let one = node(&mails).started().await;
    one.send_link(&one.ada().token).await.sequence();
    mails.until_in_hand().await;
    let mut other = one.another_node().started().await;
    mails.until_mails(1).await;
    until("the record", async || one.log().contains("mail sent").then_some(())).await;
    assert_eq!(one.sql("SELECT state, tries FROM outbox", &[]), [[json!("sent"), json!(1)]]);
    assert!(other.stop().await.success());
}

#[tokio::test]
async fn a_node_that_slept_longer_than_its_lease_neither_sends_nor_marks_what_another_took() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "stage": "rcpt", "delay": 10, "recipient": "." }]));
    let sleeper = node(&mails).started().await;
    sleeper.send_link(&sleeper.ada().token).await.sequence();
    mails.until_in_hand().await;
    sleeper.process().signal("STOP");
    mails.rules(&json!([]));
    let other = sleeper.another_node().started().await;
    mails.until_mails_within(LEASE_PATIENCE, 1).await;
    until("the other's record", async || other.log().contains("mail sent").then_some(())).await;
    let select = "SELECT state, tries, last_answer FROM outbox";
    let recorded = other.sql(select, &[]);
    sleeper.process().signal("CONT");
    until("the sleeper to see it", async || {
        sleeper.log().contains("taken over by another worker").then_some(())
    })
    .await;
    mails.until_mails(1).await;
    let tries = recorded[0][1].as_i64().unwrap();
    assert!(recorded[0][0] == "sent" && tries > 1, "{recorded:?}");
    assert_eq!(other.sql(select, &[]), recorded);
}

#[tokio::test]
async fn of_50_sends_by_one_user_at_once_through_two_nodes_one_passes() {
    let mails = MailServer::plain();
    let one = node(&mails).started().await;
    let other = one.another_node().started().await;
    let ada = one.ada();
    let requests: Vec<_> = (0..25)
        .flat_map(|_| [one.sending(&ada.token), other.sending(&ada.token)])
        .map(Answer::to)
        .collect();
    let answers = requests.into_iter().collect::<JoinSet<_>>().join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (1, 49));
    for answer in refused {
        answer.assert_too_many();
    }
    assert_eq!(one.history(&ada.id), [1, 2]);
    mails.until_mails(1).await;
}

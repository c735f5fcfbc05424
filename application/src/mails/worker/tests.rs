use passlink_domain::LinkState;

use super::*;
use crate::{
    fakes::World,
    mails::mail_server::ServerHint,
    ports::{Attempt, MailError, MailReason, OutboxState},
};

/// A worker with two slots, and a world in which so many links were requested.
async fn worker(requests: usize) -> (Arc<World>, MailWorker) {
    let world = World::new();
    for number in 0..requests {
        let caller = world.user(&format!("user{number}")).await;
        world.send_link().send(None, caller).await.unwrap();
    }
    let worker = MailWorker::new(Arc::new(world.deliver_mail()), 2).await;
    (world, worker)
}

#[tokio::test]
async fn all_that_waits_is_delivered() {
    let (world, mut worker) = worker(5).await;
    while world.sent.lock().unwrap().len() < 5 {
        worker.take_mails().await;
        while worker.delivery_ended().await {}
    }
    assert!(world.state().mails.iter().all(|mail| mail.state == OutboxState::Sent));
    assert_eq!(*world.tried.lock().unwrap(), [Attempt::Sent; 5]);
    worker.take_mails().await;
    assert!(worker.has_free_slot() && !worker.delivery_ended().await, "nothing is left");
}

/// A worker before whom as many mails have left in a moment as it may claim ahead.
async fn fast_worker(requests: usize) -> (Arc<World>, MailWorker) {
    let (world, mut worker) = worker(requests).await;
    // However slow the machine is, that moment is not over.
    let now = Instant::now() + Duration::from_secs(600);
    let lane = world.state().mails[0].lane;
    for number in 0..200 {
        let mail: OutboxId = format!("earlier-{number}").parse().unwrap();
        worker.slots.take(mail.clone(), lane, now);
        worker.slots.release(&mail, Some(ServerHint::Accepted), 0.5, now);
        worker.slots.settle(&mail);
    }
    (world, worker)
}

#[tokio::test]
async fn where_mails_leave_fast_more_are_claimed_than_there_are_connections() {
    let (world, mut worker) = fast_worker(100).await;
    worker.take_mails().await;
    let most = worker.slots.in_hand().len();
    assert!((3..=2 + 2 * 32).contains(&most), "{most}");
    assert_eq!(worker.slots.free(), 1, "the last one is for somebody else");
    while world.sent.lock().unwrap().len() < 100 {
        worker.take_mails().await;
        while worker.delivery_ended().await {
            worker.take_mails().await;
        }
    }
    while worker.delivery_ended().await {}
    assert!(worker.slots.in_hand().is_empty());
    assert!(world.state().mails.iter().all(|mail| mail.state == OutboxState::Sent));
    assert_eq!(*world.tried.lock().unwrap(), [Attempt::Sent; 100]);
}

#[tokio::test]
async fn what_waits_in_the_line_is_put_back_when_the_mail_server_takes_no_mail() {
    let (world, mut worker) = fast_worker(30).await;
    let down = || Err(MailError::Down(MailReason::Connection, "refused".into()));
    world.answers.lock().unwrap().extend((0..1000).map(|_| down()));
    worker.take_mails().await;
    assert!(worker.slots.in_hand().len() > 2);
    while !worker.slots.in_hand().is_empty() {
        while worker.delivery_ended().await {}
        tokio::time::sleep(Duration::from_millis(50)).await;
        worker.serve_line();
    }
    let state = world.state();
    assert!(state.mails.iter().all(|mail| mail.state == OutboxState::Waiting));
    assert_eq!(state.ready.len(), 30, "each is in its place again");
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_in_the_line_at_a_stop_is_put_back_and_what_has_a_connection_is_sent() {
    let (world, mut worker) = fast_worker(30).await;
    worker.take_mails().await;
    worker.put_line_back();
    while worker.delivery_ended().await {}
    let sent = world.sent.lock().unwrap().len();
    assert!((1..=2).contains(&sent), "{sent}");
    assert_eq!(world.state().ready.len(), 30 - sent);
}

#[tokio::test]
async fn what_ended_while_a_mail_waited_in_the_line_is_not_sent() {
    let (world, mut worker) = fast_worker(30).await;
    worker.take_mails().await;
    let waiting: Vec<_> = worker.slots.in_hand().split_off(1);
    world.change(|state| {
        state.links.iter_mut().for_each(|link| link.state = LinkState::Revoked);
    });
    // What was looked up at the claim counts no more.
    world.pass(1);
    while worker.delivery_ended().await {
        worker.take_mails().await;
    }
    let sent = world.sent.lock().unwrap();
    assert!(sent.iter().all(|(id, _)| !waiting.contains(id)), "{}", sent.len());
}

#[tokio::test]
async fn while_the_mail_server_is_down_no_further_mail_is_taken() {
    let (world, mut worker) = worker(1).await;
    let down = MailError::Down(MailReason::Connection, "refused".into());
    world.answers.lock().unwrap().push(Err(down));
    worker.take_mails().await;
    while worker.delivery_ended().await {}
    assert_eq!(worker.server.allows(Instant::now()), Allowance::Nothing);
    worker.take_mails().await;
    assert!(!worker.delivery_ended().await);
    assert!(world.sent.lock().unwrap().is_empty());
}

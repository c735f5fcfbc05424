use super::*;
use crate::{
    fakes::World,
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
async fn all_that_waits_is_delivered_a_slot_at_a_time() {
    let (world, mut worker) = worker(5).await;
    while world.sent.lock().unwrap().len() < 5 {
        worker.take_mails().await;
        assert!(worker.slots.in_hand().len() <= 2);
        while worker.delivery_ended().await {}
    }
    assert!(world.state().mails.iter().all(|mail| mail.state == OutboxState::Sent));
    assert_eq!(*world.tried.lock().unwrap(), [Attempt::Sent; 5]);
    worker.take_mails().await;
    assert!(worker.has_free_slot() && !worker.delivery_ended().await, "nothing is left");
}

#[tokio::test]
async fn while_the_mail_server_is_down_no_further_mail_is_taken() {
    let (world, mut worker) = worker(1).await;
    let down = MailError::Down(MailReason::Connection, "refused".into());
    world.answers.lock().unwrap().push(Err(down));
    worker.take_mails().await;
    assert!(worker.delivery_ended().await);
    assert_eq!(worker.server.allows(Instant::now()), Allowance::Nothing);
    worker.take_mails().await;
    assert!(!worker.delivery_ended().await);
    assert!(world.sent.lock().unwrap().is_empty());
}

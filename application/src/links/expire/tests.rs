use super::*;
use crate::{fakes::World, links::AddLink, ports::OutboxState};

#[tokio::test]
async fn links_are_expired_when_their_time_has_run_out_and_counted_once() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller.clone()).await.unwrap();
    AddLink { issuer: world.issuer(), offered: true }.add(caller).await.unwrap();
    let expire = ExpireLinks(world.ports());
    world.pass(3599);
    expire.run().await.unwrap();
    assert!(world.state().links.iter().all(|link| link.state == LinkState::Requested));
    world.pass(1);
    expire.run().await.unwrap();
    expire.run().await.unwrap();
    assert!(world.state().links.iter().all(|link| link.state == LinkState::Expired));
    let counted = world.counts.lock().unwrap().clone();
    for kind in [LinkKind::Mailed, LinkKind::Returned] {
        let expired = counted.iter().filter(|it| (it.0, it.1) == (LinkState::Expired, kind));
        assert_eq!(expired.map(|(.., count)| count).sum::<u64>(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_mail_that_waits_with_a_link_that_expired_is_ended_and_one_in_hand_is_not() {
    let world = World::new();
    for id in ["ada", "bob"] {
        let caller = world.user(id).await;
        world.send_link().send(None, caller).await.unwrap();
    }
    let mut slots = crate::mails::slots::MailSlots::new(1);
    let in_hand = world.claim_for(&mut slots, 1, std::time::Instant::now()).await;
    world.pass(3600);
    ExpireLinks(world.ports()).run().await.unwrap();
    for mail in world.state().mails {
        let ended = mail.id != in_hand[0].id;
        assert_eq!(mail.state == OutboxState::Failed, ended);
        assert_eq!(mail.last_answer.is_some_and(|it| it.contains("expired")), ended);
    }
    let expired = Attempt::Undeliverable(MailReason::LinkExpired);
    assert_eq!(*world.tried.lock().unwrap(), [expired]);
}

#[tokio::test]
async fn how_much_was_mailed_to_a_mailbox_is_forgotten_after_an_hour() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller).await.unwrap();
    let expire = ExpireLinks(world.ports());
    for (passed, kept) in [(3600, 1), (1, 0)] {
        world.pass(passed);
        expire.run().await.unwrap();
        assert_eq!(world.state().mailboxes.len(), kept);
    }
}

#[tokio::test]
async fn how_much_was_mailed_for_an_organisation_is_forgotten_after_an_hour() {
    let world = World::new();
    let mut send = world.send_link();
    send.issuer.policy.max_per_organisation = Some(1);
    send.send(None, world.user("ada").await).await.unwrap();
    let expire = ExpireLinks(world.ports());
    // The clock begins 20 seconds into a minute.
    for (passed, kept) in [(60 * 60 + 39, 1), (1, 0)] {
        world.pass(passed);
        expire.run().await.unwrap();
        assert_eq!(world.state().organisations.len(), kept);
    }
}

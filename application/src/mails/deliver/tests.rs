use jiff::SignedDuration;
use passlink_domain::{LinkState, UserState};

use super::*;
use crate::{
    fakes::World,
    mails::{Content, ManageOutbox, Urgency, mail_server::ServerHint, slots::MailSlots},
    ports::{Attempt, Clock, MailError, MailOutcome, MailReason, OutboxState},
};

/// A user for whom a link was requested.
async fn requested() -> Arc<World> {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller).await.unwrap();
    world
}

/// Delivers what is due; returns the outcomes.
async fn work(world: &Arc<World>) -> Vec<MailOutcome> {
    let mut outcomes = Vec::new();
    for claimed in world.claim().await {
        outcomes.push(world.deliver(claimed).await.expect("nobody else works here"));
    }
    outcomes
}

fn fail_next(world: &World, error: MailError) {
    world.answers.lock().unwrap().push(Err(error));
}

#[tokio::test]
async fn a_mail_that_is_accepted_is_sent_once_and_its_link_is_sent() {
    let world = requested().await;
    assert_eq!(work(&world).await, [MailOutcome::Sent("250 ok".into())]);
    assert_eq!(work(&world).await, []);
    assert_eq!(world.state().links[0].state, LinkState::Sent);
    assert_eq!(world.state().mails[0].state, OutboxState::Sent);
    let sent = world.sent.lock().unwrap();
    assert_eq!(sent[0].1.to.as_str(), "ada@example.com");
    let [(_, register), (_, revoke)] = sent[0].1.links()[..] else { panic!("a link") };
    let (register, revoke) = (register.expose(), revoke.expose());
    assert!(register.contains("/passkeys/register?userID=ada&orgID=default&codeID="));
    let code = |url: &str| url.rsplit_once("#code=").unwrap().1.to_owned();
    assert_ne!(code(register), code(revoke));
}

#[tokio::test]
async fn a_mail_not_taken_now_is_tried_again_later_and_later_until_its_link_expires() {
    let world = requested().await;
    let mut waits = Vec::new();
    let last = loop {
        fail_next(&world, MailError::Unavailable(MailReason::Deferred, "451 later".into()));
        match work(&world).await.pop() {
            Some(MailOutcome::Retry { due, .. }) => {
                waits.push(due.duration_since(world.now()).as_secs())
            }
            Some(other) => break other,
            None => world.pass(1),
        }
    };
    assert!(waits.len() > 30, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 90), "{waits:?}");
    assert!(waits[6] > waits[0], "{waits:?}");
    assert_eq!(last, MailOutcome::Failed("the link expired before the mail was taken".into()));
    assert_eq!(world.state().links[0].state, LinkState::Expired);
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_late_mail_says_how_long_its_link_still_works() {
    let world = requested().await;
    world.pass(50 * 60);
    work(&world).await;
    let sent = world.sent.lock().unwrap();
    let Content::PasskeyLink { requested, expires, left, .. } = sent[0].1.content else {
        panic!("a link")
    };
    assert_eq!(expires.duration_since(requested) - left, SignedDuration::from_mins(50));
}

#[tokio::test]
async fn a_refused_mail_ends_as_failed_and_an_operator_can_have_it_tried_again() {
    let world = requested().await;
    fail_next(&world, MailError::Refused(MailReason::Rejected, "550 no such user".into()));
    assert_eq!(work(&world).await, [MailOutcome::Failed("550 no such user".into())]);
    assert_eq!(world.state().links[0].state, LinkState::Undeliverable);
    let id = world.state().mails[0].id.clone();
    let outbox = ManageOutbox { ports: world.ports(), wake: world.clone() };
    outbox.retry(id.clone()).await.unwrap();
    assert_eq!(work(&world).await, [MailOutcome::Sent("250 ok".into())]);
    let tried = world.tried.lock().unwrap().clone();
    assert_eq!(tried, [Attempt::Undeliverable(MailReason::Rejected), Attempt::Sent]);
    assert_eq!(world.state().links[0].state, LinkState::Sent);
    assert!(outbox.retry(id).await.unwrap_err().to_string().contains("sent already"));
}

/// Says so to the next mail, and delivers what is due, as soon as something is.
async fn work_answered(world: &Arc<World>, error: MailError) -> MailOutcome {
    fail_next(world, error);
    loop {
        match work(world).await.pop() {
            Some(outcome) => return outcome,
            None => world.pass(1),
        }
    }
}

fn unclear() -> MailError {
    MailError::Unclear("gibberish".into())
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_is_sent_once_more_and_then_ends_with_its_link_open() {
    let world = requested().await;
    let first = work_answered(&world, unclear()).await;
    let MailOutcome::Retry { answer, may_have_arrived: true, .. } = first else {
        panic!("{first:?}")
    };
    assert!(answer.contains("sent once more") && answer.contains("gibberish"), "{answer}");
    // What is clear is tried again as ever.
    let later = MailError::Unavailable(MailReason::Deferred, "451 later".into());
    assert!(matches!(work_answered(&world, later).await, MailOutcome::Retry { .. }));
    let last = work_answered(&world, unclear()).await;
    let MailOutcome::Failed(answer) = last else { panic!("{last:?}") };
    assert!(answer.contains("may have arrived") && answer.contains("gibberish"), "{answer}");
    assert_eq!(world.state().links[0].state, LinkState::Requested);
    let reasons: Vec<_> = world.tried.lock().unwrap().clone();
    let (retry, undeliverable) = (Attempt::Retry, Attempt::Undeliverable);
    let unclear = MailReason::Unclear;
    assert_eq!(reasons, [retry(unclear), retry(MailReason::Deferred), undeliverable(unclear)]);
}

#[tokio::test]
async fn an_operator_who_has_a_mail_tried_again_that_may_have_arrived_sends_one_more() {
    let world = requested().await;
    for _ in 0..2 {
        work_answered(&world, unclear()).await;
    }
    let id = world.state().mails[0].id.clone();
    let outbox = ManageOutbox { ports: world.ports(), wake: world.clone() };
    outbox.retry(id.clone()).await.unwrap();
    assert!(matches!(work_answered(&world, unclear()).await, MailOutcome::Failed(_)));
    outbox.retry(id).await.unwrap();
    assert_eq!(work(&world).await, [MailOutcome::Sent("250 ok".into())]);
    assert_eq!(world.state().links[0].state, LinkState::Sent);
}

#[tokio::test]
async fn no_mail_goes_out_when_user_address_or_link_changed_since() {
    type Change = fn(&mut crate::fakes::State);
    let changes: [(Change, LinkState); 4] = [
        (
            |all| all.users.get_mut("ada").unwrap().state = UserState::Deactivated,
            LinkState::Revoked,
        ),
        (
            |all| {
                let email = all.users.get_mut("ada").unwrap().email.as_mut().unwrap();
                email.address = "other@example.com".parse().unwrap();
            },
            LinkState::Revoked,
        ),
        (|all| drop(all.users.get_mut("ada").unwrap().email.take()), LinkState::Revoked),
        (|all| all.links[0].state = LinkState::Replaced, LinkState::Replaced),
    ];
    for (change, ends_as) in changes {
        let world = requested().await;
        world.change(change);
        assert!(matches!(work(&world).await[..], [MailOutcome::Failed(_)]));
        assert_eq!(world.state().links[0].state, ends_as);
        assert!(world.sent.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_mail_with_a_newer_link_replaces_the_older_ones_once_it_is_accepted() {
    let world = requested().await;
    work(&world).await;
    world.pass(60);
    let caller = crate::fakes::World::acting("ada");
    world.send_link().send(None, caller).await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Sent);
    work(&world).await;
    let states = world.state().links.iter().map(|link| link.state).collect::<Vec<_>>();
    assert_eq!(states, [LinkState::Replaced, LinkState::Sent]);
    let counts =
        [LinkState::Requested, LinkState::Sent, LinkState::Replaced].map(|it| world.counted(it));
    assert_eq!(counts, [2, 2, 1]);
}

#[tokio::test]
async fn a_claimed_mail_is_given_out_again_when_its_lease_ends_and_the_late_worker_loses() {
    let world = requested().await;
    let first = world.claim().await.remove(0);
    assert!(world.claim().await.is_empty());
    world.pass(46);
    let second = world.claim().await.remove(0);
    assert_eq!((first.tries, second.tries), (1, 2));
    assert_eq!(world.deliver(first).await, None);
    assert!(world.sent.lock().unwrap().is_empty(), "what another has is not sent");
    assert_eq!(world.state().mails[0].state, OutboxState::Waiting);
    assert!(world.deliver(second).await.is_some());
}

#[tokio::test]
async fn a_mail_whose_lease_is_renewed_is_given_to_nobody_else() {
    let world = requested().await;
    let worker = world.deliver_mail();
    let claimed = world.claim().await.remove(0);
    let hold = worker.hold(&claimed);
    for _ in 0..30 {
        world.pass(30);
        assert!(!hold.lets_go(&*world), "half of the lease is over");
        assert!(worker.renew(&claimed, &hold).await.unwrap());
        assert!(hold.lets_go(&*world));
        assert!(world.claim().await.is_empty());
    }
    world.pass(44);
    assert!(world.claim().await.is_empty());
    let sent = MailOutcome::Sent("250 ok".into());
    assert_eq!(world.deliver(claimed).await, Some(sent));
    assert_eq!(world.state().mails[0].tries, 1);
}

#[tokio::test]
async fn a_mail_that_another_worker_has_is_neither_renewed_nor_recorded() {
    let world = requested().await;
    let worker = world.deliver_mail();
    let claimed = world.claim().await.remove(0);
    let hold = worker.hold(&claimed);
    let tried = worker.send(&claimed, &hold).await.unwrap().unwrap();
    world.pass(46);
    let second = world.claim().await.remove(0);
    assert!(!worker.renew(&claimed, &hold).await.unwrap());
    assert!(!hold.lets_go(&*world));
    assert!(!worker.record(&claimed, &tried, world.now()).await.unwrap());
    let mail = &world.state().mails[0];
    assert_eq!((mail.state, mail.leased_until), (OutboxState::Waiting, Some(second.lease_end)));
}

#[tokio::test]
async fn a_renewal_that_comes_after_the_outcome_changes_nothing() {
    let world = requested().await;
    fail_next(&world, MailError::Unavailable(MailReason::Deferred, "451 later".into()));
    let claimed = world.claim().await.remove(0);
    let outcome = world.deliver(claimed.clone()).await;
    let Some(MailOutcome::Retry { due, .. }) = outcome else { panic!("{outcome:?}") };
    let worker = world.deliver_mail();
    assert!(!worker.renew(&claimed, &worker.hold(&claimed)).await.unwrap());
    let mail = &world.state().mails[0];
    assert_eq!((mail.due, mail.leased_until), (due, None));
}

#[tokio::test]
async fn an_outcome_that_stands_already_is_recorded_and_nobody_elses() {
    let outcomes = [
        Ok("250 ok".to_owned()),
        Err(MailError::Refused(MailReason::Rejected, "550 no such user".into())),
        Err(MailError::Unavailable(MailReason::Deferred, "451 later".into())),
    ];
    for outcome in outcomes {
        let world = requested().await;
        world.answers.lock().unwrap().push(outcome);
        let worker = world.deliver_mail();
        let claimed = world.claim().await.remove(0);
        let hold = worker.hold(&claimed);
        let tried = worker.send(&claimed, &hold).await.unwrap().unwrap();
        // The first time the commit came through, and its answer did not.
        for _ in 0..2 {
            assert!(worker.record(&claimed, &tried, world.now()).await.unwrap());
        }
    }
}

#[tokio::test]
async fn a_mail_that_is_being_sent_can_not_be_tried_again() {
    let world = requested().await;
    let claimed = world.claim().await.remove(0);
    let outbox = ManageOutbox { ports: world.ports(), wake: world.clone() };
    let error = outbox.retry(claimed.id.clone()).await.unwrap_err();
    assert!(error.to_string().contains("is being sent"), "{error}");
    world.pass(46);
    outbox.retry(claimed.id).await.unwrap();
}

#[tokio::test]
async fn a_mail_that_no_mail_could_follow_goes_back_to_its_place() {
    let world = requested().await;
    let queued = world.state().mails[0].queued;
    fail_next(&world, MailError::Down(MailReason::Connection, "refused".into()));
    world.pass(5);
    assert_eq!(work(&world).await, [MailOutcome::Returned("refused".into())]);
    let mail = world.state().mails[0].clone();
    assert_eq!((mail.due, mail.last_answer.as_deref()), (queued, Some("refused")));
    assert_eq!(world.state().ready[mail.id.as_str()], Urgency::Awaited);
    assert_eq!(work(&world).await, [MailOutcome::Sent("250 ok".into())]);
}

#[tokio::test]
async fn a_mail_that_is_told_to_come_slower_is_tried_again_later() {
    let world = requested().await;
    fail_next(&world, MailError::Busy(MailReason::Deferred, "450 slow down".into()));
    let worker = world.deliver_mail();
    let claimed = world.claim().await.remove(0);
    let hold = worker.hold(&claimed);
    let tried = worker.send(&claimed, &hold).await.unwrap().unwrap();
    let answer = tried.server_answer().unwrap();
    assert_eq!((answer.hint, &*answer.text), (ServerHint::Busy, "450 slow down"));
    assert!(worker.record(&claimed, &tried, world.now()).await.unwrap());
    assert!(matches!(tried.outcome, MailOutcome::Retry { .. }), "{tried:?}");
}

#[tokio::test]
async fn what_a_worker_had_in_hand_who_is_gone_is_free_at_once() {
    let world = requested().await;
    let first = world.claim().await.remove(0);
    let worker = world.deliver_mail();
    worker.free_mails(|_| false).await.unwrap();
    assert!(world.claim().await.is_empty());
    worker.free_mails(|holder| holder.is_none()).await.unwrap();
    let second = world.claim().await.remove(0);
    assert_eq!((first.tries, second.tries), (1, 2));
    assert_eq!(world.deliver(first).await, None);
}

#[tokio::test]
async fn a_retry_that_a_wrong_clock_put_off_is_not_waited_for() {
    let world = requested().await;
    fail_next(&world, MailError::Unavailable(MailReason::Deferred, "451 later".into()));
    world.pass(3000);
    assert!(matches!(work(&world).await[..], [MailOutcome::Retry { .. }]));
    world.set_clock(-2990);
    assert_eq!(work(&world).await, [MailOutcome::Sent("250 ok".into())]);
}

#[tokio::test]
async fn a_lease_that_a_wrong_clock_drew_out_is_not_waited_for() {
    let world = requested().await;
    world.pass(1000);
    assert_eq!(world.claim().await.len(), 1);
    world.set_clock(-1000);
    assert_eq!(world.claim().await.len(), 1);
}

#[tokio::test]
async fn what_a_worker_has_in_hand_is_not_given_to_itself_whatever_the_clock_says() {
    for seconds in [-1000, 1000] {
        let world = requested().await;
        let (worker, mut slots) = (world.deliver_mail(), MailSlots::new(4));
        let now = std::time::Instant::now();
        assert_eq!(world.claim_for(&mut slots, 4, now).await.len(), 1);
        world.set_clock(seconds);
        worker.make_due_mails_ready(slots.in_hand()).await.unwrap();
        assert!(world.claim_for(&mut slots, 4, now).await.is_empty());
        worker.make_due_mails_ready(Vec::new()).await.unwrap();
        assert_eq!(world.claim_for(&mut slots, 4, now).await.len(), 1, "another one's");
    }
}

#[tokio::test]
async fn a_link_that_was_revoked_while_its_mail_was_under_way_replaces_no_other() {
    for (meanwhile, older) in
        [(LinkState::Revoked, LinkState::Sent), (LinkState::Redeemed, LinkState::Replaced)]
    {
        let world = requested().await;
        assert_eq!(work(&world).await.len(), 1);
        world.pass(60);
        let caller = crate::fakes::World::acting("ada");
        world.send_link().send(None, caller).await.unwrap();
        let worker = world.deliver_mail();
        let claimed = world.claim().await.remove(0);
        let hold = worker.hold(&claimed);
        let tried = worker.send(&claimed, &hold).await.unwrap().unwrap();
        world.change(|state| state.links[1].state = meanwhile);
        worker.record(&claimed, &tried, world.now()).await.unwrap();
        assert_eq!(world.state().links[0].state, older);
    }
}

#[tokio::test]
async fn a_lease_that_was_given_while_others_looked_at_the_time_holds() {
    let world = requested().await;
    let claimed = world.claim().await.remove(0);
    // Who looked at the time just before that, and comes to the outbox just after.
    world.set_clock(-5);
    assert!(world.claim().await.is_empty());
    assert!(world.deliver(claimed).await.is_some());
}

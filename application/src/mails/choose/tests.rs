use std::{sync::Arc, time::Instant};

use super::*;
use crate::{
    fakes::World,
    mails::{mail_server::ServerHint, slots::MailSlots},
    ports::ClaimedMail,
};

/// A user of an organisation, with an address of a domain.
async fn user(world: &Arc<World>, id: &str, organisation: &str, domain: &str) {
    world.user(id).await;
    world.change_user(id, |user| {
        user.organisation = organisation.parse().unwrap();
        user.email.as_mut().unwrap().address = format!("{id}@{domain}").parse().unwrap();
    });
}

/// Has a link sent to each of so many users of one organisation and domain.
async fn requests(world: &Arc<World>, organisation: &str, domain: &str, count: usize) {
    for number in 0..count {
        let id = format!("{organisation}.{domain}.{number}");
        user(world, &id, organisation, domain).await;
        request(world, &id).await;
    }
}

async fn request(world: &Arc<World>, id: &str) {
    let caller = crate::fakes::World::acting(id);
    world.send_link().send(None, caller).await.unwrap();
}

async fn claim(world: &Arc<World>, slots: &mut MailSlots) -> Vec<ClaimedMail> {
    world.claim_for(slots, usize::MAX, Instant::now()).await
}

fn users(claimed: &[ClaimedMail]) -> Vec<&str> {
    claimed.iter().map(|mail| mail.user.as_str()).collect()
}

#[tokio::test]
async fn a_flood_of_one_organisation_leaves_slots_to_another() {
    let world = World::new();
    let mut slots = MailSlots::new(4);
    requests(&world, "before", "example.com", 1).await;
    requests(&world, "before", "example.org", 1).await;
    for mail in claim(&world, &mut slots).await {
        slots.release(&mail.id, Some(ServerHint::Accepted), 0.5, Instant::now());
    }
    world.change(|state| state.ready.clear());
    requests(&world, "flood", "example.com", 400).await;
    requests(&world, "small", "example.org", 1).await;
    let first = claim(&world, &mut slots).await;
    let of_small = first.iter().filter(|mail| mail.user.as_str().starts_with("small")).count();
    assert_eq!((first.len(), of_small), (3, 1), "{:?}", users(&first));
    requests(&world, "late", "example.net", 1).await;
    let next = claim(&world, &mut slots).await;
    assert_eq!(next.len(), 1);
    assert!(next[0].user.as_str().starts_with("late"), "{:?}", users(&next));
}

#[tokio::test]
async fn every_lane_of_many_gets_its_turn() {
    let world = World::new();
    for organisation in 0..30 {
        requests(&world, &format!("o{organisation:02}"), "example.com", 3).await;
    }
    let (mut slots, mut served) = (MailSlots::new(3), Vec::new());
    while served.len() < 30 {
        let claimed = claim(&world, &mut slots).await;
        assert!(!claimed.is_empty());
        for mail in claimed {
            slots.release(&mail.id, None, 0.5, Instant::now());
            served.push(mail.user.as_str()[..3].to_owned());
        }
    }
    served.sort();
    served.dedup();
    assert_eq!(served.len(), 30, "{served:?}");
}

#[tokio::test]
async fn a_mail_that_somebody_waits_for_comes_before_news_and_before_retries() {
    let world = World::new();
    requests(&world, "a", "example.com", 2).await;
    world.change(|state| {
        let urgencies = [Urgency::Retry, Urgency::Notice];
        for (mail, urgency) in state.mails.iter().zip(urgencies) {
            state.ready.insert(mail.id.to_string(), urgency);
        }
    });
    requests(&world, "b", "example.com", 1).await;
    let mut slots = MailSlots::new(1);
    let mut order = Vec::new();
    for _ in 0..3 {
        let claimed = claim(&world, &mut slots).await.remove(0);
        slots.release(&claimed.id, None, 0.5, Instant::now());
        order.push(claimed.user.to_string());
    }
    assert_eq!(order, ["b.example.com.0", "a.example.com.1", "a.example.com.0"]);
}

#[tokio::test]
async fn after_an_outage_a_fresh_mail_does_not_wait_behind_the_old_ones() {
    let world = World::new();
    requests(&world, "a", "example.com", 50).await;
    world.pass(600);
    user(&world, "fresh", "a", "example.com").await;
    request(&world, "fresh").await;
    let mut slots = MailSlots::new(2);
    let first = claim(&world, &mut slots).await;
    assert_eq!(first[0].user.as_str(), "fresh");
    slots.release(&first[0].id, None, 0.5, Instant::now());
    let second = claim(&world, &mut slots).await;
    assert_eq!(second[0].user.as_str(), "a.example.com.0", "then the one that waits longest");
}

#[tokio::test]
async fn a_hanging_domain_of_many_organisations_is_passed_over() {
    let world = World::new();
    // More than are looked at in one transaction.
    for organisation in 0..800 {
        requests(&world, &format!("o{organisation:03}"), "hangs.example", 1).await;
    }
    let (mut slots, earlier) = (MailSlots::new(4), Instant::now());
    world.claim_for(&mut slots, 3, earlier).await;
    let later = earlier + Duration::from_secs(5);
    assert_eq!(world.claim_for(&mut slots, usize::MAX, later).await, []);
    requests(&world, "x", "example.com", 1).await;
    let found = world.claim_for(&mut slots, usize::MAX, later).await;
    assert_eq!(users(&found), ["x.example.com.0"]);
}

#[tokio::test]
async fn lanes_that_may_have_no_slot_are_looked_at_once() {
    let world = World::new();
    // More lanes than are looked at in one transaction, all of a domain that hangs.
    for organisation in 0..40 {
        requests(&world, &format!("o{organisation:02}"), "hangs.example", 2).await;
    }
    let (mut slots, earlier) = (MailSlots::new(4), Instant::now());
    world.claim_for(&mut slots, 3, earlier).await;
    let later = earlier + Duration::from_secs(60);
    for _ in 0..3 {
        world.change(|state| state.asked = 0);
        assert_eq!(world.claim_for(&mut slots, usize::MAX, later).await, []);
        let asked = world.state().asked;
        assert!(asked < 30, "{asked}");
    }
}

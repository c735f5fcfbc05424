use jiff::Timestamp;

use super::*;
use crate::mails::Urgency;
use crate::ports::ReadyMail;

const ORGANISATIONS: i64 = 1000;

fn lane(organisation: i64, domain: i64) -> Lane {
    Lane { organisation: ORGANISATIONS + organisation, domain }
}

fn mails(lane: Lane, count: usize) -> (Lane, VecDeque<ReadyMail>) {
    let mail = |number| ReadyMail {
        id: format!("{}-{}-{number}", lane.organisation, lane.domain).parse().unwrap(),
        urgency: Urgency::Awaited,
        lane,
        since: Timestamp::UNIX_EPOCH,
    };
    (lane, (0..count).map(mail).collect())
}

/// Slots in which mails of these lanes are, for so many seconds.
fn with_in_hand(most: usize, in_hand: &[(Lane, u64)], now: Instant) -> MailSlots {
    let mut slots = MailSlots::new(most);
    for (number, (lane, age)) in in_hand.iter().enumerate() {
        let id = format!("in-hand-{number}").parse().unwrap();
        slots.take(id, *lane, now - Duration::from_secs(*age));
        slots.last = *lane;
    }
    slots
}

impl Deal {
    fn dealt(mut self, lanes: Vec<(Lane, VecDeque<ReadyMail>)>) -> Vec<ReadyMail> {
        self.give_out(lanes);
        self.chosen
    }
}

/// The lanes that get slots.
fn dealt(slots: &MailSlots, lanes: Vec<(Lane, VecDeque<ReadyMail>)>, now: Instant) -> Vec<Lane> {
    let dealt = slots.deal(usize::MAX, now).dealt(lanes);
    dealt.iter().map(|mail| mail.lane).collect()
}

fn now() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

#[test]
fn lanes_take_turns() {
    let slots = MailSlots::new(9);
    let (one, two, three) = (lane(1, 1), lane(2, 2), lane(3, 3));
    for domain in 1..4 {
        slots.answering.note(domain, true);
    }
    let waiting = vec![mails(one, 9), mails(two, 2), mails(three, 9)];
    let expected = [one, two, three, one, two, three, one, three, one];
    assert_eq!(dealt(&slots, waiting, now()), expected);
}

#[test]
fn the_lane_after_the_one_that_was_served_last_comes_first() {
    let now = now();
    let slots = with_in_hand(5, &[(lane(2, 2), 0)], now);
    let waiting = vec![mails(lane(1, 1), 1), mails(lane(2, 2), 1), mails(lane(3, 3), 1)];
    assert_eq!(dealt(&slots, waiting, now), [lane(3, 3), lane(1, 1), lane(2, 2)]);
}

#[test]
fn one_organisation_and_one_domain_has_at_most_half_while_others_wait() {
    let (flood, other) = ([lane(1, 1), lane(1, 2), lane(1, 3)], lane(2, 9));
    let mut waiting: Vec<_> = flood.into_iter().map(|lane| mails(lane, 9)).collect();
    waiting.push(mails(other, 9));
    let of_other = |lanes: Vec<Lane>| lanes.iter().filter(|it| **it == other).count();
    let slots = MailSlots::new(8);
    for domain in [1, 2, 3, 9] {
        slots.answering.note(domain, true);
    }
    assert_eq!(of_other(dealt(&slots, waiting, now())), 4);
    let mut waiting: Vec<_> = (5..8).map(|it| mails(lane(it, 1), 9)).collect();
    waiting.push(mails(other, 9));
    assert_eq!(of_other(dealt(&slots, waiting, now())), 4);
}

#[test]
fn alone_one_may_have_all_slots_but_one() {
    for (most, gets) in [(1, 1), (2, 1), (4, 3), (16, 15)] {
        let slots = MailSlots::new(most);
        slots.answering.note(1, true);
        assert_eq!(dealt(&slots, vec![mails(lane(1, 1), 20)], now()).len(), gets, "of {most}");
    }
}

#[test]
fn the_last_slot_is_for_who_has_none() {
    let now = now();
    let (flood, neighbour, other) = (lane(1, 1), lane(1, 2), lane(2, 1));
    let slots = with_in_hand(4, &[(flood, 0); 3], now);
    for lane in [flood, neighbour, other] {
        slots.answering.note(lane.domain, true);
    }
    for (lane, gets) in [(flood, 0), (neighbour, 1), (other, 1), (lane(2, 2), 1)] {
        assert_eq!(dealt(&slots, vec![mails(lane, 9)], now).len(), gets, "{lane:?}");
    }
}

#[test]
fn a_domain_of_which_nothing_is_known_gets_half_until_the_server_answers_for_it() {
    let (now, one) = (now(), lane(1, 1));
    let mut slots = MailSlots::new(8);
    assert_eq!(dealt(&slots, vec![mails(one, 9)], now).len(), 4);
    let id: OutboxId = "mail".parse().unwrap();
    for (age, hint, gets) in [
        (1, ServerHint::Accepted, 7),
        (11, ServerHint::Works, 4),
        (1, ServerHint::Works, 7),
        (1, ServerHint::NoAnswer, 4),
    ] {
        let done = now + Duration::from_secs(3600);
        slots.take(id.clone(), one, done - Duration::from_secs(age));
        slots.release(&id, Some(hint), 0.5, done);
        let later = done + Duration::from_secs(60);
        assert_eq!(dealt(&slots, vec![mails(one, 9)], later).len(), gets, "{hint:?}");
    }
}

#[test]
fn no_number_of_domains_that_hang_keeps_one_waiting_for_which_the_server_answers() {
    for organisations in [1, 20] {
        let (mut now, mut slots) = (now(), MailSlots::new(4));
        slots.answering.note(77, true);
        for domain in 0..20 {
            let waiting = vec![mails(lane(domain % organisations, domain), 9)];
            for mail in slots.deal(usize::MAX, now).dealt(waiting) {
                slots.take(mail.id, mail.lane, now);
            }
            now += Duration::from_secs(60);
        }
        assert_eq!(slots.free(), 1, "{organisations}");
        for organisation in [0, 1, 99] {
            let honest = vec![mails(lane(organisation, 77), 1)];
            assert_eq!(dealt(&slots, honest, now).len(), 1, "{organisations} {organisation}");
        }
    }
}

#[test]
fn a_probe_goes_out_whatever_hangs() {
    let now = now();
    let slots = with_in_hand(4, &[(lane(1, 1), 60), (lane(1, 2), 60)], now);
    assert_eq!(slots.deal(1, now).dealt(vec![mails(lane(1, 3), 9)]).len(), 1);
}

#[test]
fn a_mail_that_was_answered_gives_its_slot_back_and_is_in_hand_until_it_is_settled() {
    let now = now();
    let mut slots = with_in_hand(1, &[(lane(1, 1), 0)], now);
    assert_eq!(slots.free(), 0);
    let mail = "in-hand-0".parse().unwrap();
    slots.release(&mail, Some(ServerHint::Works), 0.5, now);
    assert_eq!((slots.in_hand().len(), slots.free()), (1, 1));
    slots.settle(&mail);
    assert_eq!((slots.in_hand().len(), slots.free()), (0, 1));
}

#[test]
fn no_more_are_claimed_while_many_are_not_settled() {
    let (now, mut slots) = (now(), MailSlots::new(1));
    for number in 0..UNSETTLED {
        assert!(slots.room(now) > 0, "{number}");
        let mail = number.to_string().parse().unwrap();
        slots.take(mail, lane(1, 1), now);
        slots.release(&number.to_string().parse().unwrap(), None, 0.5, now);
    }
    assert_eq!((slots.room(now), slots.asks(now)), (0, false));
    slots.settle(&"0".parse().unwrap());
    assert_eq!(slots.room(now), 1);
}

#[test]
fn an_outbox_of_which_no_mail_may_go_is_not_asked_at_each_ring() {
    let (now, mut slots) = (now(), MailSlots::new(4));
    let id: OutboxId = "mail".parse().unwrap();
    slots.take(id.clone(), lane(1, 1), now);
    for in_vain in [InVain::No, InVain::Yes, InVain::AsFarAsLooked] {
        slots.note_asked(now);
        slots.note_claim(Lane::START, in_vain, now);
        assert_eq!(slots.asks(now + Duration::from_millis(1)), in_vain == InVain::No);
        assert!(slots.asks(now + Duration::from_secs(1)));
    }
    slots.release(&id, None, 0.5, now);
    assert!(slots.asks(now + Duration::from_millis(1)), "another one may go in its place");
}

#[test]
fn a_connection_that_is_free_again_while_the_outbox_is_asked_in_vain_has_it_asked_again() {
    let (now, mut slots) = (now(), MailSlots::new(4));
    let id: OutboxId = "mail".parse().unwrap();
    slots.take(id.clone(), lane(1, 1), now);
    slots.note_asked(now);
    slots.release(&id, None, 0.5, now);
    slots.note_claim(Lane::START, InVain::Yes, now + Duration::from_millis(200));
    assert!(slots.asks(now + Duration::from_millis(201)));
}

#[test]
fn an_outbox_that_takes_long_to_be_asked_in_vain_has_longer_rests() {
    let (now, mut slots) = (now(), MailSlots::new(4));
    for (took, again) in [(200, 1000), (10_000, 11_000)] {
        slots.note_asked(now);
        slots.note_claim(Lane::START, InVain::Yes, now + Duration::from_millis(took));
        assert!(!slots.asks(now + Duration::from_millis(again - 1)));
        assert!(slots.asks(now + Duration::from_millis(again)));
    }
    slots.note_asked(now);
    slots.note_claim(Lane::START, InVain::AsFarAsLooked, now + Duration::from_millis(200));
    assert!(slots.asks(now + Duration::from_millis(200)), "the others were not looked at yet");
    slots.note_asked(now);
    assert!(slots.asks(now + Duration::from_millis(50)), "a claim that failed takes no rest");
}

/// A claimed mail of a lane.
fn claimed(lane: Lane, number: usize) -> ClaimedMail {
    ClaimedMail {
        id: format!("{}-{}-{number}", lane.organisation, lane.domain).parse().unwrap(),
        user: "ada".parse().unwrap(),
        about: crate::ports::MailSubject::Link("link".parse().unwrap()),
        lane,
        queued: Timestamp::UNIX_EPOCH,
        urgency: Urgency::Awaited,
        since: Timestamp::UNIX_EPOCH,
        tries: 1,
        may_have_arrived: false,
        lease_end: Timestamp::UNIX_EPOCH,
        trace: None,
    }
}

#[test]
fn connections_are_shared_by_those_in_the_line_as_slots_are_by_those_in_the_outbox() {
    let (now, mut slots) = (now(), MailSlots::new(4));
    let (flood, other, hangs) = (lane(1, 1), lane(2, 2), lane(3, 3));
    slots.note_answering(vec![1, 2]);
    for number in 0..9 {
        slots.line_up(claimed(flood, number), None, now);
    }
    slots.line_up(claimed(other, 0), None, now);
    for number in 0..3 {
        slots.line_up(claimed(hangs, number), None, now);
    }
    let mut lanes = Vec::new();
    while let Some(next) = slots.next(now) {
        lanes.push(next.mail.lane);
    }
    assert_eq!(lanes, [flood, flood, other, hangs], "of equal urgency, and half at most");
    assert_eq!(slots.free(), 0);
    slots.release(&claimed(other, 0).id, Some(ServerHint::Accepted), 0.5, now);
    assert!(slots.next(now).is_none(), "the last one is for who has none");
    slots.line_up(claimed(other, 1), None, now);
    assert_eq!(slots.next(now).map(|it| it.mail.lane), Some(other));
}

#[test]
fn what_may_not_go_now_holds_up_nobody_else() {
    let (now, mut slots) = (now(), MailSlots::new(4));
    let (flood, other) = (lane(1, 1), lane(1, 2));
    slots.note_answering(vec![1, 2]);
    for number in 0..60 {
        slots.line_up(claimed(flood, number), None, now);
    }
    let asked = slots.next(now).unwrap().mail.id;
    slots.release(&asked, Some(ServerHint::Busy), 0.5, now);
    assert!(slots.next(now).is_none(), "its domain rests");
    assert!(slots.room(now) > 0 && slots.asks(now));
    assert_eq!(dealt(&slots, vec![mails(flood, 9), mails(other, 1)], now), [other]);
    slots.line_up(claimed(other, 0), None, now);
    assert_eq!(slots.next(now).map(|it| it.mail.lane), Some(other));
}

#[test]
fn a_mail_that_gets_no_connection_for_long_leaves_the_line() {
    let (start, mut slots) = (now(), MailSlots::new(1));
    slots.line_up(claimed(lane(1, 1), 0), None, start);
    let later = start + Duration::from_secs(4);
    slots.line_up(claimed(lane(1, 1), 1), None, later);
    assert!(slots.clear_late(Duration::from_secs(5), later).is_empty());
    let late = slots.clear_late(Duration::from_secs(5), start + Duration::from_secs(5));
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].id, claimed(lane(1, 1), 0).id);
    assert_eq!(slots.in_hand().len(), 2, "until it is put back");
    slots.settle(&late[0].id);
    assert_eq!(slots.in_hand().len(), 1);
}

#[test]
fn a_domain_that_asks_to_slow_down_is_left_alone_for_longer_and_longer() {
    let (mut now, mut slots) = (now(), MailSlots::new(4));
    let id: OutboxId = "mail".parse().unwrap();
    let say = |slots: &mut MailSlots, hint, now| {
        slots.take(id.clone(), lane(1, 1), now);
        slots.release(&id, Some(hint), 0.5, now);
    };
    let waiting = || vec![mails(lane(1, 1), 1), mails(lane(1, 2), 1)];
    for rest in [1, 2, 4, 8, 16, 30, 30] {
        say(&mut slots, ServerHint::Busy, now);
        let before = now + Duration::from_secs(rest) - Duration::from_millis(1);
        assert_eq!(dealt(&slots, waiting(), before), [lane(1, 2)]);
        now += Duration::from_secs(rest);
        assert_eq!(dealt(&slots, waiting(), now).len(), 2);
    }
    say(&mut slots, ServerHint::Accepted, now);
    say(&mut slots, ServerHint::Busy, now);
    assert_eq!(dealt(&slots, waiting(), now + Duration::from_secs(1)).len(), 2, "as at first");
}

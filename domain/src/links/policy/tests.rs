use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::MailedMinute;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn policy(cooldown: u64, max_per_hour: u32) -> LinkPolicy {
    LinkPolicy {
        lifetime: Duration::from_secs(3600),
        cooldown: Duration::from_secs(cooldown),
        max_per_hour,
        max_per_mailbox: 2,
        max_per_organisation: None,
    }
}

/// What a store that holds these mailed links says at `now`.
fn recent(sent: &[i64], now: i64, max: u32) -> RecentLinks {
    let hour = sent.iter().rev().copied().filter(|second| *second > now - 3600);
    let requested: Vec<_> = hour.take(max as usize).map(at).collect();
    RecentLinks { last_mailed: requested.first().copied(), requested }
}

proptest! {
    #[test]
    fn a_policy_never_allows_more_than_its_limits(
        cooldown in 0..600_u64,
        max in 1..20_u32,
        waits in proptest::collection::vec(0..900_i64, 1..200),
    ) {
        let policy = policy(cooldown, max);
        let (mut now, mut sent) = (0, Vec::<i64>::new());
        for wait in waits {
            now += wait;
            match policy.allows_mail(&recent(&sent, now, max), at(now)) {
                Ok(()) => sent.push(now),
                Err(TooManyLinks { retry_after, .. }) => {
                    // Who waits that long is let through, and who waits a second less is not.
                    let then = now + retry_after.as_secs() as i64;
                    prop_assert!(policy.allows_mail(&recent(&sent, then, max), at(then)).is_ok());
                    prop_assert!(policy.allows_mail(&recent(&sent, now, max), at(then - 1)).is_err());
                }
            }
        }
        for (i, first) in sent.iter().enumerate() {
            let in_the_hour = sent[i..].iter().filter(|s| **s < first + 3600).count();
            prop_assert!(in_the_hour <= max as usize);
            if let Some(next) = sent.get(i + 1) {
                prop_assert!(next - first >= cooldown as i64);
            }
        }
    }
}

#[test]
fn the_wait_is_told_in_whole_seconds_and_never_as_none() {
    let policy = policy(60, 5);
    let newest = at(0) + SignedDuration::from_millis(500);
    let recent = RecentLinks { requested: vec![newest], last_mailed: Some(newest) };
    let wait = policy.allows_mail(&recent, at(0) + SignedDuration::from_millis(1_400));
    assert_eq!(wait.unwrap_err().retry_after, Duration::from_secs(60));
    let wait = policy.allows_mail(&recent, at(60));
    assert_eq!(wait.unwrap_err().retry_after, Duration::from_secs(1));
}

#[test]
fn returned_links_know_no_cooldown_and_ten_may_be_open() {
    let policy = policy(60, 100);
    let recent = RecentLinks { requested: vec![at(0); 10], last_mailed: Some(at(0)) };
    let open_until = |end| OpenLink { requested: at(end - 3600), expires: at(end) };
    let mut open = vec![open_until(500); MAX_RETURNED - 1];
    assert!(policy.allows_return(&recent, &open, at(0)).is_ok());
    open.push(open_until(90));
    let wait = policy.allows_return(&recent, &open, at(0)).unwrap_err();
    assert_eq!(wait.retry_after, Duration::from_secs(90));
}

#[test]
fn returned_links_count_towards_the_hour() {
    let recent = RecentLinks { requested: vec![at(10); 5], last_mailed: None };
    let wait = policy(60, 5).allows_return(&recent, &[], at(20)).unwrap_err();
    assert_eq!(wait.retry_after, Duration::from_secs(3590));
    assert!(policy(60, 5).allows_mail(&recent, at(20)).is_err());
}

#[test]
fn without_a_cooldown_nobody_waits_for_the_clock_of_another_node() {
    let recent = RecentLinks { requested: vec![at(65)], last_mailed: Some(at(65)) };
    assert!(policy(0, 5).allows_mail(&recent, at(60)).is_ok());
    assert!(policy(1, 5).allows_mail(&recent, at(60)).is_err());
}

const DAY: i64 = 24 * 3600;

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_for_longer_than_from_a_link_requested_now() {
    let ahead = RecentLinks { requested: vec![at(DAY); 5], last_mailed: Some(at(DAY)) };
    assert!(ahead.are_ahead_of(at(0)) && !ahead.are_ahead_of(at(DAY)));
    let cooldown = policy(60, 6).allows_mail(&ahead, at(0)).unwrap_err();
    let hour = policy(60, 5).allows_mail(&ahead, at(0)).unwrap_err();
    let open = OpenLink { requested: at(DAY), expires: at(DAY + 3600) };
    let place = policy(60, 6).allows_return(&ahead, &[open; MAX_RETURNED], at(0)).unwrap_err();
    for (refused, longest) in [(cooldown, 60), (hour, 3600), (place, 3600)] {
        assert_eq!(refused.retry_after, Duration::from_secs(longest));
        assert!(refused.clock_was_ahead);
    }
}

#[test]
fn a_mailbox_has_room_again_an_hour_after_the_oldest_that_counts() {
    let full = policy(60, 5).mailbox_is_full(&[at(1800), at(600), at(0)], at(1860));
    assert_eq!((full.retry_after.as_secs(), full.clock_was_ahead), (600 + 3600 - 1860, false));
    let ahead = policy(60, 5).mailbox_is_full(&[at(DAY), at(DAY)], at(0));
    assert_eq!((ahead.retry_after.as_secs(), ahead.clock_was_ahead), (3600, true));
}

fn mailed(minutes: &[(i32, u64)]) -> MailedMinutes {
    let minute = |number| Minute::of(at(0)).later(number);
    let mailed = minutes.iter();
    let mailed = mailed.map(|(at, mails)| MailedMinute { minute: minute(*at), mails: *mails });
    MailedMinutes(mailed.collect())
}

/// Counts one more of at most three, so many minutes later.
fn counted(before: &[(i32, u64)], minutes: i64) -> Result<MailedMinutes, TooManyLinks> {
    LinkPolicy::counts_for_organisation(3, &mailed(before), at(minutes * 60))
}

#[test]
fn an_organisation_gets_so_many_in_any_hour() {
    assert_eq!(counted(&[], 0), Ok(mailed(&[(0, 1)])));
    assert_eq!(counted(&[(0, 1)], 0), Ok(mailed(&[(0, 2)])));
    assert_eq!(counted(&[(0, 2)], 59), Ok(mailed(&[(59, 1), (0, 2)])));
    for minute in [59, 60] {
        assert!(counted(&[(59, 1), (0, 2)], minute).is_err(), "{minute}");
    }
    // The first two are an hour old, all of their minute, and forgotten.
    assert_eq!(counted(&[(59, 1), (0, 2)], 61), Ok(mailed(&[(61, 1), (59, 1)])));
    assert_eq!(counted(&[(59, 1), (0, 2)], 10_000), Ok(mailed(&[(10_000, 1)])));
}

#[test]
fn what_a_clock_that_was_ahead_has_counted_counts_as_now() {
    for ahead in [2, 5000] {
        assert_eq!(counted(&[(ahead, 1), (-1, 1)], 0), Ok(mailed(&[(0, 2), (-1, 1)])));
        let refused = counted(&[(ahead, 3)], 0).unwrap_err();
        assert!(refused.clock_was_ahead, "{ahead}");
        let set = mailed(&[(ahead, 3)]).set_before(Minute::of(at(0)));
        assert_eq!(set, mailed(&[(0, 3)]), "{ahead}");
        assert!(!counted(&[(0, 3)], 0).unwrap_err().clock_was_ahead);
    }
    // A minute that is about to begin is not set back.
    assert_eq!(counted(&[(1, 1)], 0), Ok(mailed(&[(1, 2)])));
    assert_eq!(mailed(&[(1, 1)]).set_before(Minute::of(at(0))), mailed(&[(1, 1)]));
}

#[test]
fn an_organisation_waits_until_enough_of_its_mails_are_an_hour_old() {
    // At 0, 20 seconds of the minute have passed.
    let start = 61 * 60 - 20;
    for (most, minutes, now, expected) in [
        (3, &[(0, 3)][..], 0, start),
        (3, &[(0, 1), (-10, 1), (-20, 1)], 0, start - 20 * 60),
        // The limit was lowered meanwhile.
        (3, &[(0, 1), (-10, 2), (-20, 5)], 0, start - 10 * 60),
        (3, &[(0, 3), (-20, 5)], 0, start),
        (1, &[(1, 1)], 0, start + 60),
        (1, &[(-60, 1)], 39, 1),
        (1, &[(2, 1)], 0, start),
        (1, &[(5000, 1)], 0, start),
        (1, &[(i32::MAX, 1)], 0, start),
    ] {
        let counted = LinkPolicy::counts_for_organisation(most, &mailed(minutes), at(now));
        let wait = counted.unwrap_err().retry_after.as_secs();
        assert_eq!(wait as i64, expected, "{most} {minutes:?}");
    }
}

#[test]
fn every_time_has_its_minute() {
    for (time, start) in [(0, -20), (39, -20), (40, 40), (-21, -80)] {
        assert_eq!(Minute::of(at(time)).start(), at(start));
    }
    assert!(Minute::of(Timestamp::MAX).later(i32::MAX).start() > at(0));
    assert!(Minute::of(Timestamp::MIN) < Minute::of(at(0)));
}

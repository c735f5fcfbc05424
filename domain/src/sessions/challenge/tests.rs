use std::time::Duration;

use super::*;
use crate::{CodeKey, Session, sessions::session::tests::session};

fn keys() -> CodeKeys {
    let key = |id: &str, octet| CodeKey::new(id.parse().unwrap(), &[octet; 32]).unwrap();
    CodeKeys::new(vec![key("k1", 1), key("k2", 2)]).unwrap()
}

fn asked(number: ChallengeNumber, key: &str, now: Timestamp) -> Session {
    let challenge = SessionChallenge {
        key: key.parse().unwrap(),
        number,
        user_verification: UserVerification::Required,
        host: None,
        expires: SessionChallenge::expiry(now),
    };
    Session { challenge: Some(challenge), ..session() }
}

#[test]
fn a_challenge_is_the_same_whenever_it_is_derived_and_another_for_all_that_differs() {
    let (keys, now) = (keys(), Timestamp::UNIX_EPOCH);
    let first = asked(1, "k1", now);
    let octets = |session: &Session| session.challenge_by(&keys).unwrap().expose().to_vec();
    assert_eq!(octets(&first), octets(&first.clone()));
    let others = [
        asked(2, "k1", now),
        asked(1, "k2", now),
        asked(1, "k1", later(now, Duration::from_millis(1))),
        Session { id: "s2".parse().unwrap(), ..first.clone() },
        Session { rp_id: "example.org".to_owned(), ..first.clone() },
    ];
    for other in others {
        assert_ne!(octets(&first), octets(&other), "{other:?}");
    }
}

#[test]
fn without_a_question_or_its_key_there_is_no_challenge() {
    assert!(session().challenge_by(&keys()).is_none());
    assert!(asked(1, "k3", Timestamp::UNIX_EPOCH).challenge_by(&keys()).is_none());
}

#[test]
fn a_challenge_is_open_for_five_minutes() {
    let now = Timestamp::UNIX_EPOCH;
    let challenge = asked(1, "k1", now).challenge.unwrap();
    let after = |seconds| later(now, Duration::from_secs(seconds));
    assert!(challenge.is_open_at(now) && challenge.is_open_at(after(299)));
    assert!(!challenge.is_open_at(after(300)));
    // Of a node whose clock is a little ahead, and of one whose clock was wrong.
    assert!(challenge.is_open_at(earlier(now, Duration::from_secs(300))));
    assert!(!challenge.is_open_at(earlier(now, Duration::from_secs(301))));
}

#[test]
fn a_challenge_is_as_old_as_the_time_since_it_was_asked_for_and_never_younger_than_that_moment() {
    let now = Timestamp::UNIX_EPOCH;
    let challenge = asked(1, "k1", now).challenge.unwrap();
    assert_eq!(challenge.age_at(later(now, Duration::from_millis(1500))).as_millis(), 1500);
    assert_eq!(challenge.age_at(now), Duration::ZERO);
    assert_eq!(challenge.age_at(earlier(now, Duration::from_secs(1))), Duration::ZERO);
}

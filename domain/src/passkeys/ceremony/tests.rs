use super::*;
use crate::CodeKey;

fn keys() -> CodeKeys {
    let key = |id: &str, byte| CodeKey::new(id.parse().unwrap(), &[byte; 32]).unwrap();
    CodeKeys::new(vec![key("k1", 1), key("k2", 1), key("k3", 3)]).unwrap()
}

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn ceremony() -> Ceremony {
    Ceremony {
        id: "passkey".parse().unwrap(),
        user: "ab".parse().unwrap(),
        opened_by: OpenedBy::Link("link".parse().unwrap()),
        key: "k1".parse().unwrap(),
        rp_id: "example.com".into(),
        asked: None,
        begun: at(1_700_000_000_000),
        expires: at(1_700_000_300_000),
    }
}

#[test]
fn a_challenge_has_256_bits_and_is_the_same_whenever_it_is_derived() {
    let derive = || ceremony().challenge(&keys()).unwrap();
    assert_eq!(derive().expose().len(), 32);
    assert!(derive().matches(derive().expose()));
    assert!(!derive().matches(&derive().expose()[1..]) && !derive().matches(&[]));
    assert_eq!(format!("{:?}", derive()), "[redacted]");
}

#[test]
fn a_challenge_is_of_one_ceremony_and_of_nothing_else() {
    let challenge = ceremony().challenge(&keys()).unwrap();
    let others = [
        Ceremony { id: "passkey2".parse().unwrap(), ..ceremony() },
        Ceremony { user: "b".parse().unwrap(), ..ceremony() },
        Ceremony { opened_by: OpenedBy::Bearer, ..ceremony() },
        Ceremony { opened_by: OpenedBy::Link("link2".parse().unwrap()), ..ceremony() },
        Ceremony { key: "k2".parse().unwrap(), ..ceremony() },
        Ceremony { key: "k3".parse().unwrap(), ..ceremony() },
        Ceremony { rp_id: "id.example.com".into(), ..ceremony() },
        Ceremony { expires: at(1_700_000_300_001), ..ceremony() },
        // The same octets, cut at another place.
        Ceremony { id: "passkeya".parse().unwrap(), user: "b".parse().unwrap(), ..ceremony() },
    ];
    for other in others {
        assert!(!other.challenge(&keys()).unwrap().matches(challenge.expose()), "{other:?}");
    }
}

#[test]
fn without_its_key_there_is_no_challenge() {
    let elsewhere = Ceremony { key: "gone".parse().unwrap(), ..ceremony() };
    assert!(elsewhere.challenge(&keys()).is_none());
}

#[test]
fn a_ceremony_is_open_for_five_minutes_whatever_a_clock_was_ahead() {
    let begun = ceremony().begun;
    for (seconds, open) in [(-301, false), (-300, true), (0, true), (299, true), (300, false)] {
        let now = begun + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(ceremony().is_open_at(now), open, "{seconds} s after it was begun");
    }
}

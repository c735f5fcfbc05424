use std::cell::Cell;

use super::*;
use crate::{Purpose, UserId};

thread_local! {
    /// How many codes this thread has derived.
    pub(super) static DERIVED: Cell<u32> = const { Cell::new(0) };
}

fn key(id: &str, byte: u8) -> CodeKey {
    CodeKey::new(id.parse().unwrap(), &[byte; 32]).unwrap()
}

fn binding<'a>(user: &'a UserId, subject: &'a str) -> CodeBinding<'a> {
    CodeBinding {
        purpose: Purpose::Register,
        domain: "example.com",
        subject,
        user,
        expires: Timestamp::from_millisecond(1_700_000_000_000).unwrap(),
    }
}

#[test]
fn a_code_has_256_bits_and_is_the_same_whenever_it_is_derived() {
    let keys = CodeKeys::new(vec![key("k1", 1)]).unwrap();
    let user = UserId::parse("u").unwrap();
    let derive = || keys.newest().derive(&binding(&user, "link"));
    assert_eq!(derive().expose().len(), 43);
    assert!(derive().matches(derive().expose()));
}

#[test]
fn a_code_holds_for_nothing_but_what_it_was_made_for() {
    let keys = CodeKeys::new(vec![key("k1", 1), key("k2", 1), key("k3", 3)]).unwrap();
    let (user, other) = (UserId::parse("ab").unwrap(), UserId::parse("b").unwrap());
    let k1: KeyId = "k1".parse().unwrap();
    let good = binding(&user, "link");
    let code = keys.derive(&k1, &good).unwrap();
    let elsewhere = [
        CodeBinding { purpose: Purpose::Revoke, ..good },
        CodeBinding { domain: "example.org", ..good },
        CodeBinding { subject: "link2", ..good },
        CodeBinding { user: &other, ..good },
        CodeBinding { expires: Timestamp::from_millisecond(1_700_000_000_001).unwrap(), ..good },
        // The same octets, cut at another place.
        CodeBinding { subject: "linka", user: &other, ..good },
    ];
    for binding in elsewhere {
        assert!(!keys.derive(&k1, &binding).unwrap().matches(code.expose()), "{binding:?}");
    }
    for id in ["k2", "k3"] {
        let derived = keys.derive(&id.parse().unwrap(), &good).unwrap();
        assert!(!derived.matches(code.expose()), "{id}");
    }
    assert!(!code.matches(""));
    assert!(!code.matches(&code.expose()[1..]));
}

#[test]
fn the_newest_key_signs_and_an_unknown_one_derives_nothing() {
    let keys = CodeKeys::new(vec![key("old", 1), key("new", 2)]).unwrap();
    let user = UserId::parse("u").unwrap();
    assert_eq!(keys.newest().id().as_str(), "new");
    assert!(keys.derive(&"old".parse().unwrap(), &binding(&user, "l")).is_some());
    assert!(keys.derive(&"gone".parse().unwrap(), &binding(&user, "l")).is_none());
}

#[test]
fn bad_keys_are_refused() {
    assert_eq!(CodeKey::new("k".parse().unwrap(), &[0; 31]).unwrap_err(), KeyError::Length(31));
    assert_eq!(CodeKeys::new(vec![]).unwrap_err(), KeyError::None);
    let twice = CodeKeys::new(vec![key("k", 1), key("k", 2)]).unwrap_err();
    assert_eq!(twice, KeyError::Duplicate("k".into()));
    assert_eq!("a b".parse::<KeyId>(), Err(KeyError::Id));
}

#[test]
fn neither_codes_nor_keys_print_their_secret() {
    let keys = CodeKeys::new(vec![key("k1", 0x5a)]).unwrap();
    let user = UserId::parse("u").unwrap();
    let code = keys.newest().derive(&binding(&user, "l"));
    assert_eq!(format!("{code:?}"), "[redacted]");
    assert!(!format!("{keys:?}").contains("90"));
}

#[test]
fn refusing_a_code_is_as_much_work_whether_or_not_there_is_what_it_shall_open() {
    let keys = CodeKeys::new(vec![key("k1", 1)]).unwrap();
    let (held, gone): (KeyId, KeyId) = ("k1".parse().unwrap(), "k0".parse().unwrap());
    let user = UserId::parse("u").unwrap();
    let bound = binding(&user, "link");
    let code = keys.derive(&held, &bound).unwrap();
    for (binding, opens) in
        [(Some((&held, bound)), true), (Some((&gone, bound)), false), (None, false)]
    {
        for (presented, opens) in [(code.expose(), opens), ("wrong", false), ("", false)] {
            let before = DERIVED.get();
            assert_eq!(keys.opens(binding, presented), opens, "{binding:?} {presented}");
            assert_eq!(DERIVED.get() - before, 1, "{binding:?} {presented}");
        }
    }
}

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> String {
    LoginName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).0
}

#[test]
fn a_name_is_one_however_it_is_written() {
    for (one, other) in [
        ("Ada", " ada "),
        ("zoe\u{308}", "ZO\u{cb}"),
        ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
        ("J\u{30c}", "\u{1f0}"),
        ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}"),
        ("\u{212a}im", "kim"),
    ] {
        assert_eq!(key(one), key(other), "{one} {other}");
    }
    for (one, other) in [("ada", "ad a"), ("zoe", "zo\u{eb}"), ("ada", "ada@example.com")] {
        assert_ne!(key(one), key(other), "{one} {other}");
    }
}

#[test]
fn a_username_that_is_an_address_is_that_address() {
    for text in ["Ada@EXAMPLE.com", "\"ada\"@example.com", "ada@example.com"] {
        let address: EmailAddress = text.parse().unwrap();
        let username: Text = text.parse().unwrap();
        assert_eq!(LoginName::from(&address), LoginName::from(&username));
        assert_eq!(key(text), "ada@example.com");
    }
    assert_eq!(key("ada@B\u{fc}cher.example"), "ada@xn--bcher-kva.example");
    // Former rules took this for an address.
    let recorded = EmailAddress::recorded("Ada@my_host.example".to_owned());
    assert_eq!(key("ada@MY_host.example"), recorded.key());
}

#[test]
fn an_address_that_is_longer_than_a_username_is_a_name_and_other_long_texts_are_not() {
    let long = |end: &str| format!("ada@{0}.{0}.{0}.{1}", "a".repeat(60), end);
    assert_eq!(key(&long("example")), long("example"));
    assert!(LoginName::parse(&long("no_host")).is_ok());
    assert_eq!(LoginName::parse(&"a".repeat(201)), Err(TextError::TooLong));
    assert_eq!(LoginName::parse(" "), Err(TextError::Empty));
    assert_eq!(LoginName::parse("a\nb"), Err(TextError::Control));
}

#[test]
fn debug_does_not_tell_the_name() {
    assert!(!format!("{:?}", LoginName::parse("ada").unwrap()).contains("ada"));
}

proptest! {
    /// The step that made the keys of users of old relies on it.
    #[test]
    fn a_username_in_ascii_has_itself_in_lower_case_for_a_key(
        text in "[!#-~][ -~]{0,20}@?(xn--|XN--)?[ -~]{0,12}",
    ) {
        if let Ok(username) = Text::parse(&text) {
            let lower = username.as_str().to_ascii_lowercase();
            prop_assert_eq!(LoginName::from(&username).0, lower);
        }
    }
}

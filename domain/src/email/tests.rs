use super::*;

#[test]
fn the_domain_is_normalised_and_the_local_part_is_kept() {
    let address = EmailAddress::parse(" Ada.Example@EXAMPLE.com ").unwrap();
    assert_eq!(address.as_str(), "Ada.Example@example.com");
    let address = EmailAddress::parse("ada@Bücher.example").unwrap();
    assert_eq!(address.as_str(), "ada@xn--bcher-kva.example");
    assert_eq!(EmailAddress::parse("zoë@example.com").unwrap().as_str(), "zoë@example.com");
}

#[test]
fn what_is_no_address_is_refused_with_a_reason() {
    for text in [
        "",
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "ada@@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "ada@example.com\r\nBcc: x@example.com",
        "a..b@example.com",
        ".a@example.com",
    ] {
        assert_eq!(EmailAddress::parse(text), Err(EmailAddressError::Syntax), "{text:?}");
    }
    assert!(EmailAddress::parse("ada@-example-.com").is_err());
}

#[test]
fn an_address_of_254_octets_passes_and_one_more_does_not() {
    let domain =
        format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(59));
    let longest = format!("ab@{domain}");
    assert_eq!(longest.len(), 254);
    assert!(EmailAddress::parse(&longest).is_ok());
    assert!(EmailAddress::parse(&format!("abc@{domain}")).is_err());
}

#[test]
fn neither_the_masked_form_nor_debug_tells_the_address() {
    let address = EmailAddress::parse("ada@example.com").unwrap();
    assert_eq!(address.masked(), "a•••@example.com");
    assert_eq!(format!("{address:?}"), "a•••@example.com");
}

#[test]
fn addresses_of_one_mailbox_have_it_in_common() {
    let mailbox = |address: &str| EmailAddress::parse(address).unwrap().mailbox();
    for same in ["ADA@example.com", "ada+bank@EXAMPLE.com", "Ada+a+b@example.com"] {
        assert_eq!(mailbox(same), mailbox("ada@example.com"), "{same}");
    }
    for other in ["adam@example.com", "ada@example.org", "a.da@example.com", "ada-x@example.com"] {
        assert_ne!(mailbox(other), mailbox("ada@example.com"), "{other}");
    }
    assert_ne!(mailbox("+ada@example.com"), mailbox("+bob@example.com"));
    assert!(!format!("{:?}", mailbox("ada@example.com")).contains("ada"));
}

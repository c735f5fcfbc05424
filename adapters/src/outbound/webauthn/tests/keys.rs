use super::{
    begin,
    made::{self, Made},
    relying_party,
};
use crate::outbound::webauthn::WebAuthn;

/// A key for ES256 with `head` in place of the head of its map, and `tail` behind its entries.
fn key(head: u8, tail: &[u8]) -> Vec<u8> {
    [&[head], &made::es256_key()[1..], tail].concat()
}

/// Why a key is refused at a registration; nothing when it is taken. An import judges alike.
fn refusal(public_key: Vec<u8>) -> String {
    let (challenge, _) = begin(&[], None);
    let can_verify = relying_party().can_verify(&public_key);
    let made = Made { public_key, ..Made::answer(challenge.expose()) };
    let verified = relying_party().verify(&challenge, &made.credential().to_string());
    assert_eq!(verified.is_ok(), can_verify);
    verified.err().map(|error| format!("{error:?}")).unwrap_or_default()
}

#[test]
fn a_key_that_others_may_read_otherwise_is_refused() {
    assert_eq!(refusal(key(0xa5, &[])), "");
    // The same algorithm, another one, and another point.
    for tail in [&[3, 0x26][..], &[3, 0x38, 0x22], &[0x21, 0x41, 0]] {
        let told = refusal(key(0xa6, tail));
        assert!(told.contains("a label is there twice"), "{told}");
    }
    for tail in [&[0xf9, 0x3c, 0, 0x26][..], &[0xf5, 0x26]] {
        let told = refusal(key(0xa6, tail));
        assert!(told.contains("neither a number nor a text"), "{told}");
    }
    let indefinite = key(0xbf, &[0xff]);
    let tagged = [&[0xd9, 0xd9, 0xf7][..], &made::es256_key()].concat();
    let longer_number = key(0xa6, &[0x18, 2, 0]);
    let inner_twice = key(0xa6, &[2, 0xa2, 1, 1, 1, 2]);
    let inner_indefinite = key(0xa6, &[2, 0x5f, 0x41, 0, 0xff]);
    for other in [indefinite, tagged, longer_number, inner_twice, inner_indefinite] {
        assert!(refusal(other.clone()).contains("Form"), "{other:?}");
    }
    assert_eq!(refusal(key(0xa6, &[2, 0x41, 0])), "");
}

#[test]
fn a_key_with_its_private_part_is_refused() {
    let private = [&[0x23, 0x58, 0x20][..], &[1; 32]].concat();
    assert!(refusal(key(0xa6, &private)).contains("Private"));
}

#[test]
fn a_key_has_a_bound() {
    let with = |more: u16| {
        let head = [&[0x61, b'x', 0x59][..], &more.to_be_bytes()].concat();
        key(0xa6, &[head, vec![0; more.into()]].concat())
    };
    let most = 2048 - with(0).len() as u16;
    assert_eq!(refusal(with(most)), "");
    for more in [most + 1, 40_000] {
        assert!(refusal(with(more)).contains("TooLong"));
    }
}

use super::mask;

#[test]
fn every_address_is_masked_and_nothing_else_is() {
    for (answer, masked) in [
        ("550 5.1.1 <ada@example.com>: unknown", "550 5.1.1 <a•••@example.com>: unknown"),
        (
            "552 <ada.l+x@mail.example> full (expanded from <ADA@example.com>)",
            "552 <a•••@mail.example> full (expanded from <A•••@example.com>)",
        ),
        (
            "250 to zoë@bücher.example, b@[127.0.0.1]",
            "250 to z•••@bücher.example, b•••@[127.0.0.1]",
        ),
        ("ada@example.com@example.org", "a•••@e•••@example.org"),
        ("@home: 1 @ 2, see a@ or @", "@home: 1 @ 2, see a@ or @"),
        ("451 try again later", "451 try again later"),
    ] {
        assert_eq!(mask(answer), masked);
    }
}

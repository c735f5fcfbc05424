use super::*;
use crate::outbound::mail::parse_mailbox;

fn from(sender: &str, brand: &str, is_named: bool) -> String {
    let letterhead = Letterhead {
        templates: Templates::built_in().into(),
        sender: Sender { from: parse_mailbox(sender).unwrap(), reply_to: None },
        brand: Brand::named(brand),
        is_named,
    };
    letterhead.from()
}

#[test]
fn mails_are_from_the_brand_that_has_a_name_or_whom_the_sender_names_and_never_from_a_domain() {
    let (named, unnamed) = ("Ada's <no-reply@example.com>", "no-reply@example.com");
    for (sender, is_named, expected) in [
        (named, true, "Example"),
        (unnamed, true, "Example"),
        (named, false, "Ada's"),
        (unnamed, false, "Example"),
        ("\"\u{200b}\" <no-reply@example.com>", false, "Example"),
    ] {
        assert_eq!(from(sender, "Example", is_named), expected, "{sender}, {is_named}");
    }
}

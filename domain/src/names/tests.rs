use crate::{Attachment, LinkState, UnknownName, UserState};

#[test]
fn a_name_leads_back_to_its_value() {
    for name in ["active", "deactivated", "locked", "removed"] {
        assert_eq!(name.parse().map(UserState::name), Ok(name));
    }
    let states =
        ["requested", "sent", "undeliverable", "redeemed", "expired", "replaced", "revoked"];
    for name in states {
        assert_eq!(name.parse().map(LinkState::name), Ok(name));
    }
    for name in ["platform", "cross-platform"] {
        assert_eq!(name.parse().map(Attachment::name), Ok(name));
    }
    assert_eq!("Active".parse::<UserState>(), Err(UnknownName("Active".into())));
}

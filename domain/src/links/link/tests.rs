use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

const STATES: [LinkState; 7] = [
    LinkState::Requested,
    LinkState::Sent,
    LinkState::Redeemed,
    LinkState::Expired,
    LinkState::Replaced,
    LinkState::Revoked,
    LinkState::Undeliverable,
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn link() -> PasskeyLink {
    PasskeyLink {
        id: LinkId::parse("link").unwrap(),
        user: UserId::parse("user").unwrap(),
        organisation: OrganisationId::parse("default").unwrap(),
        delivery: Delivery::Mail(EmailAddress::parse("ada@example.com").unwrap()),
        domain: "localhost".into(),
        key: "k1".parse().unwrap(),
        requested_by: None,
        token: None,
        url_template: None,
        requested: at(0),
        expires: at(3600),
        state: LinkState::Requested,
    }
}

proptest! {
    #[test]
    fn there_is_no_way_out_of_a_final_state(
        steps in proptest::collection::vec((0..STATES.len(), 0..7200_i64), 1..40),
    ) {
        let mut link = link();
        for (state, second) in steps {
            let before = link.clone();
            match link.clone().becomes(STATES[state], at(second)) {
                Ok(after) => {
                    prop_assert!(!before.state.is_final());
                    prop_assert!(after.state != LinkState::Redeemed || at(second) < after.expires);
                    link = after;
                }
                Err(LinkClosed(_)) => prop_assert_eq!(&link, &before),
            }
            if before.state.is_final() {
                prop_assert_eq!(link.state, before.state);
                prop_assert!(!link.is_open_at(at(second)));
            }
        }
    }
}

#[test]
fn a_redeemed_link_stays_redeemed() {
    let redeemed = link().becomes(LinkState::Redeemed, at(1)).unwrap();
    for state in STATES {
        assert_eq!(redeemed.clone().becomes(state, at(2)), Err(LinkClosed(LinkState::Redeemed)));
    }
}

#[test]
fn a_link_is_open_until_the_instant_it_expires() {
    assert!(link().is_open_at(at(3599)));
    assert!(!link().is_open_at(at(3600)));
    assert_eq!(link().becomes(LinkState::Redeemed, at(3600)), Err(LinkClosed(LinkState::Expired)));
}

#[test]
fn the_cutoff_of_resending_and_its_end_are_the_same_time() {
    let expired = PasskeyLink { state: LinkState::Expired, ..link() };
    let end = PasskeyLink::resend_end(expired.expires);
    for (now, can_be_resent) in [(at(3600), true), (end - MILLISECOND, true), (end, false)] {
        assert_eq!(expired.can_be_resent_at(now), can_be_resent, "{now}");
        assert_eq!(expired.expires > PasskeyLink::resend_cutoff(now), can_be_resent, "{now}");
    }
}

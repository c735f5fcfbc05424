use std::sync::Arc;

use passlink_domain::{Delivery, EmailAddress, EventKind};

use super::*;
use crate::fakes::{World, presented};

const LIFETIME: i64 = 3600;
const DAY: i64 = 24 * 3600;

fn resend(world: &Arc<World>) -> ResendLink {
    ResendLink { codes: world.codes(), send: world.send_link() }
}

/// Ada, and the code of a link that was mailed to her.
async fn mailed(world: &Arc<World>) -> (Acting, PresentedCode<LinkId>) {
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Register).await;
    (ada, code)
}

fn again(code: &PresentedCode<LinkId>) -> PresentedCode<LinkId> {
    presented(code.id.clone(), &code.code)
}

#[tokio::test]
async fn an_expired_link_is_mailed_again_once_to_the_registered_address() {
    let world = World::new();
    let (_, code) = mailed(&world).await;
    world.pass(LIFETIME);
    resend(&world).by_code(again(&code)).await.unwrap();
    let state = world.state();
    let newer = &state.links[1];
    assert_eq!(newer.delivery, Delivery::Mail("ada@example.com".parse().unwrap()));
    assert_eq!(newer.state, LinkState::Requested);
    assert_eq!(state.events[2].kind, EventKind::LinkRequested(newer.id.clone()));
    assert_eq!(state.mails.len(), 2);
    world.pass(LIFETIME);
    let second = resend(&world).by_code(code).await;
    assert!(matches!(second, Err(ResendError::Code(CodeError::Invalid))), "{second:?}");
    assert_eq!(world.state().links.len(), 2);
}

#[tokio::test]
async fn who_has_a_link_that_was_mailed_to_another_address_has_no_new_one_mailed() {
    let world = World::new();
    let (ada, code) = mailed(&world).await;
    let returned = world.returned_link(&ada).await;
    world.pass(LIFETIME);
    let address: EmailAddress = "ada@example.org".parse().unwrap();
    world.change_user("ada", |ada| ada.email.as_mut().unwrap().address = address.clone());
    let refused = resend(&world).by_code(code).await;
    assert!(matches!(refused, Err(ResendError::Code(CodeError::Invalid))), "{refused:?}");
    assert_eq!(world.state().links.len(), 2);
    // A returned one was for no address.
    resend(&world).by_code(returned).await.unwrap();
    assert_eq!(world.state().links[2].delivery, Delivery::Mail(address));
}

#[tokio::test]
async fn a_link_that_has_not_expired_or_too_long_ago_is_not_mailed_again() {
    let world = World::new();
    let (_, code) = mailed(&world).await;
    let refused = async || {
        let refused = resend(&world).by_code(again(&code)).await;
        matches!(refused, Err(ResendError::Code(CodeError::Invalid)))
    };
    world.pass(LIFETIME - 1);
    assert!(refused().await, "open");
    world.pass(1);
    for state in [LinkState::Redeemed, LinkState::Replaced, LinkState::Revoked] {
        world.change(|all| all.links[0].state = state);
        assert!(refused().await, "{state:?}");
    }
    world.change(|all| all.links[0].state = LinkState::Sent);
    world.pass(30 * DAY);
    assert!(refused().await, "30 days later");
    world.pass(-1);
    resend(&world).by_code(again(&code)).await.unwrap();
}

#[tokio::test]
async fn a_link_that_was_not_mailed_for_the_limits_can_still_be() {
    let world = World::new();
    let (ada, code) = mailed(&world).await;
    world.pass(LIFETIME);
    world.send_link().send(None, ada).await.unwrap();
    world.pass(20);
    let refused = resend(&world).by_code(again(&code)).await;
    let Err(ResendError::TooMany(limit)) = refused else { panic!("{refused:?}") };
    assert_eq!(limit.retry_after.as_secs(), 40);
    world.pass(40);
    resend(&world).by_code(code).await.unwrap();
}

#[tokio::test]
async fn who_can_not_be_reached_is_mailed_nothing() {
    let world = World::new();
    let (_, code) = mailed(&world).await;
    world.pass(LIFETIME);
    world.change_user("ada", |ada| ada.email.as_mut().unwrap().verified = false);
    let refused = resend(&world).by_code(again(&code)).await;
    assert!(matches!(refused, Err(ResendError::Code(CodeError::Invalid))), "{refused:?}");
    world.change_user("ada", |ada| ada.email.as_mut().unwrap().verified = true);
    resend(&world).by_code(code).await.unwrap();
}

#[tokio::test]
async fn what_a_link_led_to_and_was_requested_by_is_kept() {
    let world = World::new();
    let (_, code) = mailed(&world).await;
    let template = "https://id.example.com/own?id={{.CodeID}}#{{.Code}}";
    world.change(|state| {
        state.links[0].url_template = Some(template.parse().unwrap());
        state.links[0].requested_by = Some("laptop".parse().unwrap());
    });
    world.pass(LIFETIME);
    resend(&world).by_code(code).await.unwrap();
    let newer = &world.state().links[1];
    assert_eq!(newer.url_template, world.state().links[0].url_template);
    assert_eq!(newer.requested_by, world.state().links[0].requested_by);
}

#[tokio::test]
async fn a_resent_link_counts_for_the_organisation() {
    let world = World::new();
    let (_, code) = mailed(&world).await;
    world.pass(LIFETIME);
    let mut resend = resend(&world);
    resend.send.issuer.policy.max_per_organisation = Some(1);
    let bob = world.user("bob").await;
    resend.send.send(None, bob.clone()).await.unwrap();
    let refused = resend.by_code(again(&code)).await;
    let Err(ResendError::TooMany(limit)) = refused else { panic!("{refused:?}") };
    world.pass(limit.retry_after.as_secs() as i64);
    resend.by_code(code).await.unwrap();
    let refused = resend.send.send(None, bob).await;
    assert!(matches!(refused, Err(UserLinkError::TooMany(_))), "{refused:?}");
}

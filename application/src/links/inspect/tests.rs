use std::sync::Arc;

use passlink_domain::{Text, UserEmail, UserState};

use super::*;
use crate::{
    callers::Acting,
    fakes::{World, presented},
};

async fn inspect(world: &Arc<World>, code: &PresentedCode<LinkId>) -> LinkView {
    let inspect = InspectLink(world.codes());
    inspect.by_code(presented(code.id.clone(), &code.code)).await.unwrap()
}

async fn mailed(world: &Arc<World>) -> (Acting, PresentedCode<LinkId>) {
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Register).await;
    (ada, code)
}

#[tokio::test]
async fn a_page_learns_whose_link_it_is_and_what_became_of_it_and_changes_nothing() {
    let world = World::new();
    let (ada, code) = mailed(&world).await;
    let before = world.state();
    let expires = before.links[0].expires;
    let view = inspect(&world, &code).await;
    let expected = LinkView {
        state: LinkState::Requested,
        user: ada.user,
        display_name: "Ada Example".into(),
        masked_email: "a•••@example.com".into(),
        language: "en".parse().ok(),
        requested: before.links[0].requested,
        expires,
    };
    assert_eq!(view, expected);
    assert_eq!(world.state().links, before.links);
    assert_eq!(world.state().events, before.events);
    for state in [LinkState::Sent, LinkState::Redeemed, LinkState::Replaced, LinkState::Revoked] {
        world.change(|all| all.links[0].state = state);
        assert_eq!(inspect(&world, &code).await.state, state);
    }
    world.change(|all| all.links[0].state = LinkState::Sent);
    world.pass(3600);
    assert_eq!(inspect(&world, &code).await.state, LinkState::Expired);
}

#[tokio::test]
async fn a_mailed_link_whose_address_is_no_longer_the_users_counts_as_revoked_and_tells_nothing_new()
 {
    let world = World::new();
    let (ada, mailed) = mailed(&world).await;
    let returned = world.returned_link(&ada).await;
    let moved: [fn(&mut User); 2] = [
        |ada| ada.email = None,
        |ada| {
            ada.email =
                Some(UserEmail { address: "ada@example.org".parse().unwrap(), verified: true });
            ada.display_name = Text::parse("Ada Newname").unwrap();
        },
    ];
    for change in moved {
        world.change_user("ada", change);
        for state in [LinkState::Sent, LinkState::Expired, LinkState::Replaced, LinkState::Redeemed]
        {
            world.change(|all| all.links[0].state = state);
            let view = inspect(&world, &mailed).await;
            let told = match state {
                LinkState::Redeemed => LinkState::Redeemed,
                _ => LinkState::Revoked,
            };
            assert_eq!((view.state, &*view.masked_email, &*view.display_name), (told, "", ""));
        }
    }
    let view = inspect(&world, &returned).await;
    assert_eq!((view.state, &*view.masked_email), (LinkState::Requested, "a•••@example.org"));
    assert_eq!(view.display_name, "Ada Newname");
}

#[tokio::test]
async fn a_name_that_is_the_address_is_not_told() {
    let world = World::new();
    let ada = world.user("ada").await;
    let returned = world.returned_link(&ada).await;
    world.change_user("ada", |ada| ada.display_name = Text::parse("ada@example.com").unwrap());
    let view = inspect(&world, &returned).await;
    assert_eq!((&*view.display_name, &*view.masked_email), ("", "a•••@example.com"));
}

#[tokio::test]
async fn who_can_revoke_a_link_sees_it_whatever_the_users_state_and_not_at_a_mailbox_of_before() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Revoke).await;
    let inspect = InspectLink(world.codes());
    let view = async || {
        let view = inspect.by_revoke_code(presented(code.id.clone(), &code.code)).await.unwrap();
        (view.state, view.display_name, view.masked_email)
    };
    for state in [UserState::Active, UserState::Locked, UserState::Deactivated] {
        world.change_user("ada", |ada| ada.state = state);
        let (name, address) = ("Ada Example".into(), "a•••@example.com".into());
        assert_eq!(view().await, (LinkState::Requested, name, address), "{state:?}");
    }
    world.change_user("ada", |ada| ada.email = None);
    assert_eq!(view().await, (LinkState::Revoked, String::new(), String::new()));
    let wrong = inspect.by_code(presented(code.id.clone(), &code.code)).await;
    assert!(matches!(wrong, Err(CodeError::Invalid)), "{wrong:?}");
}

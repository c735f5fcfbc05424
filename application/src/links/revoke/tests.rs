use super::*;
use crate::{
    fakes::{World, presented},
    links::{ListLinks, ResendError, ResendLink},
};

#[tokio::test]
async fn a_revoked_link_is_a_change_in_the_history_and_its_mail_is_not_sent() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller.clone()).await.unwrap();
    let listed = ListLinks(world.ports());
    let links = RevokeLink(world.ports());
    let id = listed.page(caller.user.clone(), None, 9).await.unwrap().remove(0).id;
    assert_eq!(links.revoke(id.clone()).await.unwrap().state, LinkState::Revoked);
    assert_eq!(world.state().events[2].kind, EventKind::LinkRevoked(id.clone()));
    assert_eq!(world.state().users["ada"].sequence.get(), 3);
    let again = links.revoke(id).await;
    assert!(matches!(again, Err(LinkError::Ended(LinkState::Revoked))));
    assert_eq!(world.counted(LinkState::Revoked), 1);
    let claimed = world.claim().await.remove(0);
    world.deliver(claimed).await;
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_link_whose_time_has_run_out_is_shown_as_expired_and_can_not_be_revoked() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().send(None, caller.clone()).await.unwrap();
    world.pass(3600);
    let listed = ListLinks(world.ports());
    let links = RevokeLink(world.ports());
    let link = listed.page(caller.user, None, 9).await.unwrap().remove(0);
    assert_eq!(link.state, LinkState::Expired);
    let revoked = links.revoke(link.id).await;
    assert!(matches!(revoked, Err(LinkError::Ended(LinkState::Expired))));
}

#[tokio::test]
async fn the_revoke_code_of_the_mail_ends_the_link_however_often_it_is_used() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Revoke).await;
    let (links, codes) = (RevokeLink(world.ports()), world.codes());
    let revoke = async || links.by_code(&codes, presented(code.id.clone(), &code.code)).await;
    revoke().await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Revoked);
    assert_eq!(world.state().events[2].kind, EventKind::LinkRevoked(code.id.clone()));
    for state in [LinkState::Revoked, LinkState::Replaced, LinkState::Expired] {
        world.change(|all| all.links[0].state = state);
        revoke().await.unwrap();
    }
    assert_eq!(world.state().events.len(), 3);
    world.change(|all| all.links[0].state = LinkState::Redeemed);
    assert!(matches!(revoke().await, Err(CodeError::Invalid)));
}

#[tokio::test]
async fn an_expired_link_that_was_revoked_is_not_mailed_again() {
    let world = World::new();
    let ada = world.user("ada").await;
    let register = world.mailed_link(&ada, Purpose::Register).await;
    let link = world.state().links.remove(0);
    let code = World::keys().derive(&link.key, &link.code_binding(Purpose::Revoke)).unwrap();
    world.pass(3600);
    let links = RevokeLink(world.ports());
    for _ in 0..2 {
        let revoke = presented(link.id.clone(), code.expose());
        links.by_code(&world.codes(), revoke).await.unwrap();
    }
    let resent =
        ResendLink { codes: world.codes(), send: world.send_link() }.by_code(register).await;
    assert!(matches!(resent, Err(ResendError::Code(CodeError::Invalid))), "{resent:?}");
    assert_eq!(world.state().links, [link]);
    assert_eq!((world.state().events.len(), world.counted(LinkState::Revoked)), (2, 0));
}

#[tokio::test]
async fn a_code_that_registers_does_not_revoke() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Register).await;
    let links = RevokeLink(world.ports());
    let refused = links.by_code(&world.codes(), code).await;
    assert!(matches!(refused, Err(CodeError::Invalid)));
    assert_eq!(world.state().links[0].state, LinkState::Requested);
}

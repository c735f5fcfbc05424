use passlink_domain::{LinkState, Purpose};

use super::*;
use crate::{
    callers::CallerError,
    codes::CodeError,
    fakes::World,
    links::{AddLink, ResendError, ResendLink, UserLinkError},
};

#[tokio::test]
async fn a_token_speaks_for_its_user_until_it_expires_or_is_revoked() {
    let world = World::new();
    let user = world.user("ada").await.user;
    let tokens = ManageTokens(world.ports());
    let new = |lifetime| NewToken { lifetime, ..NewToken::of(user.clone()) };
    let (_, short) = tokens.create(new(Some(Duration::from_secs(10)))).await.unwrap();
    let (token, lasting) = tokens.create(new(None)).await.unwrap();
    assert_eq!(world.acting_by(&short).await.unwrap().user, user);
    world.pass(10);
    assert!(matches!(world.acting_by(&short).await, Err(CallerError::Invalid(_))));
    assert_eq!(world.acting_by(&lasting).await.unwrap().user, user);
    let revoked = tokens.revoke(token.id.clone()).await.unwrap();
    assert!(matches!(world.acting_by(&lasting).await, Err(CallerError::Invalid(_))));
    world.pass(10);
    assert_eq!(tokens.revoke(token.id).await.unwrap().token, revoked.token);
    assert_eq!(tokens.list(TokensOf::User(user)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn there_is_no_token_for_nobody() {
    let world = World::new();
    let tokens = ManageTokens(world.ports());
    let nobody: UserId = "nobody".parse().unwrap();
    let new = NewToken::of(nobody.clone());
    assert!(matches!(tokens.create(new).await, Err(TokenError::UserNotFound)));
    assert!(matches!(tokens.list(TokensOf::User(nobody)).await, Err(TokenError::UserNotFound)));
    let unknown = BearerToken::presented("passlink_unknown").unwrap();
    assert!(matches!(world.acting_by(&unknown).await, Err(CallerError::Invalid(_))));
}

#[tokio::test]
async fn revoking_a_token_ends_the_open_links_that_it_made_and_no_other() {
    let world = World::new();
    let user = world.user("ada").await.user;
    let tokens = ManageTokens(world.ports());
    let new = || NewToken::of(user.clone());
    let (token, bearer) = tokens.create(new()).await.unwrap();
    let (_, other) = tokens.create(new()).await.unwrap();
    let caller = world.acting_by(&bearer).await.unwrap();
    let mailed = world.mailed_link(&caller, Purpose::Register).await;
    world.returned_link(&caller).await;
    let other = world.acting_by(&other).await.unwrap();
    world.returned_link(&other).await;
    let revoked = tokens.revoke(token.id.clone()).await.unwrap();
    assert_eq!((revoked.mailed, revoked.returned), (1, 1));
    let states: Vec<_> = world.state().links.iter().map(|link| link.state).collect();
    assert_eq!(states, [LinkState::Revoked, LinkState::Revoked, LinkState::Requested]);
    let again = tokens.revoke(token.id).await.unwrap();
    assert_eq!((again.token, again.mailed, again.returned), (revoked.token, 0, 0));

    // Who got in before the token was revoked comes too late.
    let late = AddLink { issuer: world.issuer(), offered: true }.add(caller.clone()).await;
    assert!(matches!(late, Err(UserLinkError::TokenEnded)), "{late:?}");
    let late = world.send_link().send(None, caller).await;
    assert!(matches!(late, Err(UserLinkError::TokenEnded)), "{late:?}");
    // As if the link had run out before.
    world.change(|state| state.links[0].state = LinkState::Expired);
    world.pass(3600);
    let resent = ResendLink { codes: world.codes(), send: world.send_link() }.by_code(mailed).await;
    assert!(matches!(resent, Err(ResendError::Code(CodeError::Invalid))), "{resent:?}");
}

#[tokio::test]
async fn a_link_whose_token_expired_meanwhile_can_be_resent() {
    let world = World::new();
    let user = world.user("ada").await.user;
    let tokens = ManageTokens(world.ports());
    let lifetime = Some(std::time::Duration::from_secs(60));
    let (_, bearer) = tokens.create(NewToken { lifetime, ..NewToken::of(user) }).await.unwrap();
    let caller = world.acting_by(&bearer).await.unwrap();
    let mailed = world.mailed_link(&caller, Purpose::Register).await;
    world.pass(3600);
    let late = world.send_link().send(None, caller).await;
    assert!(matches!(late, Err(UserLinkError::TokenEnded)), "{late:?}");
    ResendLink { codes: world.codes(), send: world.send_link() }.by_code(mailed).await.unwrap();
}

use super::*;
use crate::fakes::World;

#[tokio::test]
async fn a_token_speaks_for_its_user_until_it_expires_or_is_revoked() {
    let world = World::new();
    let user = world.user("ada").await.user;
    let tokens = TokenUseCases::new(world.clone(), world.clone(), world.clone());
    let new = |lifetime| NewToken { user: user.clone(), name: None, lifetime };
    let (_, short) = tokens.create(new(Some(Duration::from_secs(10)))).await.unwrap();
    let (token, lasting) = tokens.create(new(None)).await.unwrap();
    assert_eq!(tokens.caller(&short).await.unwrap().user, user);
    world.pass(10);
    assert!(matches!(tokens.caller(&short).await, Err(AuthenticateError::Invalid)));
    assert_eq!(tokens.caller(&lasting).await.unwrap().user, user);
    let revoked = tokens.revoke(token.id.clone()).await.unwrap();
    assert!(matches!(tokens.caller(&lasting).await, Err(AuthenticateError::Invalid)));
    world.pass(10);
    assert_eq!(tokens.revoke(token.id).await.unwrap().revoked, revoked.revoked);
    assert_eq!(tokens.list(user).await.unwrap().len(), 2);
}

#[tokio::test]
async fn there_is_no_token_for_nobody() {
    let world = World::new();
    let tokens = TokenUseCases::new(world.clone(), world.clone(), world.clone());
    let nobody: UserId = "nobody".parse().unwrap();
    let new = NewToken { user: nobody.clone(), name: None, lifetime: None };
    assert!(matches!(tokens.create(new).await, Err(TokenError::UserNotFound)));
    assert!(matches!(tokens.list(nobody).await, Err(TokenError::UserNotFound)));
    let unknown = BearerToken::presented("passlink_unknown").unwrap();
    assert!(matches!(tokens.caller(&unknown).await, Err(AuthenticateError::Invalid)));
}

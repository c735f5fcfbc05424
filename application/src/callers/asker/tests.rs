use std::sync::{Mutex, atomic::Ordering};

use passlink_domain::{Holder, Permission, UserId};

use super::*;
use crate::{
    callers::{ManageTokens, NewToken},
    fakes::World,
    links::UserLinkError,
    passkeys::{ListPasskeys, PasskeyError},
};

async fn token(world: &Arc<World>, holder: Holder, permissions: &str) -> BearerToken {
    let permissions = permissions.parse().unwrap();
    let new = NewToken { holder, permissions, name: None, lifetime: None };
    ManageTokens(world.ports()).create(new).await.unwrap().1
}

/// What came of listing passkeys, who was found to have the token, and the token.
async fn lists(
    world: &Arc<World>,
    token: &BearerToken,
    user: Option<&str>,
) -> (Result<usize, PasskeyError>, Option<Holder>, Arc<PendingToken>) {
    let user: Option<UserId> = user.map(|user| user.parse().unwrap());
    let asked = Asked::to_act(user.as_ref(), Permission::PasskeyRead);
    let found = Arc::new(Mutex::new(None));
    let heard = found.clone();
    let on_found = move |caller: &Caller| *heard.lock().unwrap() = Some(caller.holder.clone());
    let token = Arc::new(PendingToken::new(world.callers(), token, asked, on_found));
    let list = ListPasskeys { ports: world.ports(), domain: World::domain() };
    let listed = list.list(Asker::Token(token.clone())).await;
    let found = found.lock().unwrap().take();
    (listed.map(|(passkeys, _)| passkeys.len()), found, token)
}

#[tokio::test]
async fn who_holds_a_token_is_looked_up_with_what_they_ask_for() {
    let world = World::new();
    world.user("ada").await;
    let ada = || Holder::Person("ada".parse().unwrap());
    let (listed, found, _) = lists(&world, &token(&world, ada(), "").await, None).await;
    assert_eq!((listed.unwrap(), found), (0, Some(ada())));
    let (denied, found, _) = lists(&world, &token(&world, ada(), "").await, Some("bob")).await;
    assert!(matches!(denied, Err(PasskeyError::Caller(CallerError::Denied))), "{denied:?}");
    assert_eq!(found, Some(ada()), "who it is is known all the same");
}

#[tokio::test]
async fn a_token_that_does_not_hold_speaks_for_nobody() {
    let world = World::new();
    let shop = Holder::Service { name: "shop".parse().unwrap(), reach: "*".parse().unwrap() };
    let elsewhere = token(&World::new(), shop, "").await;
    let (refused, found, token) = lists(&world, &elsewhere, None).await;
    assert!(matches!(refused, Err(PasskeyError::Caller(CallerError::Invalid(_)))), "{refused:?}");
    assert_eq!(found, None);
    token.note_use().await;
}

#[tokio::test]
async fn a_link_is_sent_in_one_turn_with_the_look_for_the_token() {
    let world = World::new();
    world.user("ada").await;
    let ada = Holder::Person("ada".parse().unwrap());
    let shop = Holder::Service { name: "shop".parse().unwrap(), reach: "*".parse().unwrap() };
    let (ours, unknown) = (token(&world, ada, "").await, token(&World::new(), shop, "").await);
    let looks = world.looks.load(Ordering::Relaxed);
    let send = async |token: &BearerToken| {
        let asked = Asked::to_act(None, Permission::PasskeyWrite);
        let token = Arc::new(PendingToken::new(world.callers(), token, asked, |_| ()));
        (world.send_link().send(None, Asker::Token(token.clone())).await, token.holds())
    };
    let (sent, holds) = send(&ours).await;
    assert_eq!((sent.unwrap().1.sequence.get(), holds), (2, Some(true)));
    let (refused, holds) = send(&ours).await;
    assert!(matches!(refused, Err(UserLinkError::TooMany(_))), "{refused:?}");
    assert_eq!(holds, Some(true));
    let (refused, holds) = send(&unknown).await;
    assert!(matches!(refused, Err(UserLinkError::Caller(CallerError::Invalid(_)))), "{refused:?}");
    assert_eq!(holds, Some(false));
    assert_eq!(world.looks.load(Ordering::Relaxed), looks);
    assert_eq!(world.state().links.len(), 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_is_corrected_for_whoever_was_looked_up_in_the_same_turn() {
    let world = World::new();
    world.user("ada").await;
    let ours = token(&world, Holder::Person("ada".parse().unwrap()), "").await;
    let send = async || {
        let asked = Asked::to_act(None, Permission::PasskeyWrite);
        let token = PendingToken::new(world.callers(), &ours, asked, |_| ());
        world.send_link().send(None, Asker::Token(Arc::new(token))).await
    };
    world.set_clock(24 * 3600);
    send().await.unwrap();
    world.set_clock(-24 * 3600);
    assert!(matches!(send().await, Err(UserLinkError::TooMany(_))));
    world.pass(3600);
    send().await.unwrap();
}

#[tokio::test]
async fn the_use_of_a_services_token_is_noted() {
    let world = World::new();
    world.user("ada").await;
    let shop = Holder::Service { name: "shop".parse().unwrap(), reach: "*".parse().unwrap() };
    let token = token(&world, shop, "user.passkey.read").await;
    let (listed, _, token) = lists(&world, &token, Some("ada")).await;
    assert_eq!(listed.unwrap(), 0);
    let used = || world.state().tokens.iter().filter_map(|(token, _)| token.last_used).count();
    assert_eq!(used(), 0);
    token.note_use().await;
    assert_eq!(used(), 1);
}

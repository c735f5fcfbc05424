use std::sync::{Arc, atomic::Ordering};

use passlink_domain::UserState;

use super::*;
use crate::fakes::{World, presented};

async fn mailed(world: &Arc<World>) -> PresentedCode<LinkId> {
    let ada = world.user("ada").await;
    world.mailed_link(&ada, Purpose::Register).await
}

fn from(address: &str, id: &LinkId, code: &str) -> PresentedCode<LinkId> {
    let from = Some(ClientAddress(address.parse().unwrap()));
    PresentedCode { from, ..presented(id.clone(), code) }
}

#[tokio::test]
async fn a_code_opens_its_link_for_its_purpose_whatever_became_of_the_link() {
    let world = World::new();
    let code = mailed(&world).await;
    let codes = world.codes();
    let (link, user) = codes.link(&code, Purpose::Register).await.unwrap();
    assert_eq!((&link.id, user.id.as_str()), (&code.id, "ada"));
    world.pass(3600 * 24);
    codes.link(&code, Purpose::Register).await.unwrap();
    for purpose in [Purpose::Revoke, Purpose::Undo] {
        let refused = codes.link(&code, purpose).await;
        assert!(matches!(refused, Err(CodeError::Invalid)), "{purpose:?}: {refused:?}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_is_told_alike() {
    let world = World::new();
    let code = mailed(&world).await;
    let refused = async |id: &str, code: &str| {
        // A desk of its own, so that nothing is limited.
        let presented = presented(id.parse().unwrap(), code);
        let refused = world.codes().link(&presented, Purpose::Register).await;
        matches!(refused, Err(CodeError::Invalid))
    };
    assert!(refused(code.id.as_str(), "wrong").await);
    assert!(refused(code.id.as_str(), &code.code[1..]).await);
    assert!(refused("unknown", &code.code).await);
    for state in [UserState::Deactivated, UserState::Locked, UserState::Removed] {
        world.change_user("ada", |ada| ada.state = state);
        assert!(refused(code.id.as_str(), &code.code).await, "{state:?}");
    }
    world.change(|state| state.users.clear());
    assert!(refused(code.id.as_str(), &code.code).await);
    world.change(|state| state.links[0].key = "k0".parse().unwrap());
    assert!(refused(code.id.as_str(), &code.code).await, "its key is gone");
}

#[tokio::test]
async fn this_was_not_me_is_for_everybody_who_was_not_removed() {
    let world = World::new();
    let ada = world.user("ada").await;
    let code = world.mailed_link(&ada, Purpose::Revoke).await;
    for (state, may) in [
        (UserState::Active, true),
        (UserState::Deactivated, true),
        (UserState::Locked, true),
        (UserState::Removed, false),
    ] {
        world.change_user("ada", |ada| ada.state = state);
        let opened = world.codes().link(&code, Purpose::Revoke).await;
        assert_eq!(opened.is_ok(), may, "{state:?}: {opened:?}");
    }
}

#[tokio::test]
async fn wrong_codes_are_limited_for_a_client_and_for_a_link_and_a_right_one_holds() {
    let world = World::new();
    let code = mailed(&world).await;
    let codes = world.codes();
    let attempt = async |address: &str, id: &str| {
        codes.link(&from(address, &id.parse().unwrap(), "wrong"), Purpose::Register).await
    };
    for id in ["1", "2", "3"] {
        assert!(matches!(attempt("192.0.2.1", id).await, Err(CodeError::Invalid)));
    }
    let limited = attempt("192.0.2.1", "4").await;
    assert!(matches!(limited, Err(CodeError::TooMany(_))), "{limited:?}");
    for host in 2..5 {
        let refused = attempt(&format!("192.0.2.{host}"), code.id.as_str()).await;
        assert!(matches!(refused, Err(CodeError::Invalid)), "{refused:?}");
    }
    let limited = attempt("192.0.2.5", code.id.as_str()).await;
    let Err(CodeError::TooMany(limit)) = limited else { panic!("{limited:?}") };
    assert_eq!(limit.retry_after.as_secs(), 20);
    let right = from("192.0.2.1", &code.id, &code.code);
    codes.link(&right, Purpose::Register).await.unwrap();
    world.pass(20);
    assert!(matches!(attempt("192.0.2.6", code.id.as_str()).await, Err(CodeError::Invalid)));
}

#[tokio::test]
async fn an_id_that_is_an_address_counts_for_no_client() {
    let world = World::new();
    world.user("ada").await;
    let codes = world.codes();
    for host in 1..4 {
        let wrong = from(&format!("192.0.2.{host}"), &"192.0.2.9".parse().unwrap(), "wrong");
        assert!(matches!(codes.link(&wrong, Purpose::Register).await, Err(CodeError::Invalid)));
    }
    let other = from("192.0.2.9", &"other".parse().unwrap(), "wrong");
    assert!(matches!(codes.link(&other, Purpose::Register).await, Err(CodeError::Invalid)));
}

#[tokio::test]
async fn a_wrong_code_reads_as_much_for_what_is_there_as_for_what_is_not() {
    let world = World::new();
    let link = mailed(&world).await.id;
    let wrong = Arc::new(Limiter::per_minute(100, world.clone()));
    let codes = CodeChecker { wrong, ..world.codes() };
    let unknown: LinkId = "unknown".parse().unwrap();
    for (id, state) in [
        (&link, UserState::Active),
        (&link, UserState::Locked),
        (&link, UserState::Removed),
        (&unknown, UserState::Active),
    ] {
        world.change_user("ada", |ada| ada.state = state);
        for purpose in [Purpose::Register, Purpose::Revoke] {
            let before = world.looks.load(Ordering::Relaxed);
            let refused = codes.link(&presented(id.clone(), "wrong"), purpose).await;
            assert!(matches!(refused, Err(CodeError::Invalid)), "{refused:?}");
            assert_eq!(world.looks.load(Ordering::Relaxed) - before, 1, "{id} {state:?}");
        }
        let passkey = PasskeyId::parse(id.as_str()).unwrap();
        let before = world.looks.load(Ordering::Relaxed);
        let refused = codes.passkey(&presented(passkey, "wrong")).await;
        assert!(matches!(refused, Err(CodeError::Invalid)), "{refused:?}");
        assert_eq!(world.looks.load(Ordering::Relaxed) - before, 1, "{id} {state:?}");
    }
}

//! Attempts at sessions of another user or organisation, on every method that sessions have.

use passlink_tests::{Call, Key, Protocol, sessions::*};

use super::{
    attempts::{Attempt, DENIED, INVALID, MISSING, NOT_FOUND, Stage, WRONG},
    table::{METHODS, Needs, Target},
    *,
};

const NO_SESSION: (u32, &str) = (5, "SESSION-NotFound");

/// What there is no session of, and nobody who has one.
fn unknown(stage: &Stage, target: &Target) -> Target {
    Target { user: stage.nobody.clone(), session: "unknown".to_owned(), ..target.clone() }
}

/// A session in which Ada has signed in.
async fn target(stage: &Stage, passkey: &SigningPasskey) -> Target {
    let app = BackEnd::new(&stage.passlink);
    Target { session: app.signed_in(passkey).await.id, ..Target::none(&stage.ada) }
}

/// How many sessions a list has.
fn listed(protocol: Protocol, call: &Call, outcome: &passlink_tests::Outcome) -> usize {
    let list = protocol.answer(call, outcome);
    list["sessions"].as_array().map_or(0, Vec::len)
}

async fn assert_sessions_are_kept_apart(protocol: Protocol) {
    let stage = Stage::set(protocol).await;
    let Stage { passlink, ada, bob, eve, .. } = &stage;
    let passkey = SigningPasskey::register(passlink, ada, Key::es256()).await;
    for permission in ["session.read", "session.write", "session.delete"] {
        let others = &all_but(permission)[..];
        let without_token: [Attempt; 2] =
            [("nobody", None, MISSING), ("a wrong token", Some(WRONG.to_owned()), INVALID)];
        let services: [Attempt; 4] = [
            ("a service without a permission", stage.service("default", &[]), DENIED),
            ("a service with other permissions", stage.service("default", others), DENIED),
            ("a service of another one, without", stage.service("other", others), DENIED),
            ("a service of all, without", stage.service("*", others), DENIED),
        ];
        let persons: [Attempt; 3] = [
            ("a person of the organisation", Some(bob.token.clone()), DENIED),
            ("a person of another one", Some(eve.token.clone()), DENIED),
            ("a person with other permissions", stage.person(bob, others), DENIED),
        ];
        let elsewhere = [
            ("a service of another one", stage.service("other", &PERMISSIONS)),
            ("a service of one without users", stage.service("none", &PERMISSIONS)),
            ("a person of another one", stage.person(eve, &PERMISSIONS)),
        ];
        let allowed = [
            ("a person with the permission", stage.person(bob, &[permission])),
            ("a service", stage.service("default", &[permission])),
            ("a service of all", stage.service("*", &[permission])),
        ];
        for (needs, of) in METHODS {
            if !matches!(needs, Needs::Session(it) if *it == permission) {
                continue;
            }
            let target = target(&stage, &passkey).await;
            let (call, of_none) = (of(&target), of(&unknown(&stage, &target)));
            let refused = stage.refuse(&call, &[&without_token[..], &services].concat()).await;
            let none = stage.refuse(&of_none, &[&without_token[..], &services].concat()).await;
            for (told, told_of_none) in refused.iter().zip(&none) {
                assert_eq!(told.whole(), told_of_none.whole(), "{} by {protocol:?}", call.rpc);
            }
            let is_list = call.rpc.ends_with("/ListSessions");
            if is_list {
                // Persons see their own ones, and who is elsewhere sees those of their place.
                let persons = persons.iter().map(|(who, token, _)| (*who, token.clone()));
                for (who, token) in persons.chain(elsewhere.clone()) {
                    let outcome = stage.call(token.as_deref(), &call).await;
                    assert_eq!(listed(protocol, &call, &outcome), 0, "{who} by {protocol:?}");
                }
            } else {
                stage.refuse(&call, &persons).await;
                let is_create = call.rpc.ends_with("/CreateSession");
                let expected = if is_create { NOT_FOUND } else { NO_SESSION };
                let elsewhere = elsewhere.clone().map(|(who, token)| (who, token, expected));
                let hidden = stage.refuse(&call, &elsewhere).await;
                let missing = stage.refuse(&of_none, &elsewhere).await;
                for (told, told_of_none) in hidden.iter().zip(&missing) {
                    assert_eq!(told.whole(), told_of_none.whole(), "{} by {protocol:?}", call.rpc);
                }
            }
            // The one who has signed in, and those who have the permission.
            let own =
                (permission != "session.write").then(|| ("the user", Some(ada.token.clone())));
            for (who, token) in own.into_iter().chain(allowed.clone()) {
                let call = of(&self::target(&stage, &passkey).await);
                let outcome = stage.call(token.as_deref(), &call).await;
                assert_eq!(outcome.code, 0, "{who} at {} by {protocol:?}: {outcome:?}", call.rpc);
                assert!(!is_list || listed(protocol, &call, &outcome) > 0, "{who} by {protocol:?}");
            }
            if permission == "session.write" {
                stage.refuse(&call, &[("the user", Some(ada.token.clone()), DENIED)]).await;
            }
        }
    }
}

#[tokio::test]
async fn sessions_are_kept_apart_on_rest() {
    assert_sessions_are_kept_apart(Protocol::Rest).await;
}

#[tokio::test]
async fn sessions_are_kept_apart_on_grpc() {
    assert_sessions_are_kept_apart(Protocol::Grpc).await;
}

#[tokio::test]
async fn sessions_are_kept_apart_on_grpc_web() {
    assert_sessions_are_kept_apart(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn sessions_are_kept_apart_on_connect() {
    assert_sessions_are_kept_apart(Protocol::Connect).await;
}

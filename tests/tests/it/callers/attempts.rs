//! Attempts at what is another user's, on every method that takes a token, and the calls that are allowed.

use passlink_tests::{Call, Outcome, Protocol};

use super::{
    table::{METHODS, Needs, Target},
    *,
};

pub(super) const MISSING: (u32, &str) = (16, "AUTH-Missing");
pub(super) const INVALID: (u32, &str) = (16, "AUTH-Invalid");
pub(super) const DENIED: (u32, &str) = (7, "AUTH-Denied");
pub(super) const NOT_FOUND: (u32, &str) = (5, "USER-NotFound");
/// Looks like a token that was made here.
pub(super) const WRONG: &str = "passlink_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Users of two organisations, and those who try.
pub(super) struct Stage {
    pub(super) passlink: Passlink,
    pub(super) protocol: Protocol,
    /// Of the organisation `default`, as all are whom nothing else is said of.
    pub(super) ada: Caller,
    pub(super) bob: Caller,
    /// Of the organisation `other`.
    pub(super) eve: Caller,
    pub(super) nobody: Caller,
}

impl Stage {
    pub(super) async fn set(protocol: Protocol) -> Self {
        let passlink = Passlink::with_mail_dir()
            .generous()
            .set("limits.wrong_tokens_per_minute", "10000")
            .set("passkeys.max_per_user", "100")
            .started()
            .await;
        let ada = passlink.ada();
        let bob = passlink.caller("bob@example.com", &[]);
        let eve = passlink.caller("eve@example.com", &["--org", "other"]);
        let nobody = Caller { id: "nobody".to_owned(), ..ada.clone() };
        Self { passlink, protocol, ada, bob, eve, nobody }
    }

    /// A token of a user, with permissions.
    pub(super) fn person(&self, user: &Caller, permissions: &[&str]) -> Option<String> {
        Some(self.passlink.token(&user.id, &permitting(permissions)))
    }

    pub(super) fn service(&self, organisation: &str, permissions: &[&str]) -> Option<String> {
        let permissions = permitting(permissions);
        let more = [&["--organisation", organisation], &permissions[..]].concat();
        Some(self.passlink.service("shop", &more))
    }

    /// A passkey of Ada's, and a registration that she has begun.
    pub(super) async fn target(&self) -> Target {
        let Self { passlink, ada, .. } = self;
        let done = begin(passlink, ada).await;
        let finished = done.finish(passlink, Some(&ada.token), &done.answer().credential()).await;
        finished.sequence();
        let begun = begin(passlink, ada).await;
        let credential = begun.answer().credential();
        Target { passkey: done.id, begun: begun.id, credential, ..Target::none(ada) }
    }

    pub(super) async fn call(&self, token: Option<&str>, call: &Call) -> Outcome {
        self.protocol.call(&self.passlink, token, call).await
    }

    async fn assert_refused(
        &self,
        (who, token): (&str, Option<&str>),
        call: &Call,
        (code, id): (u32, &str),
    ) -> Outcome {
        let outcome = self.call(token, call).await;
        let told = (outcome.code, outcome.id());
        assert_eq!(told, (code, id), "{who} at {} by {:?}", call.rpc, self.protocol);
        assert_eq!(outcome.details.len(), 1, "{who} at {}: {outcome:?}", call.rpc);
        outcome
    }

    /// The call is refused to these, and leaves everything as it was.
    pub(super) async fn refuse(&self, call: &Call, attempts: &[Attempt]) -> Vec<Outcome> {
        let before = (rows(&self.passlink), self.passlink.history(&self.ada.id));
        let mut outcomes = Vec::new();
        for (who, token, expected) in attempts {
            outcomes.push(self.assert_refused((who, token.as_deref()), call, *expected).await);
        }
        let after = (rows(&self.passlink), self.passlink.history(&self.ada.id));
        assert_eq!(after, before, "{} by {:?}", call.rpc, self.protocol);
        outcomes
    }

    /// These may make the call. The first one is about what the others were refused.
    async fn allow(&self, call: fn(&Target) -> Call, first: Target, allowed: &[Allowed]) {
        let mut first = Some(first);
        for (who, token) in allowed {
            let target = match first.take() {
                Some(target) => target,
                None => self.target().await,
            };
            let call = call(&target);
            let outcome = self.call(token.as_deref(), &call).await;
            assert_eq!(
                outcome.code, 0,
                "{who} at {} by {:?}: {outcome:?}",
                call.rpc, self.protocol
            );
        }
    }
}

/// Who tries, with which token, and what they are told.
pub(super) type Attempt = (&'static str, Option<String>, (u32, &'static str));
/// Who may, with which token.
pub(super) type Allowed = (&'static str, Option<String>);

/// The methods that name a user.
async fn assert_users_are_kept_apart(protocol: Protocol) {
    let stage = Stage::set(protocol).await;
    let Stage { passlink, ada, bob, eve, .. } = &stage;
    for permission in [WRITE, READ] {
        let others = &all_but(permission)[..];
        let denied: [Attempt; 9] = [
            ("nobody", None, MISSING),
            ("a wrong token", Some(WRONG.to_owned()), INVALID),
            ("a person of the organisation", Some(bob.token.clone()), DENIED),
            ("a person of another one", Some(eve.token.clone()), DENIED),
            ("a person with other permissions", stage.person(bob, others), DENIED),
            ("a service without a permission", stage.service("default", &[]), DENIED),
            ("a service with other permissions", stage.service("default", others), DENIED),
            ("a service of another one, without", stage.service("other", others), DENIED),
            ("a service of all, without", stage.service("*", others), DENIED),
        ];
        let out_of_reach: [Attempt; 3] = [
            ("a service of another one", stage.service("other", &PERMISSIONS), NOT_FOUND),
            ("a service of one without users", stage.service("none", &PERMISSIONS), NOT_FOUND),
            ("a person of another one", stage.person(eve, &PERMISSIONS), NOT_FOUND),
        ];
        let allowed: [Allowed; 4] = [
            ("the user", Some(ada.token.clone())),
            ("a person with the permission", stage.person(bob, &[permission])),
            ("a service", stage.service("default", &[permission])),
            ("a service of all", stage.service("*", &[permission])),
        ];
        for (needs, call) in METHODS {
            if !matches!(needs, Needs::Permission(it) if *it == permission) {
                continue;
            }
            let target = stage.target().await;
            let unknown = call(&Target { user: stage.nobody.clone(), ..target.clone() });
            let refused = stage.refuse(&unknown, &denied).await;
            let missing = stage.refuse(&unknown, &out_of_reach).await;
            let told_of_none = refused.iter().chain(&missing);
            let refused = stage.refuse(&call(&target), &denied).await;
            let hidden = stage.refuse(&call(&target), &out_of_reach).await;
            for (told, told_of_none) in refused.iter().chain(&hidden).zip(told_of_none) {
                assert_eq!(told.whole(), told_of_none.whole(), "{} by {protocol:?}", unknown.rpc);
            }
            for (who, token) in &allowed[1..] {
                let refused = stage.assert_refused((who, token.as_deref()), &unknown, NOT_FOUND);
                assert_eq!(refused.await.whole(), missing[0].whole(), "{who} at {}", unknown.rpc);
            }
            stage.allow(*call, target, &allowed).await;
        }
    }
    assert_eq!(passlink.history(&eve.id), [1]);
}

/// The methods of the caller's own user.
async fn assert_persons_act_on_themselves(protocol: Protocol) {
    let stage = Stage::set(protocol).await;
    let Stage { passlink, ada, bob, eve, .. } = &stage;
    let refused: [Attempt; 5] = [
        ("nobody", None, MISSING),
        ("a wrong token", Some(WRONG.to_owned()), INVALID),
        ("a service", stage.service("default", &PERMISSIONS), NOT_FOUND),
        ("a service of another one", stage.service("other", &[]), NOT_FOUND),
        ("a service of all", stage.service("*", &PERMISSIONS), NOT_FOUND),
    ];
    let others: [Allowed; 3] = [
        ("a person of the organisation", Some(bob.token.clone())),
        ("a person with all permissions", stage.person(bob, &PERMISSIONS)),
        ("a person of another one", Some(eve.token.clone())),
    ];
    let allowed: [Allowed; 2] = [
        ("the user", Some(ada.token.clone())),
        ("the user, with permissions", stage.person(ada, &PERMISSIONS)),
    ];
    for (needs, call) in METHODS {
        let Needs::Own(of_another) = needs else { continue };
        let target = stage.target().await;
        let made = call(&target);
        stage.refuse(&made, &refused).await;
        let before = passlink.history(&ada.id);
        for (who, token) in &others {
            if let Some(expected) = of_another {
                stage.refuse(&made, &[(*who, token.clone(), *expected)]).await;
                continue;
            }
            let outcome = stage.call(token.as_deref(), &made).await;
            assert_eq!(outcome.code, 0, "{who} at {} by {protocol:?}: {outcome:?}", made.rpc);
            let told = String::from_utf8_lossy(&outcome.message);
            for adas in [&ada.id, &target.passkey] {
                assert!(!told.contains(adas), "{who} at {} by {protocol:?}: {told}", made.rpc);
            }
        }
        assert_eq!(passlink.history(&ada.id), before, "{} by {protocol:?}", made.rpc);
        stage.allow(*call, target, &allowed).await;
    }
}

#[tokio::test]
async fn users_are_kept_apart_on_rest() {
    assert_users_are_kept_apart(Protocol::Rest).await;
}

#[tokio::test]
async fn users_are_kept_apart_on_grpc() {
    assert_users_are_kept_apart(Protocol::Grpc).await;
}

#[tokio::test]
async fn users_are_kept_apart_on_grpc_web() {
    assert_users_are_kept_apart(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn users_are_kept_apart_on_connect() {
    assert_users_are_kept_apart(Protocol::Connect).await;
}

#[tokio::test]
async fn persons_and_no_services_act_on_themselves_on_rest() {
    assert_persons_act_on_themselves(Protocol::Rest).await;
}

#[tokio::test]
async fn persons_and_no_services_act_on_themselves_on_grpc() {
    assert_persons_act_on_themselves(Protocol::Grpc).await;
}

#[tokio::test]
async fn persons_and_no_services_act_on_themselves_on_grpc_web() {
    assert_persons_act_on_themselves(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn persons_and_no_services_act_on_themselves_on_connect() {
    assert_persons_act_on_themselves(Protocol::Connect).await;
}

//! What is of one domain is unknown at another, on every method of every service.

use passlink_tests::{
    Outcome,
    sessions::{SESSIONS, Session},
};

use super::*;

/// Who tries at Globex: with a token of Acme, or with one that Globex knows.
struct Tries {
    of_acme: Vec<String>,
    of_globex: Vec<Option<String>>,
}

impl Estate {
    fn tries(&self) -> Tries {
        let all = permitting(&PERMISSIONS);
        let with_all = |user: &Caller| self.passlink.token(&user.id, &all);
        Tries {
            of_acme: vec![self.ada.token.clone(), with_all(&self.ada), self.service("acme")],
            of_globex: vec![
                None,
                Some(WRONG.to_owned()),
                Some(self.bob.token.clone()),
                Some(with_all(&self.bob)),
                Some(self.service("globex")),
                Some(self.service("*")),
            ],
        }
    }

    /// A passkey of Ada's, and a registration that she has begun, by her token or by a link.
    async fn things(&self, by_link: bool) -> Target {
        let (acme, ada) = (self.acme(), &self.ada);
        let passkey = registered(&acme, ada).await;
        let begun = match by_link {
            true => begin_with(&acme, ada, &returned_code(&acme, ada).await).await,
            false => begin(&acme, ada).await,
        };
        let credential = answer(&acme, &begun).credential();
        let user = json!({ "checks": { "user": { "userId": ada.id } } });
        let session = acme.post(Some(&self.service("acme")), SESSIONS, &user).await;
        let session = Session::created(&session).id;
        Target { passkey, begun: begun.id, credential, session, ..Target::none(ada) }
    }

    /// A link of Ada's that has expired, an open one and a passkey, with their codes.
    async fn codes(&self) -> Target {
        let (acme, ada) = (self.acme(), &self.ada);
        let mut target = Target::none(ada);
        let expired = self.mail(&acme, ada).await.register_link();
        target.expired_link = expired.query["codeID"].clone();
        target.codes.expired = self.passlink.expired(&expired).code;
        let mail = self.mail(&acme, ada).await;
        target.link = mail.register_link().query["codeID"].clone();
        target.codes.register = mail.register_link().code;
        target.codes.revoke = mail.revoke_link().code;
        target.passkey = registered(&acme, ada).await;
        target.codes.undo = mail_with(&self.mails, &target.passkey).await.undo_link().code;
        target
    }

    /// What Globex answers to a call, which is a refusal without a word about Acme.
    async fn refused(&self, protocol: Protocol, token: Option<&str>, call: &Call) -> Outcome {
        let outcome = protocol.call(&self.globex(), token, call).await;
        assert_ne!(outcome.code, 0, "{} by {protocol:?}: {outcome:?}", call.rpc);
        let body = String::from_utf8_lossy(&outcome.body);
        self.assert_silent_of_acme(&[&body, &format!("{:?}", outcome.headers)]);
        outcome
    }

    fn state(&self) -> impl PartialEq + std::fmt::Debug {
        let [adas, bobs] = [&self.ada, &self.bob].map(|user| self.passlink.history(&user.id));
        (rows(&self.passlink), adas, bobs)
    }
}

/// What nobody made, but for the user.
fn made_up(target: &Target, user: &Caller) -> Target {
    let mut credential = target.credential.clone();
    if let Some(data) = credential["response"].get_mut("clientDataJSON") {
        // Other octets at the place of the challenge.
        let text = data.as_str().unwrap();
        let turned = text.chars().rev().collect::<String>();
        *data = json!(turned);
    }
    let other = |id: &str| id.chars().rev().collect::<String>();
    Target {
        user: user.clone(),
        passkey: other(&target.passkey),
        begun: other(&target.begun),
        credential,
        session: other(&target.session),
        link: other(&target.link),
        expired_link: other(&target.expired_link),
        codes: target.codes.clone(),
    }
}

/// The methods that take a token: for Ada, and for Bob with what is Ada's.
async fn assert_tokens_reach_nothing_elsewhere(protocol: Protocol) {
    let estate = Estate::set().await;
    let Estate { ada, bob, .. } = &estate;
    let Tries { of_acme, of_globex } = estate.tries();
    let nobody = Caller { id: ada.id.chars().rev().collect(), ..ada.clone() };
    let methods = METHODS.iter().filter(|(needs, _)| !matches!(needs, Needs::Code));
    for (needs, of) in methods {
        let verifies = of(&Target::none(ada)).rpc.contains("/Verify");
        for by_link in [false, true].into_iter().filter(|by_link| verifies || !by_link) {
            let adas = estate.things(by_link).await;
            let before = estate.state();
            let (called, unknown) = (of(&adas), of(&made_up(&adas, &nobody)));
            // Whether a registration needs a token is known of those that were begun here.
            let expected = match called.rpc {
                rpc if rpc.ends_with("/VerifyPasskeyRegistration") => (5, "PASSKEY-NotFound"),
                _ => (16, "AUTH-Invalid"),
            };
            for token in &of_acme {
                let told = estate.refused(protocol, Some(token), &called).await;
                assert_eq!((told.code, told.id()), expected, "{} by {protocol:?}", called.rpc);
                for (token, call) in [(&**token, &unknown), (WRONG, &called), (WRONG, &unknown)] {
                    let of_none = estate.refused(protocol, Some(token), call).await;
                    assert_eq!(told.whole(), of_none.whole(), "{} by {protocol:?}", called.rpc);
                }
            }
            let bobs = Target { user: bob.clone(), ..adas.clone() };
            for (target, unknown) in
                [(&adas, made_up(&adas, &nobody)), (&bobs, made_up(&adas, bob))]
            {
                let (called, unknown) = (of(target), of(&unknown));
                // Bob may act on himself.
                if called.json == unknown.json {
                    continue;
                }
                for token in of_globex.iter().map(Option::as_deref) {
                    let told = estate.refused(protocol, token, &called).await;
                    let of_none = estate.refused(protocol, token, &unknown).await;
                    assert_eq!(told.whole(), of_none.whole(), "{} by {protocol:?}", called.rpc);
                }
            }
            assert_eq!(estate.state(), before, "{} by {protocol:?}", called.rpc);
            // At Acme, the same is done for its own; what a link began, only a link's user finishes.
            let token = match needs {
                Needs::Own(_) if by_link => continue,
                Needs::Own(_) => Some(&*ada.token),
                _ if by_link => None,
                _ => Some(&*of_acme[2]),
            };
            let done = protocol.call(&estate.acme(), token, &called).await;
            assert_eq!(done.code, 0, "{} by {protocol:?}: {done:?}", called.rpc);
        }
    }
}

/// The methods that take a code, and the one that may.
async fn assert_codes_open_nothing_elsewhere(protocol: Protocol) {
    let estate = Estate::set().await;
    let Estate { ada, bob, .. } = &estate;
    let Tries { of_acme, of_globex } = estate.tries();
    let adas = estate.codes().await;
    let nobody = Caller { id: "nobody".to_owned(), ..ada.clone() };
    let unknown = made_up(&adas, &nobody);
    let tokens: Vec<_> = of_acme.into_iter().map(Some).chain(of_globex).collect();
    let register = |target: &Target, user: &Caller| {
        let code = json!({ "id": target.link, "code": target.codes.register });
        call::register(user, json!({ "code": code }))
    };
    let methods = METHODS.iter().filter(|(needs, _)| matches!(needs, Needs::Code));
    let mut calls: Vec<_> = methods.map(|(_, of)| (of(&adas), of(&unknown))).collect();
    let with_code = (register(&adas, ada), register(&unknown, &nobody));
    calls.push((register(&adas, bob), register(&unknown, bob)));
    calls.push(with_code.clone());
    let before = estate.state();
    for (called, unknown) in &calls {
        for token in tokens.iter().map(Option::as_deref) {
            let told = estate.refused(protocol, token, called).await;
            let of_none = estate.refused(protocol, token, unknown).await;
            assert_eq!((told.code, told.id()), (3, "LINK-CodeInvalid"), "{}", called.rpc);
            assert_eq!(told.whole(), of_none.whole(), "{} by {protocol:?}", called.rpc);
        }
    }
    assert_eq!(estate.state(), before, "by {protocol:?}");
    let opened = protocol.call(&estate.acme(), None, &with_code.0).await;
    assert_eq!(opened.code, 0, "{protocol:?}: {opened:?}");
    for (called, _) in &calls[..calls.len() - 2] {
        let done = protocol.call(&estate.acme(), None, called).await;
        assert_eq!(done.code, 0, "{} by {protocol:?}: {done:?}", called.rpc);
    }
}

#[tokio::test]
async fn tokens_and_ids_of_another_domain_are_unknown_on_rest() {
    assert_tokens_reach_nothing_elsewhere(Protocol::Rest).await;
}

#[tokio::test]
async fn tokens_and_ids_of_another_domain_are_unknown_on_grpc() {
    assert_tokens_reach_nothing_elsewhere(Protocol::Grpc).await;
}

#[tokio::test]
async fn tokens_and_ids_of_another_domain_are_unknown_on_grpc_web() {
    assert_tokens_reach_nothing_elsewhere(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn tokens_and_ids_of_another_domain_are_unknown_on_connect() {
    assert_tokens_reach_nothing_elsewhere(Protocol::Connect).await;
}

#[tokio::test]
async fn codes_of_another_domain_are_unknown_on_rest() {
    assert_codes_open_nothing_elsewhere(Protocol::Rest).await;
}

#[tokio::test]
async fn codes_of_another_domain_are_unknown_on_grpc() {
    assert_codes_open_nothing_elsewhere(Protocol::Grpc).await;
}

#[tokio::test]
async fn codes_of_another_domain_are_unknown_on_grpc_web() {
    assert_codes_open_nothing_elsewhere(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn codes_of_another_domain_are_unknown_on_connect() {
    assert_codes_open_nothing_elsewhere(Protocol::Connect).await;
}

/// A service of all organisations reaches those whom the domain serves that it calls. One domain serves
/// all organisations that the others do not.
#[tokio::test]
async fn a_service_of_all_reaches_the_users_of_the_domain_alone() {
    const OTHERS: &str = "login.example.com";
    let estate = Estate::with(|passlink| {
        let [acme, globex] = both(&passlink);
        let mail_from = "no-reply@example.com";
        with_domains(passlink, &[acme, globex, json!({ "host": OTHERS, "mail_from": mail_from })])
    })
    .await;
    let Estate { passlink, ada, bob, .. } = &estate;
    let eve = &passlink.caller("eve@example.com", &[]);
    let all = estate.service("*");
    for (host, served) in [(ACME, ada), (GLOBEX, bob), (OTHERS, eve)] {
        for protocol in Protocol::ALL {
            for user in [ada, bob, eve] {
                for call in [call::list(user), call::create_link(user, json!({ "sendLink": {} }))] {
                    let outcome = protocol.call(&passlink.at(host), Some(&all), &call).await;
                    let expected =
                        if user.id == served.id { (0, "") } else { (5, "USER-NotFound") };
                    assert_eq!((outcome.code, outcome.id()), expected, "{} {protocol:?}", call.rpc);
                }
                let (site, list) = (passlink.at(host), call::list_own());
                let own = protocol.call(&site, Some(&user.token), &list).await;
                let expected = if user.id == served.id { (0, "") } else { (16, "AUTH-Invalid") };
                assert_eq!((own.code, own.id()), expected, "{host} {protocol:?}");
            }
        }
    }
}

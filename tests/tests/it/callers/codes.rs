//! Attempts with the codes of others, on every method that takes a code.

use passlink_tests::{Call, MailServer, Protocol, mime::Mail, until};

use super::{
    table::{Codes, METHODS, Needs, Target},
    *,
};

/// The mail that has this in a link.
pub(crate) async fn mail_with(mails: &MailServer, id: &str) -> Mail {
    until("the mail of a link", async || {
        let received = mails.mails().into_iter();
        received.map(|it| it.mail).find(|mail| mail.text().links.iter().any(|it| it.contains(id)))
    })
    .await
}

/// The user's newest link.
pub(crate) fn newest_link(passlink: &Passlink, user: &Caller) -> String {
    let links = passlink.cli(&["link", "list", "--user", &user.id]).lines();
    links.last().unwrap()["id"].as_str().unwrap().to_owned()
}

/// A link that has expired, an open one and a passkey, with their codes.
async fn target(passlink: &Passlink, mails: &MailServer, user: &Caller) -> Target {
    let mut target = Target::none(user);
    passlink.send_link(&user.token).await.sequence();
    target.expired_link = newest_link(passlink, user);
    let mail = mail_with(mails, &target.expired_link).await;
    target.codes.expired = passlink.expired(&mail.register_link()).code;
    passlink.send_link(&user.token).await.sequence();
    target.link = newest_link(passlink, user);
    let mail = mail_with(mails, &target.link).await;
    target.codes.register = mail.register_link().code;
    target.codes.revoke = mail.revoke_link().code;
    let begun = begin(passlink, user).await;
    let credential = begun.answer().credential();
    begun.finish(passlink, Some(&user.token), &credential).await.sequence();
    target.codes.undo = mail_with(mails, &begun.id).await.undo_link().code;
    target.passkey = begun.id;
    target
}

/// The codes that open something, each with another purpose.
fn turned(codes: &Codes) -> Codes {
    Codes {
        register: codes.revoke.clone(),
        revoke: codes.register.clone(),
        expired: codes.register.clone(),
        undo: codes.expired.clone(),
    }
}

async fn assert_codes_open_nothing_else(protocol: Protocol) {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails)
        .generous()
        .set("limits.wrong_codes_per_minute", "10000")
        .started()
        .await;
    let ada = passlink.ada();
    let bob = passlink.caller("bob@example.com", &[]);
    let adas = target(&passlink, &mails, &ada).await;
    let bobs = target(&passlink, &mails, &bob).await;
    let service = service_of(&passlink, "shop", "*");
    let with = |codes: &Codes| Target { codes: codes.clone(), ..adas.clone() };
    let wrong = [
        ("no code", with(&Codes::default())),
        ("another user's code", with(&bobs.codes)),
        ("a code of another purpose", with(&turned(&adas.codes))),
        ("what is another user's", Target { codes: adas.codes.clone(), ..bobs.clone() }),
        ("nothing that there is", Target { codes: adas.codes.clone(), ..Target::none(&ada) }),
    ];
    let tokens =
        [("nobody", None), ("the user", Some(&*ada.token)), ("a service", Some(&*service))];
    let call = async |token: Option<&str>, call: &Call| {
        let outcome = protocol.call(&passlink, token, call).await;
        (outcome.code, outcome.id().to_owned())
    };
    for (_, of) in METHODS.iter().filter(|(needs, _)| matches!(needs, Needs::Code)) {
        let before = (rows(&passlink), passlink.history(&ada.id), passlink.history(&bob.id));
        for (what, wrong) in &wrong {
            for (who, token) in tokens {
                let wrong = of(wrong);
                let told = call(token, &wrong).await;
                let expected = (3, "LINK-CodeInvalid".to_owned());
                assert_eq!(told, expected, "{what} by {who} at {} by {protocol:?}", wrong.rpc);
            }
        }
        let after = (rows(&passlink), passlink.history(&ada.id), passlink.history(&bob.id));
        assert_eq!(after, before, "by {protocol:?}");
        let right = of(&adas);
        assert_eq!(call(None, &right).await, (0, String::new()), "{} by {protocol:?}", right.rpc);
    }
    assert_eq!(names(&passlink, &ada).await, [""; 0]);
    assert_eq!(names(&passlink, &bob).await, ["Passkey"]);
}

#[tokio::test]
async fn a_code_opens_nothing_but_its_own_on_rest() {
    assert_codes_open_nothing_else(Protocol::Rest).await;
}

#[tokio::test]
async fn a_code_opens_nothing_but_its_own_on_grpc() {
    assert_codes_open_nothing_else(Protocol::Grpc).await;
}

#[tokio::test]
async fn a_code_opens_nothing_but_its_own_on_grpc_web() {
    assert_codes_open_nothing_else(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn a_code_opens_nothing_but_its_own_on_connect() {
    assert_codes_open_nothing_else(Protocol::Connect).await;
}

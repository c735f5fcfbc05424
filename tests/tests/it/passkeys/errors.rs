//! The rows of the error table that each method about passkeys can have, on each protocol.

use passlink_tests::{Call, Detail, HandMade, Outcome, Passlink, Protocol};
use serde_json::json;

use super::{methods as call, *};

/// What is refused: a method, whose token the caller has, and the id of the error.
type Case<'t> = (&'static str, Option<&'t str>, Call, &'static str);

/// Code, HTTP status and text of an error.
fn row(id: &str) -> (u32, u16, &'static str) {
    match id {
        "AUTH-Missing" => (16, 401, "auth header missing"),
        "AUTH-Invalid" => (16, 401, "Errors.Token.Invalid"),
        "AUTH-Denied" => (7, 403, "Errors.PermissionDenied"),
        "USER-NotFound" => (5, 404, "Errors.User.NotFound"),
        "USER-NotActive" => (9, 400, "Errors.User.NotActive"),
        "LINK-CodeInvalid" => (3, 400, "Errors.User.Code.Invalid"),
        "PASSKEY-NotFound" => (5, 404, "Errors.User.WebAuthN.NotFound"),
        "PASSKEY-ValidateFailed" => (3, 400, "Errors.User.WebAuthN.ValidateFailed"),
        "PASSKEY-Exists" => (6, 409, "Errors.User.WebAuthN.AlreadyExists"),
        "PASSKEY-TooMany" => (9, 400, "Errors.User.WebAuthN.TooMany"),
        "REQUEST-Invalid" => (3, 400, "Errors.Invalid: "),
        "REQUEST-Malformed" => (3, 400, "Errors.Request.Malformed"),
        "REQUEST-TooMany" => (8, 429, "Errors.Request.TooMany"),
        "REQUEST-Unimplemented" => (12, 501, "Errors.Unimplemented"),
        "USER-EmailNotVerified" => (9, 400, "Errors.User.Email.NotVerified"),
        "LINK-TooMany" => (8, 429, "Errors.User.Passwordless.TooManyLinks"),
        "LINK-URLTemplate" => (3, 400, "Errors.User.Passwordless.URLTemplate"),
        other => panic!("{other} is not here"),
    }
}

#[track_caller]
fn assert_refused(protocol: Protocol, what: &str, id: &str, outcome: &Outcome) {
    let seen = format!("{what} by {protocol:?}: {outcome:?}");
    let (code, http, text) = row(id);
    let http = match protocol {
        Protocol::Rest | Protocol::Connect => http,
        Protocol::Grpc | Protocol::GrpcWeb => 200,
    };
    assert_eq!((outcome.code, outcome.id(), outcome.http), (code, id, http), "{seen}");
    assert!(outcome.text.starts_with(text) && outcome.text.ends_with(&format!("({id})")), "{seen}");
    let retry = outcome.headers.get("retry-after").map(|it| it.to_str().unwrap());
    let retry = retry.map(|seconds| Detail::Retry { seconds: seconds.parse().unwrap() });
    assert_eq!((outcome.details.get(1), code == 8), (retry.as_ref(), retry.is_some()), "{seen}");
    assert!(outcome.details.len() <= 2, "{seen}");
    let challenge = outcome.headers.get("www-authenticate").map(|it| it.to_str().unwrap());
    assert_eq!(challenge, (code == 16).then_some("Bearer"), "{seen}");
    assert_eq!(outcome.message, b"", "{seen}");
}

async fn refuse(passlink: &Passlink, protocol: Protocol, cases: Vec<Case<'_>>) {
    for (what, token, call, id) in cases {
        let outcome = protocol.call(passlink, token, &call).await;
        assert_refused(protocol, what, id, &outcome);
    }
}

/// All methods that act on the caller's user; a ceremony of that user is open.
fn of_caller(user: &Caller, ceremony: &Begun) -> Vec<(&'static str, Call)> {
    let credential = ceremony.answer().credential();
    let octets = credential.to_string().into_bytes();
    let answer = json!({ "publicKeyCredential": credential });
    vec![
        ("AddMyPasswordless", call::add_own()),
        ("VerifyMyPasswordless", call::verify_own(&octets, "")),
        ("ListMyPasswordless", call::list_own()),
        ("RemoveMyPasswordless", call::remove_own("unknown")),
        ("CreatePasskeyRegistrationLink", call::create_link(user, json!({ "returnCode": {} }))),
        ("RegisterPasskey", call::register(user, json!({}))),
        ("VerifyPasskeyRegistration", call::verify(user, &ceremony.id, answer)),
        ("ListPasskeys", call::list(user)),
        ("RenamePasskey", call::rename(user, "unknown", "Phone")),
        ("RemovePasskey", call::remove(user, "unknown")),
    ]
}

/// Those that take a code.
fn by_code(user: &Caller, id: &str, code: &str) -> Vec<(&'static str, Call)> {
    let more = json!({ "code": { "id": id, "code": code } });
    vec![
        ("RegisterPasskey", call::register(user, more)),
        ("InspectLink", call::inspect(id, code)),
        ("ResendLink", call::resend(id, code)),
        ("RevokeLink", call::revoke(id, code)),
        ("InspectRevocation", call::inspect_revocation(id, code)),
        ("UndoRegistration", call::undo(id, code)),
        ("InspectUndo", call::inspect_undo(id, code)),
    ]
}

/// Who may not.
async fn assert_callers_are_known(protocol: Protocol) {
    let passlink = Passlink::with_mail_dir().started().await;
    let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|it| passlink.caller(it, &[]));
    let ceremony = begin(&passlink, &ada).await;
    let all = || of_caller(&ada, &ceremony).into_iter();
    let with = |token, id| all().map(|(what, call)| (what, token, call, id)).collect();
    refuse(&passlink, protocol, with(None, "AUTH-Missing")).await;
    refuse(&passlink, protocol, with(Some("nonsense"), "AUTH-Invalid")).await;
    let denied = all().skip(4).map(|(what, call)| (what, Some(&*bob.token), call, "AUTH-Denied"));
    refuse(&passlink, protocol, denied.collect()).await;
    for (state, id) in [("deactivated", "USER-NotActive"), ("removed", "USER-NotFound")] {
        passlink.sql("UPDATE users SET state = ? WHERE email = 'ada@example.com'", &[state]);
        refuse(&passlink, protocol, with(Some(&ada.token), id)).await;
    }
}

/// What is wrong with codes, fields and bodies.
async fn assert_requests_are_read(protocol: Protocol) {
    let passlink =
        Passlink::with_mail_dir().set("limits.wrong_codes_per_minute", "10000").started().await;
    let ada = passlink.ada();
    let token = Some(ada.token.as_str());
    let ceremony = begin(&passlink, &ada).await;
    let credential = ceremony.answer().credential();
    let octets = credential.to_string().into_bytes();
    let named = json!({ "publicKeyCredential": credential, "passkeyName": "a\nb" });
    let blank = Caller { id: "a b".to_owned(), ..ada.clone() };

    let mut cases: Vec<Case<'_>> = Vec::new();
    let invalid = "REQUEST-Invalid";
    for (id, code, registering) in [
        ("unknown", "guess", "LINK-CodeInvalid"),
        ("a b", "guess", invalid),
        ("unknown", "", invalid),
    ] {
        cases.extend(by_code(&ada, id, code).into_iter().map(|(what, call)| match what {
            "RegisterPasskey" => (what, None, call, registering),
            _ => (what, None, call, "LINK-CodeInvalid"),
        }));
    }
    cases.extend([
        ("no verification", token, bare(call::verify_own(b"", "")), invalid),
        ("no UTF-8", token, call::verify_own(b"\xff", ""), invalid),
        ("a name", token, call::verify_own(&octets, "a\nb"), invalid),
        ("an id", token, call::remove_own("a b"), invalid),
        ("a user", token, call::list(&blank), invalid),
        ("a user", token, call::register(&blank, json!({})), invalid),
        ("an authenticator", token, call::register(&ada, json!({ "authenticator": 7 })), invalid),
        ("a domain", token, call::register(&ada, json!({ "domain": "evil.example" })), invalid),
        ("no credential", token, call::verify(&ada, &ceremony.id, json!({})), invalid),
        ("a name", token, call::verify(&ada, &ceremony.id, named), invalid),
        ("an id", token, call::verify(&ada, "a b", json!({ "publicKeyCredential": {} })), invalid),
        ("an id", token, call::remove(&ada, "a b"), invalid),
        ("an id", token, call::rename(&ada, "a b", "Phone"), invalid),
        ("a name", token, call::rename(&ada, "unknown", "a\nb"), invalid),
        ("no name", token, call::rename(&ada, "unknown", ""), invalid),
    ]);
    refuse(&passlink, protocol, cases).await;

    let broken = of_caller(&ada, &ceremony).into_iter().chain(by_code(&ada, "unknown", "guess"));
    let broken = broken.map(|(what, call)| {
        let call = Call { json: b"{".to_vec(), proto: vec![0xff], ..call };
        (what, token, call, "REQUEST-Malformed")
    });
    refuse(&passlink, protocol, broken.collect()).await;
    assert_eq!(passlink.history(&ada.id), [1]);
}

/// The same call with an empty request.
fn bare(call: Call) -> Call {
    Call { json: b"{}".to_vec(), proto: Vec::new(), ..call }
}

/// What is wrong with passkeys.
async fn assert_passkeys_are_checked(protocol: Protocol) {
    let passlink = Passlink::with_mail_dir().set("passkeys.max_per_user", "1").started().await;
    let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|it| passlink.caller(it, &[]));
    let token = Some(ada.token.as_str());
    let any = json!({ "publicKeyCredential": {} });
    let [first, second] = [begin(&passlink, &ada).await, begin(&passlink, &ada).await];
    let [own, other] = [begin(&passlink, &bob).await, begin(&passlink, &bob).await];
    let same = |begun: &Begun| {
        HandMade { id: b"the same credential".to_vec(), ..begun.answer() }.credential()
    };
    let stored = json!({ "publicKeyCredential": same(&first) });
    refuse(
        &passlink,
        protocol,
        vec![
            ("unknown", token, call::remove_own("unknown"), "PASSKEY-NotFound"),
            ("unknown", token, call::remove(&ada, "unknown"), "PASSKEY-NotFound"),
            ("unknown", token, call::rename(&ada, "unknown", "Phone"), "PASSKEY-NotFound"),
            ("unknown", token, call::verify(&ada, "unknown", any.clone()), "PASSKEY-NotFound"),
            ("wrong", token, call::verify(&ada, &first.id, any), "PASSKEY-ValidateFailed"),
            ("wrong", token, call::verify_own(b"{}", ""), "PASSKEY-ValidateFailed"),
        ],
    )
    .await;
    let verify = call::verify(&ada, &first.id, stored.clone());
    let outcome = protocol.call(&passlink, token, &verify).await;
    assert_eq!(protocol.answer(&verify, &outcome)["details"]["sequence"], "2");
    let bobs = Some(bob.token.as_str());
    let octets = |begun| same(begun).to_string().into_bytes();
    let again = json!({ "publicKeyCredential": same(&other) });
    let more = json!({ "publicKeyCredential": second.answer().credential() });
    let more_octets = second.answer().credential().to_string().into_bytes();
    refuse(
        &passlink,
        protocol,
        vec![
            ("again", token, call::verify(&ada, &first.id, stored), "PASSKEY-ValidateFailed"),
            ("taken", bobs, call::verify_own(&octets(&own), ""), "PASSKEY-Exists"),
            ("taken", bobs, call::verify(&bob, &other.id, again), "PASSKEY-Exists"),
            ("one more", token, call::verify(&ada, &second.id, more), "PASSKEY-TooMany"),
            ("one more", token, call::verify_own(&more_octets, ""), "PASSKEY-TooMany"),
            ("one more", token, call::add_own(), "PASSKEY-TooMany"),
            ("one more", token, call::register(&ada, json!({})), "PASSKEY-TooMany"),
        ],
    )
    .await;
    assert_eq!(names(&passlink, &ada).await.len(), 1);
    assert_eq!(names(&passlink, &bob).await, Vec::<String>::new());
}

/// What is wrong with links, and how often.
async fn assert_links_are_limited(protocol: Protocol) {
    let passlink = Passlink::with_mail_dir()
        .set("links.allow_returned_codes", "false")
        .set("limits.wrong_codes_per_minute", "1")
        .started()
        .await;
    let ada = passlink.ada();
    let new = passlink.caller("new@example.com", &["--unverified"]);
    let token = Some(ada.token.as_str());
    let mail = |user: &Caller| call::create_link(user, json!({ "sendLink": {} }));
    let returned = call::create_link(&ada, json!({ "returnCode": {} }));
    let leading_to = |template: &str| {
        call::create_link(&ada, json!({ "sendLink": { "urlTemplate": template } }))
    };
    let elsewhere = leading_to("https://evil.example/?id={{.CodeID}}#{{.Code}}");
    let cases = vec![
        ("not verified", Some(&*new.token), mail(&new), "USER-EmailNotVerified"),
        ("not offered", token, returned, "REQUEST-Unimplemented"),
        ("elsewhere", token, elsewhere, "LINK-URLTemplate"),
        ("an empty template", token, leading_to(""), "REQUEST-Invalid"),
        ("a wrong code", None, call::inspect("unknown", "guess"), "LINK-CodeInvalid"),
    ];
    refuse(&passlink, protocol, cases).await;
    let codes = by_code(&ada, "another", "guess").into_iter();
    let codes = codes.map(|(what, call)| (what, None, call, "REQUEST-TooMany"));
    refuse(&passlink, protocol, codes.collect()).await;
    let first = protocol.call(&passlink, token, &mail(&ada)).await;
    assert_eq!(first.code, 0, "{first:?}");
    let again = vec![("again", token, mail(&ada), "LINK-TooMany")];
    refuse(&passlink, protocol, again).await;
    assert_eq!(passlink.history(&ada.id), [1, 2]);
}

async fn assert_rows_hold(protocol: Protocol) {
    assert_links_are_limited(protocol).await;
    assert_callers_are_known(protocol).await;
    assert_requests_are_read(protocol).await;
    assert_passkeys_are_checked(protocol).await;
}

#[tokio::test]
async fn each_row_of_each_method_holds_on_rest() {
    assert_rows_hold(Protocol::Rest).await;
}

#[tokio::test]
async fn each_row_of_each_method_holds_on_grpc() {
    assert_rows_hold(Protocol::Grpc).await;
}

#[tokio::test]
async fn each_row_of_each_method_holds_on_grpc_web() {
    assert_rows_hold(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn each_row_of_each_method_holds_on_connect() {
    assert_rows_hold(Protocol::Connect).await;
}

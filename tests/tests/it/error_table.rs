//! Every row of the error table in `docs/api.md`, brought about by every protocol on which it can happen.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use base64::prelude::{BASE64_STANDARD, Engine};
use passlink_tests::{
    Answer, Api, Call, Caller, Detail, HandMade, IdentityProvider, Outcome, Passlink, Protocol,
    identity_provider::{AUDIENCE, Kind},
    python,
    rpc::field,
    until,
};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

/// The text of the row with a field, for an id that holds a space.
const INVALID: &str =
    "Errors.Invalid: token_id: must not contain white space or control characters";
/// What asks for a sign-in that is at most five minutes old (RFC 9470).
const STEP_UP: &str = "Bearer error=\"insufficient_user_authentication\", \
    error_description=\"A more recent sign-in is required\", max_age=\"300\"";
/// The caller's own passkeys.
const OWN: &str = "/auth/v1/users/me/passwordless";

/// A row of the table. A unit test holds the table against the code.
#[derive(Debug, Clone)]
struct Row {
    http: u16,
    code: u32,
    text: String,
    id: String,
}

fn rows() -> Vec<Row> {
    let api = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md")).unwrap();
    let section = api.split("## Errors").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = section.lines().map(|line| line.split(" | ").collect::<Vec<_>>());
    let rows = cells.filter_map(|cells| match cells[..] {
        [_, http, code, text, id] => {
            let bare = |cell: &str| cell.trim_matches(['`', ' ', '|']).to_owned();
            Some(Row {
                http: http.parse().ok()?,
                code: code.parse().ok()?,
                text: bare(text),
                id: bare(id),
            })
        }
        _ => None,
    });
    rows.collect()
}

/// A request that is answered with the row's error; none where the row can't happen.
///
/// Each row has its arm here, and a row without one fails the test.
async fn provoked(row: &Row, protocol: Protocol, servers: &Servers) -> Option<Outcome> {
    let Servers { usual, tight, strict, provider } = servers;
    let call = Call::send_link();
    let outcome = match (&*row.id, row.http) {
        ("AUTH-Missing", _) => protocol.outcome(protocol.request(usual, &call)).await,
        ("AUTH-Invalid", _) => {
            let request = protocol.request(usual, &call).bearer_auth("nonsense");
            protocol.outcome(request).await
        }
        ("AUTH-StepUp", _) => protocol.outcome(ready(strict, protocol, &call)).await,
        ("USER-EmailTaken", _) => {
            let taken = caller(strict).address;
            let somebody = format!("somebody-with-{taken}");
            provider.set_account(&somebody, &json!({ "email": taken, "email_verified": true }));
            let token = provider.sign_in(&somebody, Kind::Jwt).await.access;
            protocol.outcome(protocol.request(strict, &call).bearer_auth(token)).await
        }
        ("USER-UsernameTaken", _) => {
            // Who was added without a username has the address for one.
            let taken = caller(strict).address;
            let somebody = format!("somebody-called-{taken}");
            let said = json!({
                "email": somebody, "email_verified": true, "preferred_username": taken,
            });
            provider.set_account(&somebody, &said);
            let token = provider.sign_in(&somebody, Kind::Jwt).await.access;
            protocol.outcome(protocol.request(strict, &call).bearer_auth(token)).await
        }
        ("USER-NotFound", _) => to_user(usual, protocol, "state = 'removed'").await,
        ("USER-NotActive", _) => to_user(usual, protocol, "state = 'locked'").await,
        ("USER-EmailNotVerified", _) => to_user(usual, protocol, "email_verified = false").await,
        ("SERVICE-Internal", _) => to_user(usual, protocol, "state = 'nonsense'").await,
        ("LINK-TooMany", _) => {
            let request = ready(usual, protocol, &call);
            assert_eq!(protocol.outcome(request.try_clone().unwrap()).await.code, 0);
            protocol.outcome(request).await
        }
        ("AUTH-Denied", _) => {
            let call = Call {
                rpc: "/zitadel.user.v2.UserService/ListPasskeys",
                rest: (Method::POST, "/v2/users/somebody/passkeys/_search"),
                json: br#"{"userId":"somebody"}"#.to_vec(),
                proto: field(1, b"somebody"),
            };
            let request = ready(usual, protocol, &call);
            protocol.outcome(request).await
        }
        ("LINK-CodeInvalid", _) => {
            let call = Call {
                rpc: "/passlink.v1.LinkService/InspectLink",
                rest: (Method::POST, "/passlink/v1/links/unknown/_inspect"),
                json: br#"{"linkId":"unknown","code":"guess"}"#.to_vec(),
                proto: [field(1, b"unknown"), field(2, b"guess")].concat(),
            };
            protocol.outcome(protocol.request(usual, &call)).await
        }
        ("LINK-URLTemplate", _) => {
            let ada = caller(usual);
            let call = create_link(&ada.id, "https://evil.example/?c={{.CodeID}}#{{.Code}}");
            protocol.outcome(protocol.request(usual, &call).bearer_auth(ada.token)).await
        }
        ("PASSKEY-NotFound", _) => {
            let request = ready(usual, protocol, &remove("unknown"));
            protocol.outcome(request).await
        }
        ("REQUEST-Invalid", _) => {
            let request = ready(usual, protocol, &remove("a b"));
            protocol.outcome(request).await
        }
        ("PASSKEY-ValidateFailed", _) => {
            let request = ready(usual, protocol, &verify(b"{}"));
            protocol.outcome(request).await
        }
        ("PASSKEY-Exists", _) => {
            let token = caller(usual).token;
            let mut outcome = None;
            for _ in 0..2 {
                let begun = Answer::to(usual.request(Method::POST, OWN).bearer_auth(&token));
                let options = begun.await.json()["key"]["publicKey"].clone();
                let options = BASE64_STANDARD.decode(options.as_str().unwrap()).unwrap();
                let options = serde_json::from_slice(&options).unwrap();
                let answer = HandMade::answer(&options, "https://login.example.com", b"same");
                let call = verify(answer.credential().to_string().as_bytes());
                let request = protocol.request(usual, &call).bearer_auth(&token);
                outcome = Some(protocol.outcome(request).await);
            }
            outcome.unwrap()
        }
        ("PASSKEY-TooMany", _) => {
            let ada = caller(tight);
            let call = Call {
                rpc: "/zitadel.auth.v1.AuthService/AddMyPasswordless",
                rest: (Method::POST, OWN),
                json: b"{}".to_vec(),
                proto: Vec::new(),
            };
            tight.sql(
                "INSERT INTO passkeys (id, user_id, name, rp_id, credential_id, public_key, \
                 sign_count, transports, backup_eligible, backup_state, aaguid, created_at) \
                 SELECT 'one', id, 'One', 'login.example.com', 'one', 'key', 0, '[]', false, false, \
                 'aaguidaaguidaagu', 0 FROM users WHERE id = ?",
                &[&ada.id],
            );
            protocol.outcome(protocol.request(tight, &call).bearer_auth(ada.token)).await
        }
        ("SESSION-NotFound", _) => {
            let token = usual.service("app", &["--permission", "session.read"]);
            let request = protocol.request(usual, &get_session("unknown"));
            protocol.outcome(request.bearer_auth(token)).await
        }
        ("REQUEST-Malformed", _) => {
            let broken = Call { json: b"{".to_vec(), proto: vec![0xff], ..call };
            let request = ready(usual, protocol, &broken);
            protocol.outcome(request).await
        }
        ("REQUEST-TooLarge", _) => {
            let large = 64 * 1024 + 1;
            let json = format!("{{{}}}", " ".repeat(large - 2)).into_bytes();
            let call = Call { json, proto: vec![0; large], ..call };
            let request = ready(usual, protocol, &call);
            protocol.outcome(request).await
        }
        ("REQUEST-TooMany", _) => {
            let request = ready(tight, protocol, &call);
            // A call that waits for the database has the only place.
            let _held = python::lock(tight.database_file());
            let sending = tokio::spawn(request.try_clone().unwrap().send());
            let hasty = match protocol {
                Protocol::Grpc | Protocol::GrpcWeb => request.header("grpc-timeout", "200m"),
                Protocol::Rest | Protocol::Connect => request.header("connect-timeout-ms", "200"),
            };
            let refused = until("a call to find no place in time", async || {
                let outcome = protocol.outcome(hasty.try_clone().unwrap()).await;
                outcome.text.contains(&row.id).then_some(outcome)
            });
            let refused = refused.await;
            sending.abort();
            refused
        }
        ("REQUEST-Deadline", _) => {
            let request = ready(tight, protocol, &call);
            let _held = python::lock(tight.database_file());
            let request = match protocol {
                Protocol::Grpc | Protocol::GrpcWeb => request.header("grpc-timeout", "300m"),
                Protocol::Rest | Protocol::Connect => request.header("connect-timeout-ms", "300"),
            };
            protocol.outcome(request).await
        }
        ("REQUEST-Unimplemented", 405) if protocol == Protocol::Rest => {
            let put = Call { rest: (Method::PUT, call.rest.1), ..call };
            protocol.outcome(protocol.request(usual, &put)).await
        }
        ("REQUEST-Unimplemented", 501) => {
            let request = ready(tight, protocol, &Call::add_link());
            protocol.outcome(request).await
        }
        ("REQUEST-NotFound", _) if protocol != Protocol::Rest => {
            let request = protocol.request(usual, &Call::health("nothing"));
            protocol.outcome(request).await
        }
        ("REQUEST-NotFound", _) => {
            let elsewhere = Call { rest: (Method::POST, "/auth/v1/users/me/passwordles"), ..call };
            protocol.outcome(protocol.request(usual, &elsewhere)).await
        }
        ("INSTANCE-NotFound", _) => {
            let domains = r#"[{ "host": "login.example.com" }]"#;
            let apart = Passlink::with_mail_dir().set("domains", domains).started().await;
            protocol.outcome(protocol.request(&apart, &call)).await
        }
        ("SERVICE-Unavailable", _) => {
            let request = ready(tight, protocol, &call);
            let _held = python::lock(tight.database_file());
            protocol.outcome(request).await
        }
        // Other methods of HTTP than POST are REST's alone.
        ("REQUEST-Unimplemented", 405) => return None,
        _ => panic!("{row:?} has no case"),
    };
    Some(outcome)
}

/// Mails the caller a link by a template.
fn create_link(user: &str, url_template: &str) -> Call {
    let path = format!("/v2/users/{user}/passkeys/registration_link");
    Call {
        rpc: "/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink",
        rest: (Method::POST, path.leak()),
        json: json!({ "userId": user, "sendLink": { "urlTemplate": url_template } })
            .to_string()
            .into_bytes(),
        proto: [field(1, user.as_bytes()), field(2, &field(1, url_template.as_bytes()))].concat(),
    }
}

/// Removes a passkey of the caller.
fn remove(passkey: &str) -> Call {
    let path = format!("{OWN}/{}", passkey.replace(' ', "%20"));
    Call {
        rpc: "/zitadel.auth.v1.AuthService/RemoveMyPasswordless",
        rest: (Method::DELETE, path.leak()),
        json: json!({ "tokenId": passkey }).to_string().into_bytes(),
        proto: field(1, passkey.as_bytes()),
    }
}

/// Reads a session.
fn get_session(session: &str) -> Call {
    Call {
        rpc: "/zitadel.session.v2.SessionService/GetSession",
        rest: (Method::GET, format!("/v2/sessions/{session}").leak()),
        json: json!({ "sessionId": session }).to_string().into_bytes(),
        proto: field(1, session.as_bytes()),
    }
}

/// Finishes a registration of the caller.
fn verify(credential: &[u8]) -> Call {
    let encoded = BASE64_STANDARD.encode(credential);
    Call {
        rpc: "/zitadel.auth.v1.AuthService/VerifyMyPasswordless",
        rest: (Method::POST, "/auth/v1/users/me/passwordless/_verify"),
        json: json!({ "verification": { "publicKeyCredential": encoded } })
            .to_string()
            .into_bytes(),
        proto: field(1, &field(1, credential)),
    }
}

/// The servers that are asked.
struct Servers {
    usual: Passlink,
    /// With little room, and on SQLite, which can be locked.
    tight: Passlink,
    /// People have to sign in anew, with the provider.
    strict: Passlink,
    provider: IdentityProvider,
}

impl Servers {
    async fn started() -> Self {
        let tight = Passlink::with_mail_dir()
            .on_sqlite()
            .set("passkeys.max_per_user", "1")
            .set("limits.concurrent_requests", "1")
            .set("links.allow_returned_codes", "false");
        let usual = Passlink::with_mail_dir().started().await;
        let provider = IdentityProvider::start();
        let issuers =
            json!([{ "issuer": provider.url(), "audience": AUDIENCE, "provision": true }]);
        let strict = Passlink::with_mail_dir()
            .set("links.max_auth_age", "5m")
            .set("identity.issuers", &issuers.to_string());
        let (tight, strict) = (tight.started().await, strict.started().await);
        Self { usual, tight, strict, provider }
    }
}

/// Somebody who did not call yet.
fn caller(passlink: &Passlink) -> Caller {
    static CALLERS: AtomicUsize = AtomicUsize::new(0);
    let number = CALLERS.fetch_add(1, Ordering::Relaxed);
    passlink.caller(&format!("user-{number}@example.com"), &[])
}

/// A call of somebody who did not call yet.
fn ready(passlink: &Passlink, protocol: Protocol, call: &Call) -> RequestBuilder {
    protocol.request(passlink, call).bearer_auth(caller(passlink).token)
}

/// What a user gets who is in a certain state.
async fn to_user(passlink: &Passlink, protocol: Protocol, state: &str) -> Outcome {
    let user = caller(passlink);
    passlink.sql(&format!("UPDATE users SET {state} WHERE id = ?"), &[&user.id]);
    let request = protocol.request(passlink, &Call::send_link());
    protocol.outcome(request.bearer_auth(user.token)).await
}

/// Code, text, id, details, HTTP status and header fields are those of the row.
#[track_caller]
fn assert_is(row: &Row, protocol: Protocol, outcome: &Outcome) {
    let seen = format!("{row:?} by {protocol:?}: {outcome:?}");
    let http = match protocol {
        Protocol::Rest | Protocol::Connect => row.http,
        Protocol::Grpc | Protocol::GrpcWeb => 200,
    };
    assert_eq!((outcome.http, outcome.code), (http, row.code), "{seen}");
    let told = outcome.text.strip_suffix(&format!(" ({})", row.id)).expect(&seen).to_owned();
    match row.text.split_once('<') {
        Some(_) => assert_eq!(told, INVALID, "{seen}"),
        None => assert_eq!(told, row.text, "{seen}"),
    }

    let header = |name| outcome.headers.get(name).map(|value| value.to_str().unwrap());
    let challenge = match (&*row.id, row.code) {
        ("AUTH-StepUp", _) => Some(STEP_UP),
        (_, 16) => Some("Bearer"),
        _ => None,
    };
    assert_eq!(header("www-authenticate"), challenge, "{seen}");
    let mut details = vec![Detail::Error { id: row.id.clone(), message: told }];
    if row.code == 8 && row.id != "REQUEST-TooLarge" {
        let seconds = header("retry-after").expect(&seen).parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seen}");
        details.push(Detail::Retry { seconds });
    } else {
        assert_eq!(header("retry-after"), None, "{seen}");
    }
    assert_eq!(outcome.details, details, "{seen}");
    assert_eq!(outcome.message, b"", "{seen}");
}

async fn assert_table_holds(protocol: Protocol) {
    let rows = rows();
    assert!(rows.len() > 10, "docs/api.md has a table of errors");
    let servers = Servers::started().await;
    for row in rows {
        match provoked(&row, protocol, &servers).await {
            Some(outcome) => assert_is(&row, protocol, &outcome),
            None => assert_ne!(protocol, Protocol::Rest, "{row:?} happens nowhere"),
        }
    }
}

#[tokio::test]
async fn each_row_holds_on_rest() {
    assert_table_holds(Protocol::Rest).await;
}

#[tokio::test]
async fn each_row_holds_on_grpc() {
    assert_table_holds(Protocol::Grpc).await;
}

#[tokio::test]
async fn each_row_holds_on_grpc_web() {
    assert_table_holds(Protocol::GrpcWeb).await;
}

#[tokio::test]
async fn each_row_holds_on_connect() {
    assert_table_holds(Protocol::Connect).await;
}

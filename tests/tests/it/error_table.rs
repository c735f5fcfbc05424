//! Every row of the README's error table, brought about by every protocol on which it can happen.

use std::fs;

use passlink_tests::{Call, Detail, Outcome, Passlink, Protocol, SEND_LINK, python, until};
use reqwest::{Method, RequestBuilder};
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// A row of the table. A unit test holds the table against the code.
#[derive(Debug, Clone)]
struct Row {
    http: u16,
    code: u32,
    text: String,
    id: String,
}

fn rows() -> Vec<Row> {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let section = readme.split("### Errors").nth(1).unwrap().split("\n## ").next().unwrap();
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
async fn provoked(row: &Row, protocol: Protocol) -> Option<Outcome> {
    let passlink = Passlink::with_mail_dir();
    let call = Call::send_link();
    let outcome = match (&*row.id, row.http) {
        ("AUTH-Missing", _) => {
            let passlink = passlink.started().await;
            protocol.outcome(protocol.request(&passlink, &call)).await
        }
        ("AUTH-Invalid", _) => {
            let passlink = passlink.started().await;
            let request = protocol.request(&passlink, &call).bearer_auth("nonsense");
            protocol.outcome(request).await
        }
        ("USER-NotFound", _) => to_user(passlink, protocol, "state = 'removed'").await,
        ("USER-NotActive", _) => to_user(passlink, protocol, "state = 'locked'").await,
        ("USER-EmailNotVerified", _) => to_user(passlink, protocol, "email_verified = false").await,
        ("SERVICE-Internal", _) => to_user(passlink, protocol, "state = 'nonsense'").await,
        ("LINK-TooMany", _) => {
            let (_passlink, request) = ready(passlink, protocol, &call).await;
            assert_eq!(protocol.outcome(request.try_clone().unwrap()).await.code, 0);
            protocol.outcome(request).await
        }
        ("REQUEST-Malformed", _) => {
            let broken = Call { json: b"{".to_vec(), proto: vec![0xff], ..call };
            let (_passlink, request) = ready(passlink, protocol, &broken).await;
            protocol.outcome(request).await
        }
        ("REQUEST-TooLarge", _) => {
            let large = 64 * 1024 + 1;
            let json = format!("{{{}}}", " ".repeat(large - 2)).into_bytes();
            let (_passlink, request) =
                ready(passlink, protocol, &Call { json, proto: vec![0; large], ..call }).await;
            protocol.outcome(request).await
        }
        ("REQUEST-TooMany", _) => {
            let passlink = passlink.set("limits.concurrent_requests", "1");
            let (passlink, request) = ready(passlink, protocol, &call).await;
            // One that came while a call of ours had the place was refused and holds nothing.
            let mut held = Vec::new();
            until("the only place to be taken", async || {
                held.push(hold(&passlink).await);
                let outcome = protocol.outcome(request.try_clone().unwrap()).await;
                outcome.text.contains(&row.id).then_some(outcome)
            })
            .await
        }
        ("REQUEST-Deadline", _) => {
            let (passlink, request) = ready(passlink.on_sqlite(), protocol, &call).await;
            let _held = python::lock(passlink.database_file());
            let request = match protocol {
                Protocol::Grpc | Protocol::GrpcWeb => request.header("grpc-timeout", "300m"),
                Protocol::Rest | Protocol::Connect => request.header("connect-timeout-ms", "300"),
            };
            protocol.outcome(request).await
        }
        ("REQUEST-Unimplemented", 405) if protocol == Protocol::Rest => {
            let passlink = passlink.started().await;
            let put = Call { rest: (Method::PUT, call.rest.1), ..call };
            protocol.outcome(protocol.request(&passlink, &put)).await
        }
        ("REQUEST-Unimplemented", 501) => {
            let passlink = passlink.set("links.allow_returned_codes", "false");
            let (_passlink, request) = ready(passlink, protocol, &Call::add_link()).await;
            protocol.outcome(request).await
        }
        ("REQUEST-NotFound", _) if protocol == Protocol::Rest => {
            let passlink = passlink.started().await;
            let elsewhere = Call { rest: (Method::POST, "/auth/v1/users/me/passwordles"), ..call };
            protocol.outcome(protocol.request(&passlink, &elsewhere)).await
        }
        ("SERVICE-Unavailable", _) => {
            let (passlink, request) = ready(passlink.on_sqlite(), protocol, &call).await;
            let _held = python::lock(passlink.database_file());
            protocol.outcome(request).await
        }
        // Paths and HTTP methods are REST's alone.
        ("REQUEST-Unimplemented", 405) | ("REQUEST-NotFound", _) => return None,
        _ => panic!("{row:?} has no case"),
    };
    Some(outcome)
}

/// A server, and a call of Ada's to it.
async fn ready(passlink: Passlink, protocol: Protocol, call: &Call) -> (Passlink, RequestBuilder) {
    let passlink = passlink.started().await;
    let request = protocol.request(&passlink, call).bearer_auth(passlink.ada().token);
    (passlink, request)
}

/// What a user gets who is in a certain state.
async fn to_user(passlink: Passlink, protocol: Protocol, state: &str) -> Outcome {
    let (passlink, request) = ready(passlink, protocol, &Call::send_link()).await;
    passlink.sql(&format!("UPDATE users SET {state}"), &[]);
    protocol.outcome(request).await
}

/// A call that never sends its body.
async fn hold(passlink: &Passlink) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", passlink.port())).await.unwrap();
    let head = format!("POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
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
    assert_eq!(outcome.text, format!("{} ({})", row.text, row.id), "{seen}");

    let header = |name| outcome.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("www-authenticate"), (row.code == 16).then_some("Bearer"), "{seen}");
    let mut details = vec![Detail::Error { id: row.id.clone(), message: row.text.clone() }];
    match row.code == 8 && row.id != "REQUEST-TooLarge" {
        true => {
            let seconds = header("retry-after").expect(&seen).parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seen}");
            details.push(Detail::Retry { seconds });
        }
        false => assert_eq!(header("retry-after"), None, "{seen}"),
    }
    assert_eq!(outcome.details, details, "{seen}");
    assert_eq!(outcome.message, b"", "{seen}");
}

async fn assert_table_holds(protocol: Protocol) {
    let rows = rows();
    assert!(rows.len() > 10, "the README has a table of errors");
    for row in rows {
        match provoked(&row, protocol).await {
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

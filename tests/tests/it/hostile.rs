//! Hostile input gets its error, costs bounded memory, and the next good call works.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use h2::Reason;
use passlink_tests::{
    Api, Call, Outcome, Passlink, Protocol, SEND_LINK, raw,
    rpc::{assert_refused, field, frame},
    until,
};
use reqwest::RequestBuilder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

mod endless;
mod http2;
mod pools;

const MIB: u64 = 1024;
/// What the server may need more than it had, whatever comes, in KiB.
const BOUND: u64 = 24 * MIB;

/// A server under attack, and the token of a caller who means well.
struct Victim {
    passlink: Passlink,
    token: String,
    before: u64,
}

impl Victim {
    async fn new() -> Self {
        let passlink = Passlink::with_mail_dir().generous().started().await;
        let token = passlink.ada().token;
        // Memory that is made ready at the first calls is no attacker's doing.
        for protocol in Protocol::ALL {
            let request = protocol.request(&passlink, &Call::send_link()).bearer_auth(&token);
            assert_eq!(protocol.outcome(request).await.code, 0);
        }
        let before = passlink.process().resident_kib();
        Self { passlink, token, before }
    }

    fn bare(&self, protocol: Protocol) -> RequestBuilder {
        protocol.bare(&self.passlink, &Call::send_link()).bearer_auth(&self.token)
    }

    /// What an octet string in the place of a message is answered.
    async fn to_message(&self, protocol: Protocol, message: &[u8]) -> Outcome {
        let call = Call { json: message.to_vec(), proto: message.to_vec(), ..Call::send_link() };
        protocol.outcome(self.bare(protocol).body(protocol.body(&call))).await
    }

    /// What a head on HTTP/1.1 is answered.
    async fn to_head(&self, head: &str) -> String {
        raw(self.passlink.port(), &[head.as_bytes()]).await
    }

    /// A good call works, and the server has not needed much more memory at any time.
    #[track_caller]
    fn assert_unharmed(&self) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.passlink.send_link(&self.token).await;
            assert_eq!(answer.status, 200, "{caller}: {answer:?}");
            let (before, peak) = (self.before, self.passlink.process().peak_kib());
            assert!(peak < before + BOUND, "{caller}: {before} KiB before, {peak} KiB at most");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_missing_odd_or_told_twice_is_refused() {
    let victim = Victim::new().await;
    let rest = format!("Authorization: Bearer {}\r\nContent-Length: 0\r\n", victim.token);
    for hosts in [
        "",
        "Host:\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: local host\r\n",
        "Host: a/b\r\n",
        "Host: user@localhost\r\n",
        "Host: \u{fc}\r\n",
        "Host: localhost:port\r\n",
        "Host: [::1\r\n",
        "Host: user@localhost:80\r\n",
        "Host: :80\r\n",
        "Host: :\r\n",
        "Host: localhost:+80\r\n",
        "Host: localhost:65536\r\n",
        "Host: localhost::\r\n",
        "Host: [::1]x:80\r\n",
        "Host: [localhost]\r\n",
    ] {
        let head = format!("POST {SEND_LINK} HTTP/1.1\r\n{hosts}{rest}Connection: close\r\n\r\n");
        let answer = victim.to_head(&head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts:?}: {answer}");
        assert!(answer.contains("(REQUEST-Malformed)"), "{hosts:?}: {answer}");
    }
    for (content_type, told) in [
        ("application/json", r#""code":"invalid_argument""#),
        ("application/grpc-web", "grpc-status: 3"),
    ] {
        let rpc = Call::send_link().rpc;
        let head = format!(
            "POST {rpc} HTTP/1.1\r\n{rest}Content-Type: {content_type}\r\nConnection: close\r\n\r\n"
        );
        let answer = victim.to_head(&head).await;
        assert!(answer.contains(told) && answer.contains("(REQUEST-Malformed)"), "{answer}");
    }
    for (version, hosts) in [
        ("1.1", "Host: [::1]:8080\r\n"),
        ("1.1", "Host: [::1]:\r\n"),
        ("1.1", "host: EXAMPLE\r\n"),
        ("1.1", "Host: localhost:\r\n"),
        ("1.1", "Host: localhost.:00080\r\n"),
        ("1.1", "Host: pass_link-1:8080\r\n"),
        ("1.0", "Host: localhost:\r\n"),
        ("1.0", ""),
    ] {
        let head =
            format!("POST {SEND_LINK} HTTP/{version}\r\n{hosts}{rest}Connection: close\r\n\r\n");
        let answer = victim.to_head(&head).await;
        assert!(answer.contains(" 200 OK"), "{hosts:?}: {answer}");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn an_authorization_that_is_told_twice_or_not_ascii_is_invalid() {
    let victim = Victim::new().await;
    for protocol in Protocol::ALL {
        let good = victim.bare(protocol).body(protocol.body(&Call::send_link()));
        let twice = good.bearer_auth(&victim.token);
        assert_refused(&protocol.outcome(twice).await, 16, "AUTH-Invalid");
        let octets = reqwest::header::HeaderValue::from_bytes(b"Bearer \xff\xfe\xc3\x28").unwrap();
        let call = Call::send_link();
        let odd = protocol.request(&victim.passlink, &call).header("authorization", octets);
        assert_refused(&protocol.outcome(odd).await, 16, "AUTH-Invalid");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_token_of_a_megabyte_is_refused_unread() {
    let victim = Victim::new().await;
    let token = "A".repeat(1024 * 1024);
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let answer = victim.to_head(&head).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let call = Call::send_link();
    let request = Protocol::Grpc.request(&victim.passlink, &call).bearer_auth(token);
    let answer = request.send().await.map(|response| response.status().as_u16());
    assert!(answer.is_err() || answer.as_ref().unwrap() == &431, "{answer:?}");
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn deep_and_wide_messages_do_no_harm() {
    let victim = Victim::new().await;
    let nested = |open: &str, close: &str| {
        let depth = 60_000 / (open.len() + close.len());
        format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let wide = format!("{{\"a\":[{}0]}}", "{},".repeat(20_000)).into_bytes();
    let many = format!("{{{}\"a\":0}}", "\"a\":1,".repeat(10_000)).into_bytes();
    for protocol in [Protocol::Rest, Protocol::Connect] {
        for json in [&nested("[", "]"), &nested("{\"a\":", "}"), &wide, &many] {
            let outcome = victim.to_message(protocol, json).await;
            assert!([0, 3].contains(&outcome.code), "{outcome:?}");
        }
    }
    // Groups within groups of a field that nobody knows, and ever so many empty fields.
    let groups = [[0x0b; 30_000], [0x0c; 30_000]].concat();
    let fields = [0x0a, 0x00].repeat(30_000);
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for proto in [&groups, &fields] {
            let outcome = victim.to_message(protocol, proto).await;
            assert!([0, 3].contains(&outcome.code), "{outcome:?}");
        }
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn an_object_within_objects_within_objects_is_malformed() {
    let victim = Victim::new().await;
    let user = victim.passlink.sql("SELECT id FROM users", &[])[0][0].as_str().unwrap().to_owned();
    let path = format!("/v2/users/{user}/passkeys/some").leak();
    let json = |object: &str| {
        format!(r#"{{"userId":"{user}","passkeyId":"some","publicKeyCredential":{object}}}"#)
    };
    let deep = |open: &str, close: &str| open.repeat(5_000) + "1" + &close.repeat(5_000);
    // `google.protobuf.Value`: 5 is an object with its fields in 1, 6 is a list with its values in 1.
    let (mut object, mut list) = (field(1, b""), field(1, b""));
    while object.len() < 30_000 {
        object = field(1, &[field(1, b"a"), field(2, &field(5, &object))].concat());
        list = field(1, &field(6, &list));
    }
    let list = field(1, &[field(1, b"a"), field(2, &field(6, &list))].concat());
    for (json, object) in [
        (json(&deep("{\"a\":", "}")), object),
        (json(&format!("{{\"a\":{}}}", deep("[", "]"))), list),
    ] {
        let call = Call {
            rpc: "/zitadel.user.v2.UserService/VerifyPasskeyRegistration",
            rest: (reqwest::Method::POST, path),
            json: json.into_bytes(),
            proto: [field(1, user.as_bytes()), field(2, b"some"), field(3, &object)].concat(),
        };
        for protocol in Protocol::ALL {
            let request = protocol.request(&victim.passlink, &call).bearer_auth(&victim.token);
            assert_refused(&protocol.outcome(request).await, 3, "REQUEST-Malformed");
        }
        let request = Protocol::Connect.bare(&victim.passlink, &call).bearer_auth(&victim.token);
        let request = with_proto(request).body(call.proto);
        assert_refused(&Protocol::Connect.outcome(request).await, 3, "REQUEST-Malformed");
    }
    victim.assert_unharmed().await;
}

/// A Connect request with protobuf in place of JSON.
fn with_proto(request: RequestBuilder) -> RequestBuilder {
    let proto = [("content-type", "application/proto")];
    let headers = proto.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    request.headers(reqwest::header::HeaderMap::from_iter(headers))
}

#[tokio::test]
async fn messages_that_are_cut_short_or_none_at_all_are_malformed() {
    let victim = Victim::new().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for proto in
            [&b"\x0a"[..], b"\x0a\x05abc", b"\xff\xff\xff\xff\xff\xff", b"\x0b", b"\x07", b"{}"]
        {
            assert_refused(&victim.to_message(protocol, proto).await, 3, "REQUEST-Malformed");
            let connect = with_proto(victim.bare(Protocol::Connect)).body(proto.to_vec());
            assert_refused(&Protocol::Connect.outcome(connect).await, 3, "REQUEST-Malformed");
        }
    }
    for protocol in [Protocol::Rest, Protocol::Connect] {
        for json in [&b"{\"a\":"[..], b"{\"a\":\"\\ud800", b"{\"a\":1e", b"\x00", b"\xef\xbb\xbf{}"]
        {
            assert_refused(&victim.to_message(protocol, json).await, 3, "REQUEST-Malformed");
        }
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn frames_that_lie_are_refused() {
    let victim = Victim::new().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for (body, code, id) in [
            (b"\0\0\0\0\x05abc".to_vec(), 3, "REQUEST-Malformed"),
            (b"\0\0\0".to_vec(), 3, "REQUEST-Malformed"),
            (b"\0\xff\xff\xff\xff".to_vec(), 8, "REQUEST-TooLarge"),
            (b"\0\0\x01\0\x01".to_vec(), 8, "REQUEST-TooLarge"),
            // A compressed message without a compression.
            (frame(1, b""), 3, "REQUEST-Malformed"),
            (frame(1, b"\x1f\x8b"), 3, "REQUEST-Malformed"),
            // gRPC has code 12 for another number of messages than one.
            (Vec::new(), 12, "REQUEST-Unimplemented"),
            (frame(0, b"").repeat(2), 12, "REQUEST-Unimplemented"),
        ] {
            let outcome = protocol.outcome(victim.bare(protocol).body(body.clone())).await;
            assert_refused(&outcome, code, id);
        }
    }
    assert!(!victim.passlink.log().contains(r#""level":"ERROR""#), "what callers do is no error");
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_gzip_bomb_is_too_large_before_it_goes_off() {
    let victim = Victim::new().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..40 {
        bomb.write_all(&[b' '; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    for protocol in Protocol::ALL {
        let (header, body) = match protocol {
            Protocol::Rest | Protocol::Connect => ("content-encoding", bomb.clone()),
            Protocol::Grpc | Protocol::GrpcWeb => ("grpc-encoding", frame(1, &bomb)),
        };
        for _ in 0..5 {
            let request = victim.bare(protocol).header(header, "gzip").body(body.clone());
            assert_refused(&protocol.outcome(request).await, 8, "REQUEST-TooLarge");
        }
    }
    victim.assert_unharmed().await;
}

/// Writes `chunk` until the other side has had enough or `limit` octets are written; answers what
/// the other side said.
async fn flood(victim: &Victim, head: &[u8], chunk: &[u8], limit: usize) -> String {
    let stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let answer = tokio::spawn(async move {
        let mut answer = Vec::new();
        let _ = reader.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    });
    writer.write_all(head).await.unwrap();
    let mut written = 0;
    while written < limit && writer.write_all(chunk).await.is_ok() {
        written += chunk.len();
    }
    assert!(written < limit, "all {limit} octets were taken");
    answer.await.unwrap()
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let victim = Victim::new().await;
    let port = victim.passlink.port();
    let mut reasons = Vec::new();
    for _ in 0..5 {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut error = None;
        for _ in 0..20_000 {
            let request = http::Request::post(format!("http://localhost{SEND_LINK}"));
            let request = request.header("authorization", format!("Bearer {}", victim.token));
            match client.clone().ready().await {
                Ok(ready) => client = ready,
                Err(ended) => {
                    error = Some(ended);
                    break;
                }
            }
            match client.send_request(request.body(()).unwrap(), false) {
                Ok((_, mut body)) => {
                    // The other side sees the stream before it sees its end.
                    tokio::task::yield_now().await;
                    body.send_reset(Reason::CANCEL);
                    tokio::task::yield_now().await;
                }
                Err(ended) => {
                    error = Some(ended);
                    break;
                }
            }
        }
        reasons.push(error.and_then(|error| error.reason()));
        connection.abort();
    }
    assert!(reasons.contains(&Some(Reason::ENHANCE_YOUR_CALM)), "{reasons:?}");
    victim.assert_unharmed().await;
}

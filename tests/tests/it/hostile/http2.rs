//! What is hostile on HTTP/2.

use h2::client::SendRequest;
use passlink_tests::{
    Api, Call, PATIENCE, Passlink, Protocol, SEND_LINK, SlowBody,
    rpc::{field, frame},
    until,
};
use prost::bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{MIB, Victim, assert_refused, flood};
use crate::shutdown::LEFT_AT_A_STOP;

/// The connection's first octets, and settings that change nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// Types of frames.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

async fn connect(victim: &Victim) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// A connection whose client pings, but takes nothing of any answer's body.
async fn connect_reading_nothing(passlink: &Passlink) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(("127.0.0.1", passlink.port())).await.unwrap();
    let (client, connection) =
        h2::client::Builder::new().initial_window_size(0).handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// The status and the body that a head of a call is answered with.
async fn to_head(victim: &Victim, fields: &[(&str, &str)]) -> Result<(u16, String), h2::Error> {
    let mut client = connect(victim).await;
    let mut request = http::Request::post(format!("http://localhost{SEND_LINK}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (response, _) = client.send_request(request.body(()).unwrap(), true)?;
    let (parts, mut body) = response.await?.into_parts();
    let mut text = String::new();
    while let Some(data) = body.data().await {
        text += &String::from_utf8_lossy(&data?);
    }
    Ok((parts.status.as_u16(), text))
}

/// A frame of HTTP/2.
fn http2(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The start of a head: `:method`, `:scheme` and `:path`, by their numbers in HPACK's table.
fn head() -> Vec<u8> {
    let length = u8::try_from(SEND_LINK.len()).unwrap();
    [&[0x83, 0x86, 0x04, length], SEND_LINK.as_bytes()].concat()
}

#[tokio::test]
async fn a_host_that_is_odd_told_twice_or_another_is_refused() {
    let victim = Victim::new().await;
    let bearer = format!("Bearer {}", victim.token);
    let token = ("authorization", bearer.as_str());
    for fields in [
        &[token, ("host", "other.example")][..],
        &[token, ("host", "localhost"), ("host", "localhost")],
        &[token, ("host", "a/b")],
        &[token, ("host", "user@localhost")],
        &[token, ("host", "")],
    ] {
        let (status, body) = to_head(&victim, fields).await.unwrap();
        assert_eq!(status, 400, "{fields:?}: {body}");
        assert!(body.contains("(REQUEST-Malformed)"), "{fields:?}: {body}");
    }
    for fields in [&[token][..], &[token, ("host", "LOCALHOST")]] {
        let (status, body) = to_head(&victim, fields).await.unwrap();
        assert_eq!(status, 200, "{fields:?}: {body}");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_unread() {
    let victim = Victim::new().await;
    for kib in [17, 33, 100, 1024] {
        let bearer = format!("Bearer {}", "A".repeat(kib * 1024));
        match to_head(&victim, &[("authorization", &bearer)]).await {
            Ok((status, body)) => assert_eq!(status, 431, "{kib} KiB: {body}"),
            Err(ended) => assert!(ended.is_remote() || ended.is_io(), "{kib} KiB: {ended}"),
        }
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_head_that_goes_on_and_on_is_cut_off() {
    let victim = Victim::new().await;
    let begun = [PREFACE, &http2(HEADERS, 0, 1, &head())].concat();
    // A field that no table holds, a hundred times.
    let field = [&[0x00, 1, b'x', 126][..], &[b'a'; 126]].concat();
    for payload in [field.repeat(100), Vec::new()] {
        let chunk = http2(CONTINUATION, 0, 1, &payload);
        flood(&victim, &begun, &chunk, 64 * 1024 * 1024).await;
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_connection_has_so_many_streams_at_a_time_and_no_more() {
    let victim = Victim::new().await;
    let mut stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    for number in 0..65 {
        // None ends: each has a body to come.
        let headers = http2(HEADERS, END_HEADERS, 2 * number + 1, &head());
        stream.write_all(&headers).await.unwrap();
    }
    let refused = async {
        loop {
            let mut start = [0; 9];
            stream.read_exact(&mut start).await.unwrap();
            let length = u32::from_be_bytes([0, start[0], start[1], start[2]]);
            let mut payload = vec![0; length as usize];
            stream.read_exact(&mut payload).await.unwrap();
            if start[3] == RST_STREAM {
                return (u32::from_be_bytes([start[5], start[6], start[7], start[8]]), payload);
            }
        }
    };
    let (stream, reason) = timeout(PATIENCE, refused).await.unwrap();
    assert_eq!((stream, &*reason), (129, &7_u32.to_be_bytes()[..]), "REFUSED_STREAM");
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_grpc_body_that_never_ends_is_cut_off() {
    let victim = Victim::new().await;
    for octet in [0, 0xff] {
        let request = victim.bare(Protocol::Grpc).body(SlowBody::endless(octet));
        assert_refused(&Protocol::Grpc.outcome(request).await, 8, "REQUEST-TooLarge");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_waited_for_until_the_deadline() {
    let victim = Victim::new().await;
    for protocol in Protocol::ALL {
        let (header, value, start) = match protocol {
            Protocol::Rest | Protocol::Connect => ("connect-timeout-ms", "500", b"{".to_vec()),
            Protocol::Grpc | Protocol::GrpcWeb => {
                ("grpc-timeout", "500m", frame(0, &Call::send_link().json)[..6].to_vec())
            }
        };
        let stalling = || victim.bare(protocol).body(SlowBody::stalling_after(&start));
        // No request takes longer than thirty seconds anyway.
        let outcome = tokio::select! {
            biased;
            outcome = protocol.outcome(stalling().header(header, value)) => outcome,
            _ = protocol.outcome(stalling()) => panic!("the deadline has passed"),
        };
        assert_refused(&outcome, 4, "REQUEST-Deadline");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_holds_up_no_stop_for_long() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let mut client = connect_reading_nothing(&passlink).await;
    let request = http::Request::get("http://localhost/healthz").body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    let unread = response.await.unwrap();
    assert_eq!(unread.status(), 200);
    assert!(passlink.stop().await.success());
    assert!(passlink.log().contains(LEFT_AT_A_STOP), "{}", passlink.log());
}

#[tokio::test]
async fn who_takes_nothing_of_a_reflection_keeps_its_place_no_longer_than_asked_for() {
    const PATH: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let passlink = Passlink::with_mail_dir().set("limits.concurrent_requests", "1");
    let passlink = passlink.started().await;
    let mut client = connect_reading_nothing(&passlink).await;
    let request = http::Request::post(format!("http://localhost{PATH}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "10S");
    let (response, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
    let list_services = frame(0, &field(7, b""));
    body.send_data(list_services.clone().into(), false).unwrap();
    let unread = response.await.unwrap();
    assert_eq!(unread.status(), 200);
    let call = Call { rpc: PATH, ..Call::send_link() };
    let other = async |patience| {
        let request = Protocol::Grpc.bare(&passlink, &call).body(list_services.clone());
        Protocol::Grpc.outcome(request.header("grpc-timeout", patience)).await
    };
    assert_eq!(other("100m").await.id(), "REQUEST-TooMany");
    assert_eq!(other("30S").await.code, 0, "it waits until the place is free");
}

#[tokio::test]
async fn large_heads_of_calls_that_never_come_whole_are_bounded_over_all_connections() {
    let victim = Victim::new().await;
    // A field that no table holds; its length is a number of HPACK: 127, and what is more.
    let large = [&[0x00, 1, b'x', 127, 0x80, 112][..], &[b'a'; 127 + 112 * 128]].concat();
    let mut open = Vec::new();
    for _ in 0..160 {
        let stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        writer.write_all(PREFACE).await.unwrap();
        for number in 0..60 {
            let headers = [head(), large.clone()].concat();
            writer.write_all(&http2(HEADERS, END_HEADERS, 2 * number + 1, &headers)).await.unwrap();
        }
        tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
        open.push(writer);
    }
    // Who sends a call whole is answered meanwhile, as soon as so much was looked at.
    until("a call to be taken", async || {
        let answer = victim.passlink.send_link(&victim.token).await;
        (answer.status == 200).then_some(())
    })
    .await;
    let grown = victim.passlink.process().peak_kib() - victim.before;
    // The allocator keeps each of these heads in a piece of 16 KiB, and some of them for each thread.
    assert!(grown < 192 * MIB, "{grown} KiB");
    drop(open);
    until("a call by HTTP/2 to be taken again", async || {
        let request = Protocol::Grpc.request(&victim.passlink, &Call::send_link());
        let outcome = Protocol::Grpc.outcome(request.bearer_auth(&victim.token)).await;
        (outcome.code == 0).then_some(())
    })
    .await;
}

//! What the four protocols have in common, and what each has of its own.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use passlink_tests::{
    Answer, Call, Outcome, Passlink, Protocol, SEND_LINK,
    rpc::{frame, frames},
};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap},
};

/// A server and a token that can send as often as a test likes.
async fn fixture() -> (Passlink, String) {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let token = passlink.ada().token;
    (passlink, token)
}

fn of_type(request: RequestBuilder, content_type: &str) -> RequestBuilder {
    request.headers(HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]))
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn assert_refused(outcome: &Outcome, code: u32, id: &str) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert!(outcome.text.ends_with(&format!("({id})")), "{outcome:?}");
    assert_eq!(outcome.details.len(), 1, "{outcome:?}");
}

#[tokio::test]
async fn the_rest_url_takes_the_media_types_of_grpc_as_well() {
    let (passlink, token) = fixture().await;
    let call = Call { rpc: SEND_LINK, ..Call::send_link() };
    for (protocol, content_type) in [
        (Protocol::Grpc, "application/grpc"),
        (Protocol::Grpc, "application/grpc+proto"),
        (Protocol::GrpcWeb, "application/grpc-web"),
        (Protocol::GrpcWeb, "application/grpc-web+proto"),
    ] {
        let request = of_type(protocol.request(&passlink, &call), content_type);
        let outcome = protocol.outcome(request.try_clone().unwrap().bearer_auth(&token)).await;
        assert_eq!(outcome.code, 0, "{content_type}: {outcome:?}");
        assert!(!outcome.message.is_empty());
        assert_refused(&protocol.outcome(request).await, 16, "AUTH-Missing");
    }
}

#[tokio::test]
async fn protobuf_and_json_are_taken_by_each_protocol_that_has_them() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for (protocol, content_type, body) in [
        (Protocol::Connect, "application/json; charset=utf-8", call.json.clone()),
        (Protocol::Connect, "application/proto", call.proto.clone()),
        (Protocol::Grpc, "application/grpc+json", frame(0, &call.json)),
        (Protocol::GrpcWeb, "application/grpc-web+json", frame(0, &call.json)),
    ] {
        let request = of_type(protocol.bare(&passlink, &call), content_type);
        let outcome = protocol.outcome(request.bearer_auth(&token).body(body)).await;
        assert_eq!(outcome.code, 0, "{content_type}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_media_type_that_no_protocol_has_is_not_offered() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for (protocol, content_type, http) in [
        (Protocol::Connect, "text/plain", 415),
        (Protocol::Connect, "application/xml", 415),
        (Protocol::Connect, "application/connect+json", 501),
        (Protocol::Grpc, "application/grpc+xml", 200),
        (Protocol::GrpcWeb, "application/grpc-web-text", 200),
    ] {
        let request = of_type(protocol.request(&passlink, &call), content_type);
        let outcome = protocol.outcome(request.bearer_auth(&token)).await;
        assert_refused(&outcome, 12, "REQUEST-Unimplemented");
        assert_eq!(outcome.http, http, "{content_type}");
    }
}

#[tokio::test]
async fn an_unknown_method_or_service_is_not_offered() {
    let (passlink, token) = fixture().await;
    for rpc in [
        "/zitadel.auth.v1.AuthService/Nothing",
        "/zitadel.auth.v1.Nothing/SendMyPasswordlessLink",
        "/zitadel.auth.v1.AuthService/sendMyPasswordlessLink",
    ] {
        for (protocol, http) in
            [(Protocol::Grpc, 200), (Protocol::GrpcWeb, 200), (Protocol::Connect, 404)]
        {
            let request = protocol.request(&passlink, &Call { rpc, ..Call::send_link() });
            let outcome = protocol.outcome(request.bearer_auth(&token)).await;
            assert_refused(&outcome, 12, "REQUEST-Unimplemented");
            assert_eq!(outcome.http, http, "{rpc} by {protocol:?}");
        }
    }
}

#[tokio::test]
async fn an_rpc_path_takes_posts_alone() {
    let (passlink, token) = fixture().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = passlink.request(method.clone(), Call::send_link().rpc);
        let answer = Answer::to(request.bearer_auth(&token)).await;
        assert_eq!(answer.status, 405, "{method}: {answer:?}");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
        assert_eq!(answer.json()["code"], "unimplemented", "{method}");
    }
}

#[tokio::test]
async fn a_request_may_be_compressed_with_gzip() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for (protocol, header, body) in [
        (Protocol::Rest, "content-encoding", gzip(&call.json)),
        (Protocol::Connect, "content-encoding", gzip(&call.json)),
        (Protocol::Grpc, "grpc-encoding", frame(1, &gzip(&call.proto))),
        (Protocol::GrpcWeb, "grpc-encoding", frame(1, &gzip(&call.proto))),
    ] {
        let request = protocol.bare(&passlink, &call).bearer_auth(&token).header(header, "gzip");
        let outcome = protocol.outcome(request.body(body)).await;
        assert_eq!(outcome.code, 0, "{protocol:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn another_compression_is_not_offered_and_one_that_is_broken_is_malformed() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for protocol in Protocol::ALL {
        let (header, flags) = match protocol {
            Protocol::Rest | Protocol::Connect => ("content-encoding", None),
            Protocol::Grpc | Protocol::GrpcWeb => ("grpc-encoding", Some(1)),
        };
        let body = |octets: &[u8]| match flags {
            None => octets.to_vec(),
            Some(flags) => frame(flags, octets),
        };
        let request = protocol.bare(&passlink, &call).bearer_auth(&token);
        for other in ["br", "zstd", "deflate"] {
            let packed = request.try_clone().unwrap().header(header, other).body(body(b"{}"));
            assert_refused(&protocol.outcome(packed).await, 12, "REQUEST-Unimplemented");
        }
        let broken = request.header(header, "gzip").body(body(b"\x1f\x8b{}"));
        assert_refused(&protocol.outcome(broken).await, 3, "REQUEST-Malformed");
    }
}

/// A request to list what the files of a service hold: its answer is large enough to compress.
fn describe(passlink: &Passlink) -> RequestBuilder {
    let symbol = b"zitadel.auth.v1.AuthService";
    let question = [&[0x22, symbol.len() as u8], &symbol[..]].concat();
    let call = Call {
        rpc: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        proto: question,
        ..Call::send_link()
    };
    Protocol::Grpc.request(passlink, &call)
}

#[tokio::test]
async fn a_large_answer_is_compressed_with_gzip_for_who_takes_it() {
    let (passlink, _) = fixture().await;
    let plain = Answer::octets(describe(&passlink)).await;
    let [(0, plain)] = frames(&plain)[..] else { panic!("one plain message: {plain:?}") };
    let packed = Answer::octets(describe(&passlink).header("grpc-accept-encoding", "gzip")).await;
    let [(1, packed)] = frames(&packed)[..] else { panic!("one packed message: {packed:?}") };
    assert!(packed.len() < plain.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain, "the same message either way");
}

#[tokio::test]
async fn a_deadline_that_is_far_away_changes_nothing() {
    let (passlink, token) = fixture().await;
    for protocol in Protocol::ALL {
        let request = protocol.request(&passlink, &Call::send_link()).bearer_auth(&token);
        let request = request.header("grpc-timeout", "20S").header("connect-timeout-ms", "20000");
        assert_eq!(protocol.outcome(request).await.code, 0, "{protocol:?}");
    }
}

//! Messages that are compressed, both ways.

use passlink_tests::gzip;

use super::*;

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

/// Ada has twenty passkeys.
fn with_passkeys(passlink: &Passlink) {
    passlink.sql(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20) \
         INSERT INTO passkeys (id, user_id, name, rp_id, credential_id, public_key, sign_count, \
         transports, backup_eligible, backup_state, aaguid, created_at) \
         SELECT 'a-passkey-with-an-id-of-many-letters-' || n, users.id, 'One of many', \
         'login.example.com', CAST('c' || n AS BLOB), 'key', 0, '[]', false, false, 'aaguidaaguidaagu', 0 \
         FROM users, numbers",
        &[],
    );
}

#[tokio::test]
async fn each_protocol_compresses_a_large_answer_for_who_takes_it() {
    let (passlink, token) = fixture().await;
    with_passkeys(&passlink);
    let call = Call {
        rpc: "/zitadel.auth.v1.AuthService/ListMyPasswordless",
        rest: (Method::POST, "/auth/v1/users/me/passwordless/_search"),
        ..Call::send_link()
    };
    for protocol in Protocol::ALL {
        let request = protocol.request(&passlink, &call).bearer_auth(&token);
        let [plain, packed] = [(); 2].map(|()| request.try_clone().unwrap());
        let plain = protocol.outcome(plain).await.message;
        assert!(plain.len() > 1024, "{} octets", plain.len());
        let (header, told) = match protocol {
            Protocol::Rest | Protocol::Connect => ("accept-encoding", "content-encoding"),
            Protocol::Grpc | Protocol::GrpcWeb => ("grpc-accept-encoding", "grpc-encoding"),
        };
        let packed = protocol.outcome(packed.header(header, "br, gzip")).await;
        assert_eq!(packed.headers[told], "gzip", "{protocol:?}");
        assert!(packed.message.len() < plain.len(), "{protocol:?}");
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed.message[..]).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain, "{protocol:?}: the same message either way");
    }
}

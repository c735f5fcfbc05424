//! What the four protocols have in common, and what each has of its own.

use std::io::Read;

use flate2::read::GzDecoder;
use passlink_tests::{
    Answer, Api, Call, Detail, Passlink, Protocol, SEND_LINK, python, raw,
    rpc::{assert_refused, field, frame, frames},
    until,
};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::json;

mod compression;
mod cors;

/// A server and a token that can send as often as a test likes.
async fn fixture() -> (Passlink, String) {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let token = passlink.ada().token;
    (passlink, token)
}

fn of_type(request: RequestBuilder, content_type: &str) -> RequestBuilder {
    request.headers(HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]))
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
async fn a_rest_url_that_takes_no_post_takes_those_of_grpc() {
    let (passlink, token) = fixture().await;
    let own = "/auth/v1/users/me/passwordless/unknown";
    let users =
        format!("/v2/users/{}/passkeys/unknown", passlink.user("eve@example.com", &[])["id"]);
    let users: &str = users.replace('"', "").leak();
    let remove = Call { rpc: own, proto: field(1, b"unknown"), ..Call::send_link() };
    let verify = Call { rpc: users, ..Call::send_link() };
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let outcome = protocol.outcome(protocol.request(&passlink, &remove).bearer_auth(&token));
        assert_refused(&outcome.await, 5, "PASSKEY-NotFound");
        // Where REST posts as well, it is that call; this one lacks all fields.
        let outcome = protocol.outcome(protocol.request(&passlink, &verify).bearer_auth(&token));
        assert_refused(&outcome.await, 3, "REQUEST-Invalid");
        // The fields are those of the message, whatever stands in the path.
        let odd = Call { rpc: "/auth/v1/users/me/passwordless/%FF", ..remove.clone() };
        let outcome = protocol.outcome(protocol.request(&passlink, &odd).bearer_auth(&token));
        assert_refused(&outcome.await, 5, "PASSKEY-NotFound");
        for path in ["/healthz", "/passkeys/register", "/nothing"] {
            let call = Call { rpc: path, ..Call::send_link() };
            let outcome = protocol.outcome(protocol.request(&passlink, &call)).await;
            assert_refused(&outcome, 12, "REQUEST-Unimplemented");
        }
    }
    let body = frame(0, &field(1, b"unknown"));
    let request = of_type(passlink.request(Method::DELETE, own), "application/grpc-web");
    let outcome = Protocol::GrpcWeb.outcome(request.bearer_auth(&token).body(body)).await;
    assert_refused(&outcome, 5, "PASSKEY-NotFound");
}

#[tokio::test]
async fn a_media_type_is_known_in_any_case() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    let by_url = Call { rpc: SEND_LINK, ..call.clone() };
    for (protocol, content_type) in [
        (Protocol::Grpc, "Application/gRPC"),
        (Protocol::Grpc, "application/GRPC+proto"),
        (Protocol::GrpcWeb, "APPLICATION/GRPC-WEB+PROTO"),
        (Protocol::Connect, "Application/JSON; Charset=UTF-8"),
    ] {
        let at_both = [&call, &by_url];
        let count = if protocol == Protocol::Connect { 1 } else { 2 };
        for call in &at_both[..count] {
            let request = of_type(protocol.request(&passlink, call), content_type);
            let outcome = protocol.outcome(request.bearer_auth(&token)).await;
            assert_eq!(outcome.code, 0, "{content_type}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_only_begins_like_a_media_type_of_grpc_is_none() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for content_type in ["application/grpcfoo", "application/grpc-foo", "application/grpc-webs"] {
        let request = of_type(Protocol::Connect.request(&passlink, &call), content_type);
        let outcome = Protocol::Connect.outcome(request.bearer_auth(&token)).await;
        assert_refused(&outcome, 12, "REQUEST-Unimplemented");
        assert_eq!(outcome.http, 415, "{content_type}");
        let request = of_type(Protocol::Rest.request(&passlink, &call), content_type);
        let outcome = Protocol::Rest.outcome(request.bearer_auth(&token)).await;
        assert_eq!(outcome.code, 0, "{content_type} is JSON on REST: {outcome:?}");
    }
}

#[tokio::test]
async fn a_message_of_64_kib_is_taken_and_one_octet_more_is_too_large() {
    let (passlink, token) = fixture().await;
    let padded = |length: usize| {
        let json = format!("{{{}}}", " ".repeat(length - 2)).into_bytes();
        // An unknown field, whose head has four octets.
        let proto = field(15, &vec![b' '; length - 4]);
        assert_eq!((json.len(), proto.len()), (length, length));
        Call { json, proto, ..Call::send_link() }
    };
    for protocol in Protocol::ALL {
        let exact = protocol.request(&passlink, &padded(64 * 1024)).bearer_auth(&token);
        let outcome = protocol.outcome(exact).await;
        assert_eq!(outcome.code, 0, "{protocol:?}: {outcome:?}");
        let more = protocol.request(&passlink, &padded(64 * 1024 + 1)).bearer_auth(&token);
        assert_refused(&protocol.outcome(more).await, 8, "REQUEST-TooLarge");
    }
}

#[tokio::test]
async fn health_knows_its_services_and_no_other() {
    let (passlink, _) = fixture().await;
    let services = [
        "",
        "passlink.v1.LinkService",
        "passlink.v1.PasskeyService",
        "zitadel.auth.v1.AuthService",
        "zitadel.session.v2.SessionService",
        "zitadel.user.v2.UserService",
    ];
    for protocol in Protocol::RPC {
        for service in services {
            let call = Call::health(service);
            let outcome = protocol.outcome(protocol.request(&passlink, &call)).await;
            assert_eq!(outcome.code, 0, "{service}: {outcome:?}");
        }
        let call = Call::health("zitadel.auth.v1.Nothing");
        let outcome = protocol.outcome(protocol.request(&passlink, &call)).await;
        assert_refused(&outcome, 5, "REQUEST-NotFound");
    }
    assert!(!passlink.log().contains(r#""level":"ERROR""#), "what callers ask is no error");
}

#[tokio::test]
async fn a_stream_has_the_errors_of_the_table_too() {
    let (passlink, _) = fixture().await;
    let watch =
        |service: &str| Call { rpc: "/grpc.health.v1.Health/Watch", ..Call::health(service) };
    let reflection = |proto: Vec<u8>| Call {
        rpc: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        proto,
        ..Call::send_link()
    };
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let ask = async |call: &Call, name: &'static str, value: &str| {
            let request = protocol.request(&passlink, call).header(name, value);
            protocol.outcome(request).await
        };
        let unknown = ask(&watch("nothing"), "x-nothing", "").await;
        assert_refused(&unknown, 5, "REQUEST-NotFound");
        let overdue = ask(&watch(""), "grpc-timeout", "500m").await;
        assert_refused(&overdue, 4, "REQUEST-Deadline");
        assert_eq!(overdue.message, [0x08, 1], "it was SERVING until then");
        let empty = ask(&reflection(Vec::new()), "x-nothing", "").await;
        assert_refused(&empty, 3, "REQUEST-Malformed");
        let broken = ask(&reflection(vec![0xff]), "x-nothing", "").await;
        assert_refused(&broken, 3, "REQUEST-Malformed");
        let packed = ask(&watch(""), "grpc-encoding", "zstd").await;
        assert_refused(&packed, 12, "REQUEST-Unimplemented");
        let other = Call { rpc: "/grpc.reflection.v1.Nothing/Nothing", ..Call::send_link() };
        assert_refused(&ask(&other, "x-nothing", "").await, 12, "REQUEST-Unimplemented");
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
async fn a_list_in_the_place_of_a_message_is_malformed() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let register = "/zitadel.user.v2.UserService/RegisterPasskey";
    let with_code = format!(r#"{{"userId":"{}","code":["some","code"]}}"#, ada.id);
    for (rpc, json) in [
        (Call::send_link().rpc, "[]"),
        ("/zitadel.user.v2.UserService/ListPasskeys", &format!("[\"{}\"]", ada.id)),
        (register, &with_code),
        (Call::health("").rpc, "[]"),
        ("/grpc.health.v1.Health/Watch", "[]"),
    ] {
        let call = Call { rpc, ..Call::send_link() };
        let framed = frame(0, json.as_bytes());
        let mut forms = vec![
            (Protocol::Grpc, "application/grpc+json", framed.clone()),
            (Protocol::GrpcWeb, "application/grpc-web+json", framed),
        ];
        if !rpc.ends_with("/Watch") {
            forms.push((Protocol::Connect, "application/json", json.into()));
        }
        for (protocol, content_type, body) in forms {
            let request = of_type(protocol.bare(&passlink, &call), content_type);
            let outcome = protocol.outcome(request.bearer_auth(&ada.token).body(body)).await;
            assert_refused(&outcome, 3, "REQUEST-Malformed");
        }
    }
    assert_eq!(passlink.history(&ada.id), [1]);
}

#[tokio::test]
async fn an_empty_message_in_json_counts_as_an_empty_object() {
    let (passlink, token) = fixture().await;
    let call = Call::send_link();
    for (protocol, content_type, body) in [
        (Protocol::Connect, "application/json", Vec::new()),
        (Protocol::Connect, "application/json; charset=utf-8", Vec::new()),
        (Protocol::Grpc, "application/grpc+json", frame(0, b"")),
        (Protocol::GrpcWeb, "application/grpc-web+json", frame(0, b"")),
    ] {
        let request = of_type(protocol.bare(&passlink, &call), content_type);
        let outcome = protocol.outcome(request.bearer_auth(&token).body(body)).await;
        assert_eq!(outcome.code, 0, "{content_type}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_node_that_is_busy_is_healthy() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let passlink = passlink.set("limits.concurrent_requests", "1").started().await;
    let token = passlink.ada().token;
    // A call that waits for the database has the only place.
    let held = python::lock(passlink.database_file());
    let sending = tokio::spawn(passlink.sending(&token).send());
    until("the node to be busy", async || {
        let request = Protocol::Grpc.request(&passlink, &Call::send_link());
        let outcome = Protocol::Grpc.outcome(request.header("grpc-timeout", "100m")).await;
        (outcome.id() == "REQUEST-TooMany").then_some(())
    })
    .await;
    for protocol in Protocol::RPC {
        let outcome = protocol.call(&passlink, None, &Call::health("")).await;
        assert_eq!(outcome.code, 0, "{protocol:?}: {outcome:?}");
    }
    assert!(!sending.is_finished());
    drop(held);
    sending.await.unwrap().unwrap();
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
    for method in
        [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD]
    {
        let request = passlink.request(method.clone(), Call::send_link().rpc);
        let answer = Answer::to(request.bearer_auth(&token)).await;
        assert_eq!(answer.status, 405, "{method}: {answer:?}");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{method}");
        if method != Method::HEAD {
            let detail = &answer.json()["details"][0]["debug"];
            assert_eq!(answer.json()["code"], "unimplemented", "{method}");
            assert_eq!(detail["id"], "REQUEST-Unimplemented", "{method}");
        }
    }
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

#[tokio::test]
async fn nobody_acts_on_another_user() {
    let (passlink, token) = fixture().await;
    let eve = passlink.caller("eve@example.com", &[]);
    let begin = passlink.request(Method::POST, &format!("/v2/users/{}/passkeys", eve.id));
    let begun = Answer::to(begin.bearer_auth(&eve.token)).await.json();
    let passkey = begun["passkeyId"].as_str().unwrap();
    let (eve, user) = (eve.id.as_str(), field(1, eve.id.as_bytes()));
    let named = field(2, passkey.as_bytes());
    for (method, verb, path, more) in [
        ("CreatePasskeyRegistrationLink", Method::POST, "registration_link", Vec::new()),
        ("CreatePasskeyRegistrationLink", Method::POST, "registration_link", field(3, b"")),
        ("RegisterPasskey", Method::POST, "", Vec::new()),
        (
            "VerifyPasskeyRegistration",
            Method::POST,
            passkey,
            [named.clone(), field(3, b"")].concat(),
        ),
        ("ListPasskeys", Method::POST, "_search", Vec::new()),
        ("RemovePasskey", Method::DELETE, passkey, named.clone()),
    ] {
        let rpc: &str = format!("/zitadel.user.v2.UserService/{method}").leak();
        let path = format!("/v2/users/{eve}/passkeys/{path}");
        let json = json!({ "userId": eve, "passkeyId": passkey, "publicKeyCredential": {} });
        let call = Call {
            rpc,
            rest: (verb, path.trim_end_matches('/').to_owned().leak()),
            json: json.to_string().into_bytes(),
            proto: [user.clone(), more].concat(),
        };
        for protocol in Protocol::ALL {
            let request = protocol.request(&passlink, &call);
            let outcome = protocol.outcome(request.bearer_auth(&token)).await;
            assert_refused(&outcome, 7, "AUTH-Denied");
        }
    }
    assert_eq!(passlink.history(eve), [1], "nothing was done to her");
}

#[tokio::test]
async fn who_tries_many_wrong_tokens_is_slowed_down_and_a_right_one_still_holds() {
    let passlink = Passlink::with_mail_dir().generous().set("limits.wrong_tokens_per_minute", "8");
    let passlink = passlink.started().await;
    let token = passlink.ada().token;
    let call = Call::send_link();
    for _ in 0..2 {
        for protocol in Protocol::ALL {
            let wrong = protocol.request(&passlink, &call).bearer_auth("nonsense");
            assert_refused(&protocol.outcome(wrong).await, 16, "AUTH-Invalid");
        }
    }
    for protocol in Protocol::ALL {
        let wrong = protocol.request(&passlink, &call).bearer_auth("nonsense");
        let outcome = protocol.outcome(wrong).await;
        assert_eq!(outcome.code, 8, "{outcome:?}");
        assert!(outcome.text.ends_with("(REQUEST-TooMany)"), "{outcome:?}");
        let wait = outcome.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{outcome:?}");
        assert_eq!(outcome.details[1], Detail::Retry { seconds: wait });
        let right = protocol.request(&passlink, &call).bearer_auth(&token);
        assert_eq!(protocol.outcome(right).await.code, 0);
    }
}

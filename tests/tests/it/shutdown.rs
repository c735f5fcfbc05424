//! A stop that loses nothing.

use http_body_util::BodyExt;
use passlink_tests::{
    Answer, Api, Call, MailServer, Passlink, Protocol, SEND_LINK, SlowBody,
    rpc::{field, frame},
    until,
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is logged when a stop waits no longer for connections.
pub const LEFT_AT_A_STOP: &str = "connections are closed whose clients do not take their answers";

#[tokio::test]
async fn the_mail_in_hand_is_finished_and_not_sent_again() {
    let mails = MailServer::plain();
    mails.rules(&json!([{ "delay": 2 }]));
    let mut passlink = Passlink::with_mail_server(&mails).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    mails.until_in_hand().await;
    assert!(passlink.stop().await.success());
    mails.until_mails(1).await;
    assert_eq!(passlink.sql("SELECT state, tries FROM outbox", &[]), [[json!("sent"), json!(1)]]);
    passlink.start().await;
    assert!(passlink.cli(&["outbox", "list"]).lines().is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    mails.until_mails(1).await;
}

#[tokio::test]
async fn the_request_in_hand_is_answered_and_no_other_is_taken() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let token = passlink.ada().token;
    let port = passlink.port();
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
        Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    );
    let mut in_hand = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    in_hand.write_all(head.as_bytes()).await.unwrap();
    let mut asked_for_more = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    in_hand.read_exact(&mut asked_for_more).await.unwrap();
    assert!(asked_for_more.starts_with(b"HTTP/1.1 100 "), "{asked_for_more:?}");
    passlink.process().signal("TERM");
    until("no other to be taken", async || {
        Answer::try_to(passlink.request(Method::GET, "/healthz")).await.err()
    })
    .await;
    in_hand.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    in_hand.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let status = passlink.ended().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn idle_connections_hold_up_no_stop() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let idle = TcpStream::connect(("127.0.0.1", passlink.port())).await.unwrap();
    let keeps_alive = Answer::to(passlink.request(Method::GET, "/healthz")).await;
    assert_eq!(keeps_alive.status, 200);
    assert!(passlink.stop().await.success());
    assert!(!passlink.log().contains(LEFT_AT_A_STOP), "{}", passlink.log());
    drop(idle);
}

#[tokio::test]
async fn who_watches_and_who_asks_by_reflection_hold_up_no_stop() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let watch = Call { rpc: "/grpc.health.v1.Health/Watch", ..Call::health("") };
    let reflection = Call {
        rpc: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ..Call::send_link()
    };
    let watches = Protocol::Grpc.request(&passlink, &watch);
    let asks = Protocol::Grpc.bare(&passlink, &reflection);
    let asks = asks.body(SlowBody::stalling_after(&frame(0, &field(7, b""))));
    let (watches, asks) = (watches.send().await.unwrap(), asks.send().await.unwrap());
    let [watches, asks] = [watches, asks].map(|response| tokio::spawn(rest_of(response)));
    assert!(passlink.stop().await.success());
    assert!(!passlink.log().contains(LEFT_AT_A_STOP), "{}", passlink.log());
    let (watched, status) = watches.await.unwrap();
    assert!(watched.ends_with(&frame(0, &[0x08, 2])), "at last, NOT_SERVING: {watched:?}");
    assert_eq!(status, "0");
    let (asked, status) = asks.await.unwrap();
    assert!(!asked.is_empty(), "the services were listed");
    assert_eq!(status, "14");
}

/// The body of an answer, and how its call ended.
async fn rest_of(response: reqwest::Response) -> (Vec<u8>, String) {
    let body = http::Response::<reqwest::Body>::from(response).into_body();
    let collected = body.collect().await.unwrap();
    let status = collected.trailers().unwrap()["grpc-status"].to_str().unwrap().to_owned();
    (collected.to_bytes().into(), status)
}

#[tokio::test]
async fn an_interrupt_is_a_stop_as_well() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    passlink.process().signal("INT");
    assert!(passlink.ended().await.success());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_ends_the_start() {
    let first = Passlink::with_mail_dir().started().await;
    let listen = format!("127.0.0.1:{}", first.port());
    let second = Passlink::with_mail_dir().set("server.listen", &listen);
    let stderr = second.cli(&["serve"]).failed(1);
    assert!(stderr.contains(&listen), "{stderr}");
    if second.is_on_sqlite() {
        assert!(!second.database_file().exists(), "nothing is left behind");
    }
    until("the first to go on", async || {
        let answer = Answer::to(first.request(Method::GET, "/healthz")).await;
        (answer.status == 200).then_some(())
    })
    .await;
}

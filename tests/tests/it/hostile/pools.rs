//! One client who takes all that it can get leaves the others theirs.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use passlink_tests::{
    Answer, Api, PATIENCE, SlowBody, client_builder, connect_from, http2_from, python,
};
use reqwest::{Method, StatusCode};
use tokio::{task::JoinSet, time::timeout};

use super::*;

/// The address of the attacker; that of who means well is 127.0.0.1.
const GREEDY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// A call of the attacker, which waits no longer than so many milliseconds.
async fn greedy_call(passlink: &Passlink, token: &str, patience: &str, body: SlowBody) -> Answer {
    let client = client_builder().local_address(GREEDY).build().unwrap();
    let request = client.post(passlink.url() + SEND_LINK).bearer_auth(token);
    let request = request.header("connect-timeout-ms", patience);
    Answer::to(request.body(reqwest::Body::wrap(body))).await
}

/// A body of so many octets in chunks of 1 KiB, of which the last one does not come.
fn stalling(octets: usize) -> SlowBody {
    SlowBody { chunk: vec![b' '; 1024.min(octets)].into(), chunks: octets.div_ceil(1024) }
}

/// Connections of the attacker with 64 calls each, of whose bodies one octet comes.
async fn unfinished(victim: &Victim, connections: usize) -> JoinSet<()> {
    let mut open = JoinSet::new();
    for _ in 0..connections {
        let (mut client, connection) = http2_from(GREEDY, victim.passlink.port()).await;
        let token = victim.token.clone();
        open.spawn(async move {
            let connection = tokio::spawn(connection);
            let mut bodies = Vec::new();
            for _ in 0..64 {
                let request = http::Request::post(format!("http://localhost{SEND_LINK}"));
                let request = request.header("authorization", format!("Bearer {token}"));
                client = client.ready().await.unwrap();
                let (answer, mut body) =
                    client.send_request(request.body(()).unwrap(), false).unwrap();
                body.send_data(" ".into(), false).unwrap();
                bodies.push((answer, body));
            }
            let _ = connection.await;
        });
    }
    open
}

/// Waits until the attacker itself finds no place any more, and is told so when its patience ends.
async fn until_full(victim: &Victim, octets: usize) {
    until("all places to be taken", async || {
        let body = stalling(octets);
        let answer = greedy_call(&victim.passlink, &victim.token, "500", body).await;
        (answer.status == StatusCode::TOO_MANY_REQUESTS).then_some(())
    })
    .await;
}

/// A call whose body comes a moment later than its head.
async fn late_call(victim: &Victim, body: &[u8]) -> String {
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
        Content-Length: {}\r\nConnection: close\r\n\r\n",
        victim.token,
        body.len()
    );
    raw(victim.passlink.port(), &[head.as_bytes(), body]).await
}

#[tokio::test]
async fn bodies_that_do_not_come_keep_no_other_client_from_calling() {
    let victim = Victim::new().await;
    let open = unfinished(&victim, 34).await;
    until_full(&victim, 1).await;
    for _ in 0..5 {
        let answer = late_call(&victim, b"{}").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    drop(open);
}

#[tokio::test]
async fn large_bodies_that_do_not_come_keep_no_other_client_from_sending_one() {
    let victim = Victim::new().await;
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n{}",
        " ".repeat(9 * 1024)
    );
    let mut open = Vec::new();
    for _ in 0..300 {
        let mut connection = connect_from(GREEDY, victim.passlink.port()).await;
        connection.write_all(head.as_bytes()).await.unwrap();
        open.push(connection);
    }
    until_full(&victim, 9 * 1024).await;
    let large = " ".repeat(60 * 1024) + "{}";
    for _ in 0..5 {
        let answer = late_call(&victim, large.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    drop(open);
}

/// A stream that a client from this address opens, if it gets a place.
async fn open_stream(passlink: &Passlink, from: IpAddr, path: &str) -> reqwest::Response {
    let client = client_builder().local_address(from).http2_prior_knowledge().build().unwrap();
    let request = client.post(passlink.url() + path).header("te", "trailers");
    let request = request.header("content-type", "application/grpc");
    let message = match path {
        WATCH => frame(0, b""),
        // The services, please.
        _ => frame(0, &field(7, b"")),
    };
    let patient = request.header("grpc-timeout", "60S");
    let body = match path {
        WATCH => patient.body(message),
        _ => patient.body(SlowBody::stalling_after(&message)),
    };
    body.send().await.unwrap()
}

#[tokio::test]
async fn streams_that_go_on_and_on_leave_room_for_those_of_another_client() {
    let passlink = Passlink::with_mail_dir().set("limits.concurrent_requests", "4");
    let passlink = passlink.started().await;
    for path in [WATCH, REFLECTION] {
        let (mut greedy, mut others) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let mut stream = open_stream(&passlink, GREEDY, path).await;
            assert!(stream.chunk().await.unwrap().is_some_and(|message| !message.is_empty()));
            greedy.push(stream);
        }
        for _ in 0..2 {
            let mut stream = open_stream(&passlink, [127, 0, 0, 1].into(), path).await;
            let message = stream.chunk().await.unwrap();
            assert!(message.is_some_and(|message| !message.is_empty()), "{path}");
            others.push(stream);
            // The oldest stream of the other one has ended, in the words of the table.
            let ended = http::Response::<reqwest::Body>::from(greedy.remove(0));
            let ended = http_body_util::BodyExt::collect(ended.into_body()).await.unwrap();
            let trailers = ended.trailers().unwrap();
            assert_eq!(trailers["grpc-status"], "8", "{path}: {trailers:?}");
            assert_eq!(trailers["grpc-message"], "Errors.Request.TooMany (REQUEST-TooMany)");
        }
    }
}

#[tokio::test]
async fn a_call_that_finds_no_place_waits_for_one_until_its_deadline() {
    let passlink = Passlink::with_mail_dir().on_sqlite().generous();
    let passlink = passlink.set("limits.concurrent_requests", "1").started().await;
    let token = passlink.ada().token;
    let held = python::lock(passlink.database_file());
    let first = tokio::spawn(passlink.sending(&token).send());
    until("the only place to be taken", async || {
        let request = passlink.sending(&token).header("connect-timeout-ms", "100");
        (Answer::to(request).await.status == StatusCode::TOO_MANY_REQUESTS).then_some(())
    })
    .await;
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        waiting.spawn(Answer::to(passlink.sending(&token)));
    }
    drop(held);
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    for answer in waiting.join_all().await {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}

/// Calls as somebody else until one of the attacker's connections has ended; returns what that one gave.
async fn make_room<T: 'static>(passlink: &Passlink, token: &str, greedy: &mut JoinSet<T>) -> T {
    until("a connection to end", async || {
        let client = client_builder().build().unwrap();
        let request = client.post(passlink.url() + SEND_LINK).bearer_auth(token).body("{}");
        assert_eq!(Answer::to(request).await.status, StatusCode::OK);
        // None ends if the server came to this connection before it came to all of the others.
        let ended = timeout(Duration::from_secs(3), greedy.join_next()).await;
        ended.ok().map(|ended| ended.unwrap().unwrap())
    })
    .await
}

#[tokio::test]
async fn connections_that_do_nothing_leave_room_for_those_of_another_client() {
    let passlink = Passlink::with_mail_dir().generous().set_variable("_PASSLINK_CONNECTIONS", "40");
    let passlink = passlink.started().await;
    let token = passlink.ada().token;
    let mut greedy = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..50 {
        let (client, connection) = http2_from(GREEDY, passlink.port()).await;
        clients.push(client);
        // Answers pings, so that it is open for as long as the server likes.
        greedy.spawn(connection);
    }
    for _ in 0..10 {
        let _ = make_room(&passlink, &token, &mut greedy).await;
    }
    assert!(passlink.log().contains("there are too many connections"), "{}", passlink.log());
}

/// Connections of the attacker that say something and wait for what comes; each ends with that.
async fn saying(passlink: &Passlink, connections: usize, said: &[u8]) -> JoinSet<String> {
    let mut open = JoinSet::new();
    for _ in 0..connections {
        let mut connection = connect_from(GREEDY, passlink.port()).await;
        connection.write_all(said).await.unwrap();
        open.spawn(async move {
            let mut heard = Vec::new();
            let _ = connection.read_to_end(&mut heard).await;
            String::from_utf8_lossy(&heard).into_owned()
        });
    }
    open
}

#[tokio::test]
async fn connections_on_which_no_call_runs_leave_room_for_those_of_another_client() {
    let passlink = Passlink::with_mail_dir()
        .generous()
        .set("limits.concurrent_requests", "4")
        .set_variable("_PASSLINK_CONNECTIONS", "40")
        .started()
        .await;
    let token = passlink.ada().token;
    let post = |path: &str, more: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n").into_bytes()
    };
    let half_a_body = post(SEND_LINK, "Content-Length: 2\r\n");
    // More streams than there are: the others wait for one.
    let head = "Content-Type: application/connect+json\r\nContent-Length: 7\r\n";
    let stream = [post(WATCH, head), frame(0, b"{}")].concat();
    // HTTP/2 with a window of 0 octets, and `GET /` on it.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0".as_slice();
    let get = b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x84\x41\x09localhost".as_slice();
    let answer_not_taken = [preface, settings, get].concat();
    for said in [&half_a_body, &stream, &half_a_body[..20].to_vec(), &answer_not_taken] {
        let mut greedy = saying(&passlink, 50, said).await;
        let heard = make_room(&passlink, &token, &mut greedy).await;
        // It was closed for the call, which did not wait until its time was over.
        assert!(!heard.contains("REQUEST-"), "{heard}");
    }
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_are_bound_by_no_share() {
    let passlink = Passlink::with_mail_dir()
        .set("server.trusted_proxies", &format!("[\"{PROXY}\"]"))
        .set_variable("_PASSLINK_CONNECTIONS", "40")
        .started()
        .await;
    let ask = async |connection: &mut TcpStream| {
        let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok\n") {
            answer.push(connection.read_u8().await.unwrap());
        }
    };
    let mut of_proxy = Vec::new();
    let mut of_others = JoinSet::new();
    let mut clients = Vec::new();
    for count in 0..40 {
        let (client, connection) = http2_from(GREEDY, passlink.port()).await;
        clients.push(client);
        of_others.spawn(connection);
        if count >= 20 {
            let mut connection = connect_from(PROXY, passlink.port()).await;
            ask(&mut connection).await;
            of_proxy.push(connection);
        }
    }
    let ended = timeout(PATIENCE, of_others.join_next()).await;
    assert!(ended.is_ok(), "no connection of the others has ended");
    let answer = Answer::to(passlink.request(Method::GET, "/healthz")).await;
    assert_eq!(answer.status, StatusCode::OK);
    for connection in &mut of_proxy {
        ask(connection).await;
    }
}

#[tokio::test]
async fn many_who_ask_whether_the_server_is_ready_are_told_what_was_seen_a_moment_ago() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (last, version) = ("SELECT max(version) FROM seaql_migrations", "version = ?");
    let name = passlink.sql(last, &[])[0][0].as_str().unwrap().to_owned();
    let rename = |to: &str, from: &str| {
        let statement = format!("UPDATE seaql_migrations SET version = ? WHERE {version}");
        passlink.sql(&statement, &[to, from]);
    };
    let ready = async || Answer::to(passlink.request(Method::GET, "/readyz")).await.status == 200;
    let began = Instant::now();
    rename("m0000_away", &name);
    until("the server to be not ready", async || (!ready().await).then_some(())).await;
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let (client, url) = (client_builder().build().unwrap(), passlink.url() + "/readyz");
        asking.spawn(async move {
            for _ in 0..25 {
                assert_eq!(Answer::to(client.get(&url)).await.status, 503);
            }
        });
    }
    asking.join_all().await;
    let looks = passlink.log().matches("\"not ready\"").count() as u64;
    let seconds = began.elapsed().as_secs();
    assert!((1..=seconds + 2).contains(&looks), "{looks} looks in {seconds} s");
    rename(&name, "m0000_away");
    until("the server to be ready again", async || ready().await.then_some(())).await;
}

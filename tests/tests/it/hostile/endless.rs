//! What never ends, or never comes.

use super::*;

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let victim = Victim::new().await;
    let rpc = Call::send_link().rpc;
    for (path, content_type) in
        [(SEND_LINK, "application/json"), (rpc, "application/json"), (rpc, "application/grpc-web")]
    {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
            Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n",
            victim.token
        );
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
        let answer = flood(&victim, head.as_bytes(), chunk.as_bytes(), 64 * 1024 * 1024).await;
        assert!(answer.is_empty() || answer.contains("REQUEST-TooLarge"), "{path}: {answer}");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let victim = Victim::new().await;
    let start = format!("POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\n");
    for (head, chunk) in [
        (format!("{start}X: "), "x".repeat(4096)),
        (start, "X: x\r\n".repeat(500)),
        ("POST /".to_owned(), "x".repeat(4096)),
    ] {
        let answer = flood(&victim, head.as_bytes(), chunk.as_bytes(), 64 * 1024 * 1024).await;
        let refused = ["", "HTTP/1.1 431 ", "HTTP/1.1 414 ", "HTTP/1.1 400 "];
        assert!(refused.iter().any(|it| answer.starts_with(it)), "{answer}");
    }
    victim.assert_unharmed().await;
}

#[tokio::test]
async fn who_only_dawdles_is_told_so_or_cut_off() {
    let victim = Victim::new().await;
    let port = victim.passlink.port();
    let begun = async |text: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    };
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n",
        victim.token
    );
    let mut in_head = begun(&head).await;
    let mut in_body =
        begun(&format!("{head}Content-Length: 9\r\nConnection: close\r\n\r\n{{")).await;
    let mut silent = begun("").await;
    let patience = Duration::from_secs(80);
    let read = async |stream: &mut TcpStream| {
        let mut answer = String::new();
        let ended = tokio::time::timeout(patience, stream.read_to_string(&mut answer)).await;
        ended.expect("the connection is still open").map(|_| answer).unwrap_or_default()
    };
    let (in_head, in_body, silent) =
        tokio::join!(read(&mut in_head), read(&mut in_body), read(&mut silent));
    assert!(in_body.contains("504 ") && in_body.contains("REQUEST-Deadline"), "{in_body}");
    assert!(in_head.is_empty() || in_head.starts_with("HTTP/1.1 408 "), "{in_head}");
    assert_eq!(silent, "");
    victim.assert_unharmed().await;
}

/// Connections with a call each, of whose body so many octets have come, and never the last one.
async fn halves(victim: &Victim, count: usize, octets: usize) -> Vec<TcpStream> {
    let head = format!(
        "POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
        Content-Length: {}\r\n\r\n{}",
        victim.token,
        octets + 1,
        " ".repeat(octets)
    );
    let mut connections = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
        // One that is refused may be closed already.
        let _ = stream.write_all(head.as_bytes()).await;
        connections.push(stream);
    }
    connections
}

#[tokio::test]
async fn calls_that_never_come_whole_take_nobodys_place() {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > 6000, "{files} open files are allowed, too few for this test");
    let victim = Victim::new().await;
    // More than are answered at a time.
    let small = halves(&victim, 1100, 1).await;
    let large = halves(&victim, 3000, 60 * 1024).await;
    for protocol in Protocol::ALL {
        let request = protocol.request(&victim.passlink, &Call::send_link());
        let outcome = protocol.outcome(request.bearer_auth(&victim.token)).await;
        assert_eq!(outcome.code, 0, "{protocol:?}: {outcome:?}");
    }
    let grown = victim.passlink.process().peak_kib() - victim.before;
    assert!(grown < 128 * MIB, "{grown} KiB");
    drop((small, large));
    until("a large body to be taken again", async || {
        let request = victim.bare(Protocol::Rest).body(" ".repeat(60 * 1024) + "{}");
        let outcome = Protocol::Rest.outcome(request).await;
        (outcome.code == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_idle_connections_leave_room_for_a_call() {
    const COUNT: u64 = 10_000;
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > COUNT + 1000, "{files} open files are allowed, too few for this test");
    let victim = Victim::new().await;
    let mut connections = Vec::new();
    for _ in 0..COUNT {
        let stream = TcpStream::connect(("127.0.0.1", victim.passlink.port())).await.unwrap();
        connections.push(stream);
    }
    let answer = victim.passlink.send_link(&victim.token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let grown = victim.passlink.process().peak_kib() - victim.before;
    assert!(grown < 16 * COUNT, "{grown} KiB for {COUNT} connections");
    drop(connections);
    assert_eq!(victim.passlink.send_link(&victim.token).await.status, 200);
}

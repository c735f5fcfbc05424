use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection by HTTP/1.1 that stays open. It knows as much of the protocol as a server of ours speaks.
pub struct Http1 {
    stream: TcpStream,
    request: Vec<u8>,
    /// What came and was not read yet.
    received: Vec<u8>,
    /// The body of the last answer.
    body: Vec<u8>,
}

impl Http1 {
    /// A connection to a port of this machine.
    pub async fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, request: Vec::new(), received: Vec::new(), body: Vec::new() }
    }

    /// Posts JSON; returns the body of the answer, which must be a success.
    pub async fn post(&mut self, path: &str, token: &str, json: &[u8]) -> &[u8] {
        self.send("POST", path, token, json).await
    }

    /// The same by PATCH.
    pub async fn patch(&mut self, path: &str, token: &str, json: &[u8]) -> &[u8] {
        self.send("PATCH", path, token, json).await
    }

    async fn send(&mut self, method: &str, path: &str, token: &str, json: &[u8]) -> &[u8] {
        self.request.clear();
        let length = json.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: login.example.com\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(json);
        self.stream.write_all(&self.request).await.unwrap();
        self.read_answer().await;
        &self.body
    }

    async fn read_answer(&mut self) {
        self.body.clear();
        let head = self.until(b"\r\n\r\n").await;
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        if let Some(length) = field(&head, "content-length") {
            self.take(length.parse().unwrap()).await;
        } else {
            assert_eq!(field(&head, "transfer-encoding"), Some("chunked"), "{head}");
            self.take_chunks().await;
        }
        let body = String::from_utf8_lossy(&self.body);
        assert!(head.starts_with("http/1.1 200 "), "{head}{body}");
    }

    async fn take_chunks(&mut self) {
        loop {
            let size = self.until(b"\r\n").await;
            let size = std::str::from_utf8(&size).unwrap().trim_end();
            let size = usize::from_str_radix(size, 16).unwrap();
            self.take(size).await;
            self.until(b"\r\n").await;
            if size == 0 {
                return;
            }
        }
    }

    /// All up to an end, with it.
    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut looked_at = 0;
        loop {
            let found = self.received[looked_at..].windows(end.len()).position(|it| it == end);
            if let Some(at) = found {
                return self.received.drain(..looked_at + at + end.len()).collect();
            }
            looked_at = self.received.len().saturating_sub(end.len() - 1);
            self.read().await;
        }
    }

    /// Adds so many octets to the body.
    async fn take(&mut self, count: usize) {
        while self.received.len() < count {
            self.read().await;
        }
        self.body.extend(self.received.drain(..count));
    }

    async fn read(&mut self) {
        let read = self.stream.read_buf(&mut self.received).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

use std::{
    io,
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::watch,
};

/// A mail server that says yes to everything, at once. Until it is opened it takes connections and says
/// nothing.
pub struct NullMailServer {
    port: u16,
    gate: watch::Sender<bool>,
    taken: Arc<Mutex<Taken>>,
}

/// The mails that were taken.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub count: usize,
    /// When the first one was.
    pub first: Option<Instant>,
    /// When the last one was.
    pub last: Option<Instant>,
    /// What the last one says.
    pub message: Vec<u8>,
}

impl Taken {
    /// Mails a second, from the first one to the last.
    pub fn per_second(&self) -> f64 {
        let taken = self.last.unwrap() - self.first.unwrap();
        (self.count - 1) as f64 / taken.as_secs_f64()
    }
}

impl NullMailServer {
    /// A server that is not open yet. It ends when this is dropped.
    pub fn closed() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (gate, is_open) = watch::channel(false);
        let taken = Arc::<Mutex<Taken>>::default();
        let noted = taken.clone();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, is_open, noted));
        });
        Self { port, gate, taken }
    }

    /// A server that is open.
    pub fn open() -> Self {
        let server = Self::closed();
        server.begin();
        server
    }

    /// Opens it.
    pub fn begin(&self) {
        self.gate.send_replace(true);
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL for `mail.smtp_url`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// What was taken so far.
    pub fn taken(&self) -> Taken {
        self.taken.lock().unwrap().clone()
    }

    /// How many mails were taken so far.
    pub fn count(&self) -> usize {
        self.taken.lock().unwrap().count
    }
}

async fn serve(
    listener: std::net::TcpListener,
    mut is_open: watch::Receiver<bool>,
    taken: Arc<Mutex<Taken>>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        tokio::select! {
            client = listener.accept() => {
                let (client, _) = client.unwrap();
                let (mut is_open, taken) = (is_open.clone(), taken.clone());
                tokio::spawn(async move {
                    if is_open.wait_for(|is_open| *is_open).await.is_ok() {
                        // A client may leave as it likes.
                        let _ = converse(client, &taken).await;
                    }
                });
            }
            changed = is_open.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

async fn converse(client: TcpStream, taken: &Mutex<Taken>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = BufReader::with_capacity(32 * 1024, client);
    client.write_all(b"220 null\r\n").await?;
    let mut line = Vec::new();
    while client.read_until(b'\n', &mut line).await? > 0 {
        let command = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        line.clear();
        match &command[..] {
            b"EHLO" => {
                client.write_all(b"250-null\r\n250-PIPELINING\r\n250 8BITMIME\r\n").await?;
            }
            b"DATA" => {
                client.write_all(b"354 go on\r\n").await?;
                let message = read_message(&mut client).await?;
                client.write_all(b"250 taken\r\n").await?;
                let mut taken = taken.lock().unwrap();
                let now = Instant::now();
                taken.first.get_or_insert(now);
                (taken.last, taken.message) = (Some(now), message);
                taken.count += 1;
            }
            b"QUIT" => return client.write_all(b"221 bye\r\n").await,
            _ => client.write_all(b"250 yes\r\n").await?,
        }
    }
    Ok(())
}

/// A message up to its last dot, without that.
async fn read_message(client: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let (mut message, mut start) = (Vec::new(), 0);
    while client.read_until(b'\n', &mut message).await? > 0 {
        if message[start..] == *b".\r\n" {
            message.truncate(start);
            return Ok(message);
        }
        start = message.len();
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

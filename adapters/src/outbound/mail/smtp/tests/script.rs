//! A mail server that says what it is told to, whatever sense that makes.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Auth,
    /// What is said after AUTH, until it says yes or no.
    Word,
    Mail,
    Rcpt,
    Data,
    Dot,
    Noop,
    Quit,
}

/// What the server does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Listen,
    Close,
    Hang,
}

/// An answer, as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub octets: Vec<u8>,
    pub then: Then,
    /// Whether each octet comes on its own.
    pub dribbles: bool,
}

/// An answer after which the server listens.
pub fn says(octets: impl Into<Vec<u8>>) -> Answer {
    Answer { octets: octets.into(), then: Then::Listen, dribbles: false }
}

/// What the server was told.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    pub connections: usize,
    /// How many of them have ended.
    pub ended: usize,
    pub commands: Vec<String>,
    /// The messages up to their last dot, as they came.
    pub messages: Vec<Vec<u8>>,
}

/// Which answers differ from those of a well-behaved server: the next ones to a stage in their order,
/// and the last one for ever.
pub type Script = Vec<(Stage, Vec<Answer>)>;

pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let script = Arc::new(Mutex::new(script));
        let (seen, server_script) = (heard.clone(), script);
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                seen.lock().unwrap().connections += 1;
                let (heard, script) = (seen.clone(), server_script.clone());
                let talk = Talk { tcp: BufReader::new(tcp), heard: heard.clone(), script };
                tokio::spawn(async move {
                    talk.until_it_ends().await;
                    heard.lock().unwrap().ended += 1;
                });
            }
        });
        Self { port, heard, task }
    }

    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }
}

struct Talk {
    tcp: BufReader<TcpStream>,
    heard: Arc<Mutex<Heard>>,
    script: Arc<Mutex<Script>>,
}

impl Talk {
    /// Answers until either side has had enough.
    async fn until_it_ends(mut self) {
        let _ = self.tcp.get_ref().set_nodelay(true);
        let Some(_) = self.answer(Stage::Greeting).await else { return };
        while let Some(line) = self.line().await {
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            let stage = stage_of(&command);
            self.heard.lock().unwrap().commands.push(command);
            let Some(said) = self.answer(stage).await else { return };
            if stage == Stage::StartTls && said.starts_with(b"2") {
                // No TLS is spoken here.
                let _ = self.tcp.read_u8().await;
                return;
            }
            if stage == Stage::Data && said.starts_with(b"3") {
                let Some(message) = self.message().await else { return };
                self.heard.lock().unwrap().messages.push(message);
                let Some(_) = self.answer(Stage::Dot).await else { return };
            }
        }
    }

    /// Answers; `None` when the conversation is over. Returns what was said in the last line,
    /// from its code on.
    async fn answer(&mut self, stage: Stage) -> Option<Vec<u8>> {
        let answer = {
            let mut script = self.script.lock().unwrap();
            match script.iter_mut().find(|(of, _)| *of == stage) {
                Some((_, answers)) if answers.len() > 1 => answers.remove(0),
                Some((_, answers)) => answers[0].clone(),
                None => says(usual(stage)),
            }
        };
        if answer.dribbles {
            for octet in &answer.octets {
                self.tcp.write_all(&[*octet]).await.ok()?;
                tokio::task::yield_now().await;
            }
        } else {
            self.tcp.write_all(&answer.octets).await.ok()?;
        }
        match answer.then {
            Then::Listen if stage == Stage::Quit => None,
            Then::Listen => {
                let said = answer.octets.strip_suffix(b"\n").unwrap_or(&answer.octets);
                said.rsplit(|octet| *octet == b'\n').next().map(|line| {
                    let blanks = |octet: &&u8| b" \t\xef\xbb\xbf".contains(octet);
                    line.iter().skip_while(blanks).copied().collect()
                })
            }
            Then::Close => {
                // Whoever closes with octets unread resets the connection, and what was said is lost.
                let _ = self.tcp.shutdown().await;
                let mut rest = Vec::new();
                let _ = self.tcp.read_to_end(&mut rest).await;
                None
            }
            Then::Hang => std::future::pending().await,
        }
    }

    async fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.push(self.tcp.read_u8().await.ok()?);
        }
        Some(line)
    }

    async fn message(&mut self) -> Option<Vec<u8>> {
        let mut message = b"\r\n".to_vec();
        while !message.ends_with(b"\r\n.\r\n") {
            message.push(self.tcp.read_u8().await.ok()?);
        }
        message.truncate(message.len() - 3);
        Some(message.split_off(2))
    }
}

fn stage_of(command: &str) -> Stage {
    match command.split([' ', ':']).next().unwrap_or_default() {
        "EHLO" => Stage::Ehlo,
        "HELO" => Stage::Helo,
        "STARTTLS" => Stage::StartTls,
        "AUTH" => Stage::Auth,
        "MAIL" => Stage::Mail,
        "RCPT" => Stage::Rcpt,
        "DATA" => Stage::Data,
        "NOOP" => Stage::Noop,
        "QUIT" => Stage::Quit,
        _ => Stage::Word,
    }
}

/// What a well-behaved server says.
fn usual(stage: Stage) -> &'static str {
    match stage {
        Stage::Greeting => "220 mail.test ready\r\n",
        Stage::Ehlo => "250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
        Stage::Auth | Stage::Word => "235 welcome\r\n",
        Stage::Data => "354 go on\r\n",
        Stage::Quit => "221 bye\r\n",
        _ => "250 OK\r\n",
    }
}

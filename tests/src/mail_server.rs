use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ChildStdin,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Output, PATIENCE, Process, free_port,
    mime::{self, Mail},
    python, until_within,
};

/// How a mail server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// In clear.
    None,
    /// STARTTLS, required before anything else.
    StartTls,
    /// TLS from the first octet.
    Implicit,
}

/// `aiosmtpd` in a process of its own, on a port that stays its own while it is shut.
pub struct MailServer {
    dir: TempDir,
    port: u16,
    tls: Tls,
    login: Option<(String, String)>,
    mechanism: Option<&'static str>,
    process: Option<(Process, ChildStdin)>,
}

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Received {
    /// What SMTP said of it.
    pub envelope: Envelope,
    /// What it says.
    pub mail: Mail,
    /// The octets, as they came.
    pub file: PathBuf,
}

/// What SMTP said of a mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Envelope {
    /// The reverse path.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Who logged in.
    pub user: Option<String>,
    /// How.
    pub mechanism: Option<String>,
    /// Address and port of the client.
    pub connection: (String, u16),
    /// How many connections had been open at once so far.
    pub connections_at_once: usize,
    /// When the mail was taken, in seconds since 1970.
    pub at: f64,
}

impl MailServer {
    /// A server that is shut.
    pub fn shut(tls: Tls) -> Self {
        let dir = TempDir::new().unwrap();
        if tls != Tls::None {
            let mut command = python::script("certificates.py");
            command.arg(dir.path());
            Output::of(command).done();
        }
        Self { dir, port: free_port(), tls, login: None, mechanism: None, process: None }
    }

    /// A server in clear, open.
    pub fn plain() -> Self {
        let mut server = Self::shut(Tls::None);
        server.open();
        server
    }

    /// Asks for a login, by one mechanism alone if one is given.
    pub fn with_login(mut self, user: &str, word: &str, mechanism: Option<&'static str>) -> Self {
        self.login = Some((user.to_owned(), word.to_owned()));
        self.mechanism = mechanism;
        self
    }

    /// Opens the server; returns when it listens.
    pub fn open(&mut self) {
        let mut command = python::script("mail_server.py");
        command.args(["--port", &self.port.to_string()]).arg("--dir").arg(self.mails_dir());
        if self.tls != Tls::None {
            let mode = if self.tls == Tls::StartTls { "starttls" } else { "implicit" };
            command.args(["--tls", mode]);
            command.arg("--cert").arg(self.dir.path().join("cert.pem"));
            command.arg("--key").arg(self.dir.path().join("key.pem"));
        }
        if let Some((user, word)) = &self.login {
            command.args(["--user", user, "--password", word]);
        }
        if let Some(mechanism) = self.mechanism {
            command.args(["--mechanism", mechanism]);
        }
        self.process = Some(Process::ready(command));
    }

    /// Stops the server where it is: connections are taken, and nobody speaks.
    pub fn suspend(&self) {
        self.signal("STOP");
    }

    /// Lets the server go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        self.process.as_ref().expect("the mail server is shut").0.signal(name);
    }

    /// Shuts the server, and every connection with it.
    pub fn close(&mut self) {
        self.process = None;
    }

    /// The URL for `mail.smtp_url`.
    pub fn url(&self) -> String {
        let login = self.login.as_ref();
        let login = login
            .map(|(user, word)| format!("{}:{}@", percent(user), percent(word)))
            .unwrap_or_default();
        let port = self.port;
        match self.tls {
            Tls::None => format!("smtp://{login}127.0.0.1:{port}"),
            Tls::StartTls => format!("smtp://{login}localhost:{port}?tls=required"),
            Tls::Implicit => format!("smtps://{login}localhost:{port}"),
        }
    }

    /// The private CA, of a server with TLS.
    pub fn ca_file(&self) -> Option<PathBuf> {
        (self.tls != Tls::None).then(|| self.dir.path().join("ca.pem"))
    }

    /// What to refuse, and how slow to be; `python/mail_server.py` says how.
    pub fn rules(&self, rules: &Value) {
        let path = self.mails_dir().join("rules.json");
        fs::create_dir_all(self.mails_dir()).unwrap();
        let partial = path.with_extension("partial");
        fs::write(&partial, rules.to_string()).unwrap();
        fs::rename(partial, path).unwrap();
    }

    /// Waits until a mail is in the server's hand.
    pub async fn until_in_hand(&self) {
        let sign = self.mails_dir().join("in-hand");
        crate::until("a mail in hand", async || sign.exists().then_some(())).await;
    }

    /// How many mails were taken.
    pub fn count(&self) -> usize {
        envelopes(&self.mails_dir()).len()
    }

    /// The mails that were taken, in order.
    pub fn mails(&self) -> Vec<Received> {
        received(&self.mails_dir())
    }

    /// The mails that were refused after their last octet, in order.
    pub fn refused(&self) -> Vec<Received> {
        received(&self.mails_dir().join("refused"))
    }

    /// Waits until that many mails were taken, and no more.
    pub async fn until_mails(&self, count: usize) -> Vec<Received> {
        self.until_mails_within(PATIENCE, count).await
    }

    /// As [`Self::until_mails`], within a limit of one's own.
    pub async fn until_mails_within(&self, limit: Duration, count: usize) -> Vec<Received> {
        let what = format!("{count} mails");
        until_within(limit, &what, async || (self.count() >= count).then_some(())).await;
        let mails = self.mails();
        assert_eq!(mails.len(), count, "too many mails");
        mails
    }

    fn mails_dir(&self) -> PathBuf {
        self.dir.path().join("mails")
    }
}

fn envelopes(dir: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("{}: {error}", dir.display()),
    };
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| {
            file.extension().is_some_and(|it| it == "json") && !file.ends_with("rules.json")
        })
        .collect();
    files.sort();
    files
}

fn received(dir: &Path) -> Vec<Received> {
    let envelopes = envelopes(dir);
    let files: Vec<_> = envelopes.iter().map(|file| file.with_extension("eml")).collect();
    let mails = mime::parse(&files);
    let both = envelopes.iter().zip(mails).zip(files);
    both.map(|((envelope, mail), file)| Received {
        envelope: serde_json::from_slice(&fs::read(envelope).unwrap()).unwrap(),
        mail,
        file,
    })
    .collect()
}

/// As a user name or password stands in a URL.
fn percent(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    text.bytes()
        .map(
            |octet| {
                if plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") }
            },
        )
        .collect()
}

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Arc, Mutex, OnceLock},
};

use ring::rand::{SecureRandom, SystemRandom};
use tempfile::TempDir;

use crate::{free_port, python, secrets::files, sql};

/// The port of the cluster that `tests/run` starts for all tests which leave it alone.
const SHARED_PORT: &str = "PASSLINK_TEST_POSTGRES_PORT";

/// A throw-away PostgreSQL cluster, which `python/postgres.py` runs.
pub struct Postgres {
    port: u16,
    own: Option<Own>,
}

/// What is there of a cluster that ends with this process.
struct Own {
    keeper: Mutex<Keeper>,
    dir: TempDir,
}

struct Keeper {
    process: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Postgres {
    /// A cluster of one's own, to stop and to start.
    pub fn start() -> Arc<Self> {
        let (port, dir) = (free_port(), TempDir::new().unwrap());
        let mut command = python::script("postgres.py");
        command.arg(port.to_string()).arg(dir.path());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = process.stdin.take();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut keeper = Keeper { process, stdin, stdout };
        keeper.until_ready();
        Arc::new(Self { port, own: Some(Own { keeper: keeper.into(), dir }) })
    }

    /// The cluster that tests share which leave it alone: of all processes, or, where nobody started
    /// one, of this process.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Postgres>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match std::env::var(SHARED_PORT) {
            Ok(port) => Arc::new(Self { port: port.parse().unwrap(), own: None }),
            Err(_) => Self::start(),
        });
        shared.clone()
    }

    /// Makes a database; returns its URL.
    pub fn create(&self) -> String {
        let mut unique = [0; 8];
        SystemRandom::new().fill(&mut unique).unwrap();
        let name = format!("passlink_{}", u64::from_be_bytes(unique));
        let server = format!("postgres://postgres@127.0.0.1:{}", self.port);
        sql(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"), &[]);
        format!("{server}/{name}")
    }

    /// Has the cluster offer TLS; returns a file with the CA of its certificate, which is for
    /// `localhost` and 127.0.0.1. It listens on 127.0.0.2 as well.
    pub fn offer_tls(&self) -> PathBuf {
        let folder = self.own().dir.path();
        self.tell(&format!("tls {}", folder.display()));
        folder.join("ca.pem")
    }

    /// The port, which the name of the socket ends in.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the socket.
    pub fn socket_folder(&self) -> PathBuf {
        self.own().dir.path().join("data")
    }

    /// The process that all others of the cluster are children of.
    pub fn process_id(&self) -> u32 {
        let file = fs::read_to_string(self.socket_folder().join("postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }

    /// Stops the cluster: `fast` ends connections and transactions, `immediate` is a crash.
    pub async fn stop(self: &Arc<Self>, mode: &'static str) {
        self.told(format!("stop {mode}")).await;
    }

    /// Starts the cluster again; returns when it answers.
    pub async fn start_again(self: &Arc<Self>) {
        self.told("start".to_owned()).await;
    }

    /// Stops the processes of the cluster where they are: whoever asks it waits.
    pub async fn suspend(self: &Arc<Self>) {
        self.told("suspend".to_owned()).await;
    }

    /// Lets the cluster go on.
    pub async fn resume(self: &Arc<Self>) {
        self.told("resume".to_owned()).await;
    }

    /// All that is on the disk, of all databases.
    pub fn files(&self) -> Vec<PathBuf> {
        files(self.own().dir.path())
    }

    fn own(&self) -> &Own {
        self.own.as_ref().expect("other tests use this cluster as well: see `Passlink::alone`")
    }

    /// Waits without keeping others from going on.
    async fn told(self: &Arc<Self>, line: String) {
        let postgres = self.clone();
        tokio::task::spawn_blocking(move || postgres.tell(&line)).await.unwrap();
    }

    fn tell(&self, line: &str) {
        let mut keeper = self.own().keeper.lock().unwrap();
        writeln!(keeper.stdin.as_mut().unwrap(), "{line}").unwrap();
        keeper.until_ready();
    }
}

impl Keeper {
    fn until_ready(&mut self) {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not do as it was told");
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{Arc, OnceLock},
};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Answer, Api, Collector, Endpoint, MailServer, Postgres, Process, SEND_LINK, binary, client,
    database::Database, free_port, secrets, sql, until,
};

mod commands;

/// An installation in a folder of its own: configuration, database, logs, and the server when it
/// runs. What happens to the server leaves the rest as it is.
pub struct Passlink {
    dir: TempDir,
    port: u16,
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    server: Option<Process>,
    database: Database,
    set_up: OnceLock<()>,
    client: reqwest::Client,
}

/// A user with a token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user's id.
    pub id: String,
    /// Where the user's mail goes.
    pub address: String,
    /// A token that speaks for the user.
    pub token: String,
}

impl Passlink {
    /// An installation that does not run yet, without a way for mail.
    pub fn new() -> Self {
        let (dir, environment) = (TempDir::new().unwrap(), BTreeMap::new());
        let (binary, database) = (binary().to_owned(), Database::asked_for(dir.path()));
        Self::over(dir, binary, environment, database)
            .set("server.public_url", "https://login.example.com")
            .on_its_database()
    }

    /// Another node on the database of this one, with the same configuration and keys. It does not
    /// run yet.
    pub fn another_node(&self) -> Self {
        let (dir, database) = (TempDir::new().unwrap(), self.database.clone());
        Self::over(dir, self.binary.clone(), self.environment.clone(), database)
    }

    fn over(
        dir: TempDir,
        binary: PathBuf,
        environment: BTreeMap<String, String>,
        database: Database,
    ) -> Self {
        let (set_up, client) = (OnceLock::new(), client());
        Self { dir, port: 0, binary, environment, server: None, database, set_up, client }
            .listening()
    }

    /// Run by another binary.
    pub fn run_by(mut self, binary: PathBuf) -> Self {
        self.binary = binary;
        self
    }

    fn listening(mut self) -> Self {
        self.port = free_port();
        let listen = format!("127.0.0.1:{}", self.port);
        self.set("server.listen", &listen)
    }

    /// On SQLite, whatever the tests are run with.
    pub fn on_sqlite(mut self) -> Self {
        self.database = Database::sqlite(self.dir());
        self.on_its_database()
    }

    /// On PostgreSQL, whatever the tests are run with.
    pub fn on_postgres(mut self, cluster: Arc<Postgres>) -> Self {
        self.database = Database::postgres(cluster);
        self.on_its_database()
    }

    /// On a database server that no other test uses, where the tests are run with a server.
    pub fn alone(self) -> Self {
        match &self.database {
            Database::Sqlite(_) => self,
            Database::Postgres { .. } => self.on_postgres(Postgres::start()),
        }
    }

    fn on_its_database(self) -> Self {
        let url = self.database.url();
        let key_file = self.dir().join("passlink.key").display().to_string();
        match &self.database {
            Database::Sqlite(_) => self,
            Database::Postgres { .. } => self.set("secrets.key_file", &key_file),
        }
        .set("database.url", &url)
    }

    /// An installation that writes its mails to the folder [`Self::mail_dir`].
    pub fn with_mail_dir() -> Self {
        let new = Self::new();
        let directory = new.mail_dir().display().to_string();
        new.set("mail.directory", &directory)
    }

    /// An installation that sends its mails to a server.
    pub fn with_mail_server(server: &MailServer) -> Self {
        let new = Self::new()
            .set("mail.smtp_url", &server.url())
            .set("mail.from", "Example Sign-in <no-reply@login.example.com>");
        match server.ca_file() {
            Some(file) => new.set("mail.ca_file", &file.display().to_string()),
            None => new,
        }
    }

    /// Sets a configuration key, by its environment variable.
    pub fn set(self, key: &str, value: &str) -> Self {
        self.set_variable(&variable(key), value)
    }

    /// Leaves a configuration key at its default again.
    pub fn without(mut self, key: &str) -> Self {
        self.environment.remove(&variable(key));
        self
    }

    /// Sets an environment variable.
    pub fn set_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Tells a collector what it does, without much delay.
    pub fn observed_by(self, collector: &Collector) -> Self {
        self.set("telemetry.otlp_endpoint", &collector.url())
            .set_variable("OTEL_EXPORTER_OTLP_PROTOCOL", collector.protocol())
            .set_variable("OTEL_BSP_SCHEDULE_DELAY", "100")
            .set_variable("OTEL_METRIC_EXPORT_INTERVAL", "300")
    }

    /// With pages that a browser on this machine can open.
    pub fn on_localhost(self) -> Self {
        let url = format!("http://localhost:{}", self.port);
        self.set("server.public_url", &url)
    }

    /// With a proxy in front of it that is on another machine, so that nothing is warned of.
    pub fn behind_a_proxy(self) -> Self {
        self.set("server.trusted_proxies", r#"["10.0.0.5"]"#)
    }

    /// No cooldown, and as many links an hour as can be.
    pub fn generous(self) -> Self {
        let links = self.set("links.cooldown", "0s").set("links.max_per_hour", "100");
        links.set("limits.mails_per_mailbox", "1000")
    }

    /// Starts the server.
    pub async fn started(mut self) -> Self {
        self.start().await;
        self
    }

    /// Starts the server; returns when it is ready.
    pub async fn start(&mut self) {
        self.launch();
        self.until_ready().await;
        self.set_up.get_or_init(|| ());
    }

    /// With a database, if there is none yet: most commands make none.
    #[track_caller]
    pub fn set_up(&self) -> &Self {
        self.set_up.get_or_init(|| drop(self.cli(&["migrate"]).done()));
        self
    }

    /// Starts the server and does not wait for it.
    pub fn launch(&mut self) {
        self.launch_as(self.command(&["serve"]));
    }

    /// As [`Self::launch`], from a shell that has run `preparation`.
    pub fn launch_after(&mut self, preparation: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{preparation}; exec \"$0\" serve")]).arg(&self.binary);
        self.prepare(&mut command);
        self.launch_as(command);
    }

    fn launch_as(&mut self, command: Command) {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.dir().join(name));
        self.server = Some(Process::logged(command, &stdout, &stderr));
    }

    /// Waits until the server is ready.
    pub async fn until_ready(&mut self) {
        until("the server to be ready", async || {
            let server = self.server.as_mut().expect("the server does not run");
            if let Some(status) = server.ended() {
                panic!("the server ended with {status}: {}", self.log());
            }
            let ready = Answer::try_to(self.request(Method::GET, "/readyz")).await;
            ready.ok().filter(|answer| answer.status == 200)
        })
        .await;
    }

    /// Waits until a GET of a path is answered with a status. `/readyz` tells what was seen up to a
    /// second ago.
    pub async fn until_status(&self, path: &str, status: u16) -> Answer {
        until(&format!("{path} to answer {status}"), async || {
            let answer = Answer::try_to(self.request(Method::GET, path)).await;
            answer.ok().filter(|answer| answer.status == status)
        })
        .await
    }

    /// Ends the server by SIGKILL.
    pub fn kill(&mut self) {
        assert!(self.server.take().is_some(), "the server does not run");
    }

    /// Ends the server by SIGTERM and waits until it has ended.
    pub async fn stop(&mut self) -> ExitStatus {
        self.server.take().expect("the server does not run").stop().await
    }

    /// Waits until the server has ended by itself, or by a signal that a test sent.
    pub async fn ended(&mut self) -> ExitStatus {
        self.server.take().expect("the server does not run").end().await
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        self.server.as_ref().expect("the server does not run")
    }

    /// Where the main call is answered, for many callers.
    pub fn endpoint(&self) -> Endpoint {
        let url = format!("http://127.0.0.1:{}{SEND_LINK}", self.port).parse().unwrap();
        Endpoint { client: self.client.clone(), url }
    }

    /// Runs one SQL statement on the database; returns its rows.
    #[track_caller]
    pub fn sql(&self, statement: &str, parameters: &[&str]) -> Vec<Vec<Value>> {
        sql(&self.database.url(), statement, parameters)
    }

    /// The sequence numbers of a user's history, in order.
    #[track_caller]
    pub fn history(&self, user: &str) -> Vec<u64> {
        let select = "SELECT sequence FROM events WHERE user_id = ? ORDER BY sequence";
        let rows = self.sql(select, &[user]);
        rows.iter().map(|row| row[0].as_u64().unwrap()).collect()
    }

    /// Where the server is reached.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Whether the database is SQLite's.
    pub fn is_on_sqlite(&self) -> bool {
        matches!(self.database, Database::Sqlite(_))
    }

    /// Where the data are.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where the database is.
    pub fn database_url(&self) -> url::Url {
        self.database.url().parse().unwrap()
    }

    /// The database file, of an installation on SQLite.
    pub fn database_file(&self) -> &Path {
        match &self.database {
            Database::Sqlite(file) => file,
            Database::Postgres { .. } => panic!("this one is on PostgreSQL"),
        }
    }

    /// All files with what this installation wrote: its folder, and those of the database.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = secrets::files(self.dir());
        files.extend(self.database.files());
        files
    }

    /// Where mails are written by [`Self::with_mail_dir`].
    pub fn mail_dir(&self) -> PathBuf {
        self.dir().join("mails")
    }

    /// What the server has logged so far, over all its runs.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("stderr")).unwrap_or_default()
    }
}

impl Api for Passlink {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url() + path)
    }

    fn answer(&self, request: RequestBuilder) -> impl Future<Output = Answer> {
        Answer::to(request)
    }
}

/// The environment variable of a configuration key.
pub fn variable(key: &str) -> String {
    format!("PASSLINK_{}", key.to_uppercase().replace('.', "__"))
}

impl Default for Passlink {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Passlink {
    /// Shows the end of the log of a test that failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<_> = log.lines().rev().take(30).collect();
            for line in last.into_iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

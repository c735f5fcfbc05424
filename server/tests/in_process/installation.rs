//! An installation in the test's own process: the real router, use cases and mail worker, a database, a
//! clock that the test moves, and a mailbox. The database is a file, in memory where the system has a
//! folder there, or one of PostgreSQL's.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use jiff::Timestamp;
use passlink_application::{
    callers::{ManageTokens, NewToken},
    links::ListLinks,
    ports::{Clock, Ports},
    users::{ManageUsers, NewUser},
};
use passlink_domain::{StateChange, UserId};
use passlink_server::in_process::InProcess;
use passlink_tests::{
    Answer, Api, Caller, Database, client, mime::Link, passkeys::code_of, sql, variable,
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::util::SubscriberInitExt;

/// A clock that stands still until the test moves it.
struct MovedClock {
    now: Mutex<Timestamp>,
    steady: Mutex<Duration>,
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn steady(&self) -> Duration {
        *self.steady.lock().unwrap()
    }
}

/// What the clock shows at first.
pub const NOW: &str = "2025-03-06T11:55:22.421Z";

/// No cooldown, and as many links an hour as can be.
pub const GENEROUS: &[(&str, &str)] = &[
    ("links.cooldown", "0s"),
    ("links.max_per_hour", "100"),
    ("limits.mails_per_mailbox", "1000"),
];

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An installation.
pub struct Installation {
    inside: InProcess,
    clock: Arc<MovedClock>,
    database: Database,
    client: Client,
    log: Log,
    _logging: DefaultGuard,
    _folder: TempDir,
}

impl Installation {
    /// With the configuration that new installations have.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these configuration keys as well.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = folder_in_memory();
        let database = Database::asked_for(folder.path());
        let (url, key_file) = (database.url(), folder.path().join("passlink.key"));
        let own = [
            ("server.public_url", "https://login.example.com"),
            ("database.url", &url),
            ("secrets.key_file", key_file.to_str().unwrap()),
        ];
        let variables = own.iter().chain(settings);
        let variables = variables.map(|(key, value)| (variable(key), (*value).to_owned()));
        let clock = Arc::new(MovedClock {
            now: Mutex::new(NOW.parse().unwrap()),
            steady: Mutex::default(),
        });
        let log = Log::default();
        let writer = log.clone();
        let logging = tracing_subscriber::fmt().with_max_level(Level::INFO).with_ansi(false);
        let _logging = logging.with_writer(move || writer.clone()).set_default();
        let inside = InProcess::open(variables, clock.clone()).await.unwrap();
        Self { inside, clock, database, client: client(), log, _logging, _folder: folder }
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        *self.clock.steady.lock().unwrap() += time;
        *self.clock.now.lock().unwrap() += time;
    }

    /// Somebody sets the clock back.
    pub fn set_back(&self, by: Duration) {
        *self.clock.now.lock().unwrap() -= by;
    }

    /// What was logged.
    pub fn log(&self) -> String {
        String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap()
    }

    /// What the use cases of operators are made of.
    pub fn ports(&self) -> Ports {
        self.inside.ports.clone()
    }

    /// Delivers the mails that are due.
    pub async fn deliver(&self) {
        self.inside.deliver().await;
    }

    /// The URL of the database.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Adds a user with a verified address, but for what is changed, and a token.
    pub async fn user(&self, address: &str, change: impl FnOnce(&mut NewUser)) -> Caller {
        let mut user = NewUser {
            id: None,
            organisation: "default".parse().unwrap(),
            email: address.parse().unwrap(),
            email_verified: true,
            username: None,
            display_name: "Ada Example".parse().ok(),
            language: None,
        };
        change(&mut user);
        let id = ManageUsers(self.ports()).add(user).await.unwrap().id.to_string();
        let token = self.token(&id, None).await;
        Caller { id, address: address.to_owned(), token }
    }

    /// Adds Ada, with a token.
    pub async fn ada(&self) -> Caller {
        self.user("ada@example.com", |_| ()).await
    }

    /// Adds Bob, with a token.
    pub async fn bob(&self) -> Caller {
        self.user("bob@example.com", |_| ()).await
    }

    /// Locks a user, and the like.
    pub async fn change(&self, user: &Caller, change: StateChange) {
        ManageUsers(self.ports()).move_to(user.id.parse().unwrap(), change).await.unwrap();
    }

    /// Removes a user.
    pub async fn remove(&self, user: &Caller) {
        ManageUsers(self.ports()).remove(user.id.parse().unwrap()).await.unwrap();
    }

    /// Makes a token of a user, for so long.
    pub async fn token(&self, user: &str, lifetime: Option<Duration>) -> String {
        let user = user.parse::<UserId>().unwrap();
        let token = NewToken { lifetime, ..NewToken::of(user) };
        ManageTokens(self.ports()).create(token).await.unwrap().1.expose().to_owned()
    }

    /// The sequence numbers of a user's history, in order.
    pub fn history(&self, user: &str) -> Vec<i64> {
        let of_user = format!("WHERE user_id = '{user}' ORDER BY sequence");
        self.numbers(&format!("SELECT sequence FROM events {of_user}"))
    }

    /// Delivers the mails that are due; of the one that came last, the link to one of our pages.
    pub async fn mailed_link(&self, page: &str) -> Link {
        self.inside.deliver().await;
        let mail = self.inside.mailbox.latest().expect("a mail");
        let path = format!("https://login.example.com/passkeys/{page}?");
        Link::parse(mail.text().lines().find(|line| line.starts_with(&path)).expect("a link"))
    }

    /// Sends the user a link; its id and code, from the mail.
    pub async fn mailed(&self, user: &Caller) -> Value {
        self.send_link(&user.token).await.sequence();
        code_of(&self.mailed_link("register").await)
    }

    /// How many mails came.
    pub fn mails(&self) -> u64 {
        self.inside.mailbox.arrived()
    }

    /// The id of the user's first link.
    pub async fn link_of(&self, user: &Caller) -> String {
        let list = ListLinks(self.ports());
        let links = list.page(user.id.parse().unwrap(), None, 1).await.unwrap();
        links[0].id.to_string()
    }

    /// How many rows each table has that a person changes.
    pub fn rows(&self) -> BTreeMap<&'static str, i64> {
        let mut rows = BTreeMap::new();
        for table in ["users", "tokens", "events", "links", "outbox", "passkeys", "ceremonies"] {
            rows.insert(table, self.count(table));
        }
        rows
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> i64 {
        self.numbers(&format!("SELECT count(*) FROM {table}")).remove(0)
    }

    /// Runs a query of the database; the numbers in its first column.
    fn numbers(&self, query: &str) -> Vec<i64> {
        let rows = sql(&self.database.url(), query, &[]);
        rows.iter().map(|row| row[0].as_i64().unwrap()).collect()
    }
}

impl Api for Installation {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://login.example.com{path}"))
    }

    async fn answer(&self, request: RequestBuilder) -> Answer {
        let mut request = Request::try_from(request.build().unwrap()).unwrap().map(Body::new);
        // As every client does.
        let host = request.uri().host().unwrap().parse().unwrap();
        request.headers_mut().insert("host", host);
        let response = self.inside.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, text }
    }
}

/// A folder in memory, where the system has one: a disk tells these tests nothing more.
fn folder_in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

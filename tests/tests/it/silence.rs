//! A database that says nothing, which nobody waits for without end.

use std::{fs, time::Duration};

use passlink_tests::{
    Passlink, Postgres, Process, Scope, Silence, SilentPostgres, python, until, until_within,
};

/// Longer than a server may be silent, with whatever else takes time on a machine that is busy.
const END: Duration = Duration::from_secs(120);

/// A command under way, and its stderr.
struct Running<'p> {
    passlink: &'p Passlink,
    process: Process,
    name: String,
}

impl<'p> Running<'p> {
    fn start(passlink: &'p Passlink, arguments: &[&str]) -> Self {
        let name = arguments.join("-").replace('/', "");
        let [stdout, stderr] = ["out", "err"].map(|it| passlink.dir().join(format!("{name}.{it}")));
        let process = Process::logged(passlink.command(arguments), &stdout, &stderr);
        Self { passlink, process, name }
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.passlink.dir().join(format!("{}.err", self.name))).unwrap()
    }

    async fn ended(&mut self) -> Option<i32> {
        let what = format!("{} to end", self.name);
        until_within(END, &what, async || self.process.ended()).await.code()
    }

    /// Waits until the command has failed, and told of the server that is silent.
    async fn failed(mut self, port: u16) {
        let code = self.ended().await;
        let stderr = self.stderr();
        assert_eq!(code, Some(1), "{}: {stderr}", self.name);
        let place = format!("PostgreSQL at 127.0.0.1:{port}, database ");
        assert!(
            stderr.contains(&place) && stderr.contains(": no answer "),
            "{}: {stderr}",
            self.name
        );
    }
}

/// With a file of users to import.
fn at(port: u16, database: &str) -> Passlink {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let key_file = passlink.dir().join("passlink.key").display().to_string();
    let users = "{\"email\": \"eve@example.com\"}\n";
    fs::write(passlink.dir().join("users.jsonl"), users).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{port}/{database}");
    passlink.set("secrets.key_file", &key_file).set("database.url", &url)
}

const COMMANDS: [&[&str]; 8] = [
    &["migrate"],
    &["serve"],
    &["user", "list"],
    &["user", "add", "--email", "ada@example.com"],
    &["user", "import", "users.jsonl"],
    &["key", "list"],
    &["outbox", "list"],
    &["passkey", "export"],
];

#[tokio::test]
async fn a_postgresql_that_says_nothing_ends_every_command_with_a_word() {
    for silence in [Silence::FromTheStart, Silence::AfterTheOfferOfTls, Silence::AfterTheLogin] {
        let silent = SilentPostgres::start(silence);
        let passlink = at(silent.port(), "name");
        passlink.cli(&["key", "add"]).done();
        let running: Vec<_> = COMMANDS.iter().map(|it| Running::start(&passlink, it)).collect();
        for command in running {
            command.failed(silent.port()).await;
        }
    }
}

#[tokio::test]
async fn a_postgresql_that_goes_silent_midway_ends_the_command_with_a_word() {
    let cluster = Postgres::start();
    let database = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
    let migrated = database(&cluster.create());
    at(cluster.port(), &migrated).cli(&["migrate"]).done();
    let cases: [(&[&str], &str); 6] = [
        (&["migrate"], "pg_advisory_xact_lock"),
        (&["migrate"], "\"events\""),
        (&["user", "list"], "FROM \"users\""),
        (&["user", "add", "--email", "ada@example.com"], "INSERT INTO \"users\""),
        (&["user", "import", "users.jsonl"], "INSERT INTO \"staged_users\""),
        (&["user", "import", "users.jsonl"], "INSERT INTO users"),
    ];
    let installed: Vec<_> = [Scope::All, Scope::One]
        .into_iter()
        .flat_map(|scope| cases.map(|(command, word)| (command, word, scope)))
        .map(|(command, word, scope)| {
            let silent = SilentPostgres::before(cluster.port(), word, scope);
            let name = match command {
                ["migrate"] => database(&cluster.create()),
                _ => migrated.clone(),
            };
            (at(silent.port(), &name), silent, command, word)
        })
        .collect();
    let running: Vec<_> =
        installed.iter().map(|(it, _, command, _)| Running::start(it, command)).collect();
    for (command, (_, silent, _, word)) in running.into_iter().zip(&installed) {
        command.failed(silent.port()).await;
        assert!(silent.fell_silent(), "{word} was never said");
    }
}

#[tokio::test]
async fn a_migration_waits_for_another_that_is_at_it_and_says_so() {
    let cluster = Postgres::start();
    let url = cluster.create();
    let passlink = at(cluster.port(), url.rsplit_once('/').unwrap().1);
    let lock = python::lock_migration(&url);
    let mut migrating = Running::start(&passlink, &["migrate"]);
    until("the one that it waits for to be told", async || {
        assert_eq!(migrating.process.ended(), None, "{}", migrating.stderr());
        migrating.stderr().contains("the migration waits for ").then_some(())
    })
    .await;
    drop(lock);
    assert_eq!(migrating.ended().await, Some(0), "{}", migrating.stderr());
}

#[tokio::test]
async fn a_sqlite_file_that_another_process_keeps_locked_ends_commands_with_a_word() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    passlink.cli(&["migrate"]).done();
    let users = "{\"email\": \"eve@example.com\"}\n";
    fs::write(passlink.dir().join("users.jsonl"), users).unwrap();
    let lock = python::lock(passlink.database_file());
    let commands: [&[&str]; 3] = [
        &["migrate"],
        &["user", "add", "--email", "ada@example.com"],
        &["user", "import", "users.jsonl"],
    ];
    let running: Vec<_> = commands.iter().map(|it| Running::start(&passlink, it)).collect();
    for mut command in running {
        let code = command.ended().await;
        let stderr = command.stderr();
        assert_eq!(code, Some(1), "{}: {stderr}", command.name);
        assert!(stderr.contains("database is locked"), "{stderr}");
    }
    drop(lock);
    passlink.cli(&["user", "import", "users.jsonl"]).done();
}

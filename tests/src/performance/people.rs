//! The users of an installation, with tokens that follow from their numbers: nobody keeps a list.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};

use super::psql;
use crate::{Database, Passlink};

/// What each number is added to, so that all ids have one length.
pub const FIRST: usize = 10_000_000;
/// A prime, so that all come before one comes again.
const STRIDE: usize = 611_953;
/// Old links of a user.
pub const OLD_LINKS: usize = 10;

/// Users with the numbers from 1 on, who come by turns.
#[derive(Debug)]
pub struct People {
    /// How many there are.
    pub count: usize,
    came: AtomicUsize,
}

impl People {
    /// Writes them straight into a migrated database.
    pub fn settle(passlink: &Passlink, count: usize) -> Self {
        write(passlink, &users(count, 0), count);
        Self { count, came: AtomicUsize::new(0) }
    }

    /// As [`Self::settle`], each with ten links of last year in their history.
    pub fn settle_with_old_links(passlink: &Passlink, count: usize) -> Self {
        passlink.cli(&["key", "add"]).done();
        let key = passlink.cli(&["key", "list"]).lines()[0]["id"].as_str().unwrap().to_owned();
        let script = users(count, OLD_LINKS) + &old_links(count, &key);
        write(passlink, &script, count);
        Self { count, came: AtomicUsize::new(0) }
    }

    /// The first user alone.
    pub fn first() -> Self {
        Self { count: 1, came: AtomicUsize::new(0) }
    }

    /// The number of the user whose turn it is. Who comes next is not a neighbour: their rows are elsewhere.
    pub fn next(&self) -> usize {
        self.came.fetch_add(1, Ordering::Relaxed) * STRIDE % self.count + 1
    }
}

/// The id of a user.
pub fn id(number: usize) -> String {
    format!("user-{}", FIRST + number)
}

/// The token of a user.
pub fn token(number: usize) -> String {
    format!("passlink_{number:0>43}")
}

/// The id of that token.
pub fn token_id(number: usize) -> String {
    format!("{TOKEN}{}", FIRST + number)
}

/// What the ids of tokens begin with. They are as long as UUIDs.
const TOKEN: &str = "018f1e2d-7c00-7000-8000-0000";

/// The SQL for users whose histories have so many links. `NUMBERS` stands for the numbers of them all,
/// `NOW` for the time.
fn users(count: usize, links: usize) -> String {
    format!(
        "INSERT INTO users (id, organisation, username, username_key, display_name, language, email, \
         email_key, email_verified, state, sequence, created_at) \
         SELECT 'user-' || ({FIRST} + n), 'default', 'user-' || ({FIRST} + n), \
         'user-' || ({FIRST} + n), 'User ' || n, 'en', \
         'user-' || ({FIRST} + n) || '@d' || (n % 16) || '.example.com', \
         'user-' || ({FIRST} + n) || '@d' || (n % 16) || '.example.com', \
         TRUE, 'active', 1 + {links}, NOW - 40000000000 FROM NUMBERS({count});
         INSERT INTO events (user_id, sequence, kind, recorded_at, actor_kind) \
         SELECT 'user-' || ({FIRST} + n), 1, 'user.added', NOW - 40000000000, 'operator' \
         FROM NUMBERS({count});"
    )
}

/// The SQL for the links of users, in the order of time, all of them over.
fn old_links(users: usize, key: &str) -> String {
    let count = OLD_LINKS * users;
    // From 400 days ago to 100 days ago.
    let (age, step) = (400_i64 * 86_400_000, 300_i64 * 86_400_000 / count as i64);
    let (id, at) = ("'018f1e2d-7c00-7000-9000-' || (100000000000 + n)", "NOW");
    let at = format!("({at} - {age} + n * {step})");
    let user = format!("((n - 1) / {OLD_LINKS} + 1)");
    format!(
        "INSERT INTO links (id, user_id, organisation, email, domain, key_id, requested_by, \
         requested_at, expires_at, state, token_id) \
         SELECT {id}, 'user-' || ({FIRST} + {user}), 'default', \
         'user-' || ({FIRST} + {user}) || '@d' || ({user} % 16) || '.example.com', \
         'login.example.com', '{key}', 'seeded', {at}, {at} + 3600000, \
         CASE n % 3 WHEN 0 THEN 'redeemed' WHEN 1 THEN 'expired' ELSE 'replaced' END, \
         '{TOKEN}' || ({FIRST} + {user}) FROM NUMBERS({count});
         INSERT INTO events (user_id, sequence, kind, subject, recorded_at, actor_kind, actor) \
         SELECT 'user-' || ({FIRST} + {user}), 2 + (n - 1) % {OLD_LINKS}, 'link.requested', {id}, \
         {at}, 'person', 'user-' || ({FIRST} + {user}) FROM NUMBERS({count});"
    )
}

/// Runs the SQL, and adds the tokens.
fn write(passlink: &Passlink, script: &str, count: usize) {
    match passlink.database() {
        Database::Sqlite(file) => {
            write_to_file(file, script, |transaction| add_tokens(transaction, count));
        }
        Database::Postgres { url, .. } => {
            let tokens = format!(
                "INSERT INTO tokens (id, user_id, hash, name, created_at) \
                 SELECT '{TOKEN}' || ({FIRST} + n), 'user-' || ({FIRST} + n), \
                 sha256(convert_to('passlink_' || lpad(n::text, 43, '0'), 'UTF8')), 'seeded', 0 \
                 FROM NUMBERS({count});"
            );
            let filled = ["users", "events", "links"].into_iter();
            let filled = filled.filter(|table| script.contains(&format!("INTO {table} ")));
            let filled: Vec<_> = filled.chain(["tokens"]).collect();
            write_to_cluster(url, &format!("{script}\n{tokens}"), &filled);
        }
    }
}

/// Runs SQL that fills these tables, as that of an installation whose server does not run. `NUMBERS` and `NOW`
/// stand in it for what they do in [`users`].
pub fn run_script(passlink: &Passlink, script: &str, filled: &[&str]) {
    match passlink.database() {
        Database::Sqlite(file) => write_to_file(file, script, |_| {}),
        Database::Postgres { url, .. } => write_to_cluster(url, script, filled),
    }
}

fn write_to_file(file: &Path, script: &str, then: impl FnOnce(&Transaction<'_>)) {
    let mut connection = Connection::open(file).unwrap();
    // Without a journal that would hold all of it once more. Nothing is lost by a crash that nobody has.
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
             PRAGMA cache_size = -1000000; PRAGMA locking_mode = EXCLUSIVE;",
        )
        .unwrap();
    let numbers = "(WITH RECURSIVE numbers(n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < COUNT) SELECT n FROM numbers)";
    let script =
        with_numbers(script, numbers).replace("NOW", "CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    let transaction = connection.transaction().unwrap();
    transaction.execute_batch(&script).unwrap();
    then(&transaction);
    transaction.commit().unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL;").unwrap();
    // Else the system writes it out while something is measured.
    File::open(file).unwrap().sync_all().unwrap();
}

fn add_tokens(transaction: &Transaction<'_>, count: usize) {
    let tokens = "INSERT INTO tokens (id, user_id, hash, name, created_at) VALUES (?, ?, ?, ?, ?)";
    let mut tokens = transaction.prepare(tokens).unwrap();
    for number in 1..=count {
        let hash: [u8; 32] = Sha256::digest(token(number).as_bytes()).into();
        tokens.execute((token_id(number), id(number), hash, "seeded", 0)).unwrap();
    }
}

fn write_to_cluster(url: &str, script: &str, filled: &[&str]) {
    let numbers = "(SELECT n FROM generate_series(1::bigint, COUNT) AS n) AS numbers";
    let now = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint";
    let script = with_numbers(script, numbers).replace("NOW", now);
    // What is empty has no statistics, as after a first start: PostgreSQL would believe that it stays so.
    let filled = filled.join(", ");
    // Foreign keys are not looked at row by row.
    let script = format!(
        "SET session_replication_role = replica; SET synchronous_commit = off;
         {script}
         VACUUM (FREEZE, ANALYZE) {filled}; CHECKPOINT;"
    );
    psql::run(url, &script);
}

/// With what yields the numbers up to a count in place of each `NUMBERS(count)`.
fn with_numbers(script: &str, numbers: &str) -> String {
    let mut parts = script.split("NUMBERS(");
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (count, rest) = part.split_once(')').unwrap();
        whole += &numbers.replace("COUNT", count);
        whole += rest;
    }
    whole
}

//! What a bare client of equal durability does on the same machine with the rows of a send, in the same
//! tables: the limit that SQLite sets.

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{CachedStatement, Connection, params};

use super::{
    meter::Used,
    people::{People, id, token_id},
    processor,
    report::{Limit, LimitClient},
    settings::Kind,
};
use crate::{Passlink, hand_made_passkey::sha256, process::written};

const HOUR: i64 = 3_600_000;
/// Some number of a domain of recipients.
const LANE: i64 = 2_556_257_843_006_126_501;
/// As long as the one that a mail has of the request that queued it.
const TRACE: &str = "{\"traceparent\":\"00-b4fcb71db888e78b0d2204a3f219486c-bdf2cbd237a67ff9-00\",\
    \"tracestate\":\"\"}";

/// Sends for a time, so many a commit, on one connection.
pub fn measure(passlink: &Passlink, people: &People, group: usize, time: Duration) -> Limit {
    let connection = open(passlink.database_file());
    let (processor, bytes) = (processor::of_this_process(), written("self"));
    let started = Instant::now();
    let mut sends = 0;
    while started.elapsed() < time {
        run(&connection, "BEGIN IMMEDIATE");
        for _ in 0..group {
            send(&connection, people.next());
        }
        run(&connection, "COMMIT");
        sends += group;
    }
    let taken = started.elapsed();
    let each = |all: f64| all / sends as f64;
    let used = Used {
        server_ms: 0.0,
        others: 0.0,
        database_ms: None,
        generator_ms: 1000.0 * each(processor::of_this_process() - processor),
        bytes: each((written("self") - bytes) as f64),
    };
    Limit::new(Kind::Sqlite, LimitClient::Rusqlite, group, sends, taken, used)
}

/// A connection with the settings that Passlink has.
fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.set_prepared_statement_cache_capacity(100);
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;";
    connection.execute_batch(settings).unwrap();
    connection
}

fn prepared<'c>(connection: &'c Connection, sql: &str) -> CachedStatement<'c> {
    connection.prepare_cached(sql).unwrap()
}

fn run(connection: &Connection, sql: &str) {
    prepared(connection, sql).execute([]).unwrap();
}

/// The rows of a send, read and written as Passlink does.
fn send(connection: &Connection, number: usize) {
    let (user, now) = (id(number), now());
    let (link, mail) = (new_id(now), new_id(now));
    let (email, sequence) = user_of(connection, &user);
    read_recent_links(connection, &user, now);
    count_mail(connection, &email, now);
    prepared(
        connection,
        "INSERT INTO links (id, user_id, organisation, email, domain, key_id, requested_by, \
         requested_at, expires_at, state, url_template, resent_at, token_id) \
         VALUES (?, ?, 'default', ?, 'login.example.com', '142b02871396', 'seeded', ?, ?, \
         'requested', NULL, NULL, ?)",
    )
    .execute(params![link, user, email, now, now + HOUR, token_id(number)])
    .unwrap();
    prepared(
        connection,
        "INSERT INTO events (user_id, sequence, kind, subject, recorded_at, actor_kind, actor) \
         VALUES (?, ?, 'link.requested', ?, ?, 'person', ?)",
    )
    .execute(params![user, sequence + 1, link, now, user])
    .unwrap();
    prepared(connection, "UPDATE users SET sequence = ? WHERE id = ?")
        .execute(params![sequence + 1, user])
        .unwrap();
    prepared(
        connection,
        "INSERT INTO outbox (id, user_id, kind, subject, queued_at, due_at, tries, state, \
         last_answer, settled_at, trace, leased_until, urgency, lane_organisation, lane_domain, \
         held_by, may_have_arrived) VALUES (?, ?, 'passkey_link', ?, ?, ?, 0, 'waiting', NULL, \
         NULL, ?, NULL, 0, 4010717984327297149, ?, NULL, FALSE)",
    )
    .execute(params![mail, user, link, now, now, TRACE, LANE + number as i64 % 16])
    .unwrap();
}

/// The user's address and sequence number.
fn user_of(connection: &Connection, user: &str) -> (String, i64) {
    let select = "SELECT id, organisation, username, username_key, display_name, language, email, \
        email_key, email_verified, state, sequence, created_at, handle FROM users WHERE id = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get("email")?, row.get("sequence")?));
    prepared(connection, select).query_row([user], read).unwrap()
}

fn read_recent_links(connection: &Connection, user: &str, now: i64) {
    let select = "SELECT requested_at, email FROM links WHERE user_id = ? AND requested_at > ? \
        ORDER BY requested_at DESC LIMIT ?";
    let mut select = prepared(connection, select);
    let mut rows = select.query(params![user, now - HOUR, 100]).unwrap();
    while rows.next().unwrap().is_some() {}
}

fn count_mail(connection: &Connection, email: &str, now: i64) {
    let upsert = "INSERT INTO mailboxes (mailbox, mailed_at) VALUES (?, ?) \
        ON CONFLICT (mailbox) DO UPDATE \
        SET mailed_at = substr(excluded.mailed_at || mailboxes.mailed_at, 1, 13000) \
        WHERE substr(mailboxes.mailed_at, 12988, 13) <= ?";
    let digits = |at: i64| format!("{at:013}");
    let mailbox = sha256(email.as_bytes());
    let counted = prepared(connection, upsert)
        .execute(params![mailbox, digits(now), digits(now - HOUR)])
        .unwrap();
    assert_eq!(counted, 1);
}

/// A UUIDv7.
fn new_id(now: i64) -> String {
    let mut random = [0; 10];
    SystemRandom::new().fill(&mut random).unwrap();
    let [a, b, c, d, rest @ ..] = random;
    let rest = rest.map(|octet| format!("{octet:02x}")).concat();
    let (high, low) = (now >> 16, now & 0xffff);
    let version = 0x7000 | (u16::from_be_bytes([a, b]) & 0xfff);
    let variant = 0x8000 | (u16::from_be_bytes([c, d]) & 0x3fff);
    format!("{high:08x}-{low:04x}-{version:04x}-{variant:04x}-{rest}")
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "benchmarks live in real time")]
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

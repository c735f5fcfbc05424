//! The figures, as `performance.json` has them.

use std::time::Duration;

use serde::Serialize;

use super::{generator::Calls, meter::Used, settings::Kind};

/// All figures of a run. What was not measured is empty.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub machine: Machine,
    /// How long each row was measured.
    pub seconds: f64,
    pub sends: Vec<Sends>,
    pub limits: Vec<Limit>,
    pub reads: Vec<Action>,
    pub registrations: Vec<Action>,
    pub sign_ins: Vec<SignIns>,
    pub login_names: Vec<LoginNames>,
    pub mails: Vec<Mails>,
    pub starts: Vec<Start>,
    pub growth: Vec<Growth>,
}

/// What all of it ran on.
#[derive(Debug, Default, Serialize)]
pub struct Machine {
    pub processors: usize,
    /// What the system calls them.
    pub model: String,
    pub memory_gib: f64,
}

/// How fast calls were, and what each took.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Rate {
    pub calls: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time of the server, for each call.
    pub server_ms: f64,
    /// The same of PostgreSQL; SQLite is a part of the server.
    pub database_ms: Option<f64>,
    pub generator_ms: f64,
    /// The share of the machine that others used meanwhile, from 0 to 1.
    pub others: f64,
}

impl Rate {
    pub fn new(calls: &Calls, used: Used) -> Self {
        Self {
            calls: calls.count(),
            per_second: calls.per_second(),
            p50_ms: calls.within_ms(0.5),
            p99_ms: calls.within_ms(0.99),
            server_ms: used.server_ms,
            database_ms: used.database_ms,
            generator_ms: used.generator_ms,
            others: used.others,
        }
    }
}

/// Sends of links.
#[derive(Debug, Serialize)]
pub struct Sends {
    pub database: Kind,
    pub protocol: Protocol,
    pub mails: MailsMeanwhile,
    pub callers: usize,
    #[serde(flatten)]
    pub rate: Rate,
    pub statements: usize,
    pub bytes: f64,
    pub peak_mb: f64,
    /// Mails a second that left while links were sent, where they leave.
    pub mails_per_second: Option<f64>,
    /// Sends a second of the bare client.
    pub limit_per_second: Option<f64>,
    /// The share of that.
    pub of_limit: Option<f64>,
}

/// How the calls come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Protocol {
    #[serde(rename = "REST")]
    Rest,
    #[serde(rename = "gRPC")]
    Grpc,
}

/// What becomes of mails while links are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailsMeanwhile {
    /// They wait for a mail server that says nothing.
    Wait,
    /// They leave for a mail server that takes each at once. What that takes counts.
    Leave,
}

/// Sends by a bare client.
#[derive(Debug, Serialize)]
pub struct Limit {
    pub database: Kind,
    pub client: LimitClient,
    /// Sends a commit on SQLite, clients on PostgreSQL.
    pub callers: usize,
    pub sends: usize,
    pub per_second: f64,
    /// Processor time of the client for each send; on SQLite, the database is a part of it.
    pub client_ms: f64,
    pub database_ms: Option<f64>,
    pub bytes: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitClient {
    Rusqlite,
    Pgbench,
}

impl Limit {
    pub fn new(
        database: Kind,
        client: LimitClient,
        callers: usize,
        sends: usize,
        taken: Duration,
        used: Used,
    ) -> Self {
        Self {
            database,
            client,
            callers,
            sends,
            per_second: sends as f64 / taken.as_secs_f64(),
            client_ms: used.generator_ms,
            database_ms: used.database_ms,
            bytes: used.bytes,
        }
    }
}

/// Other calls than sends.
#[derive(Debug, Serialize)]
pub struct Action {
    pub database: Kind,
    pub callers: usize,
    #[serde(flatten)]
    pub rate: Rate,
}

/// Sign-ins, each of two calls.
#[derive(Debug, Serialize)]
pub struct SignIns {
    pub database: Kind,
    /// How many sessions there were before.
    pub sessions: usize,
    /// How many of these were of the one who signs in, where it is always the same.
    pub own_sessions: usize,
    pub callers: usize,
    #[serde(flatten)]
    pub rate: Rate,
}

/// Challenges for login names that somebody has, and for those that nobody has.
#[derive(Debug, Serialize)]
pub struct LoginNames {
    pub database: Kind,
    pub known: Times,
    pub unknown: Times,
}

impl LoginNames {
    pub fn new(database: Kind, known: &Calls, unknown: &Calls) -> Self {
        Self { database, known: Times::new(known), unknown: Times::new(unknown) }
    }
}

/// How long calls took.
#[derive(Debug, Serialize)]
pub struct Times {
    pub calls: usize,
    pub p25_ms: f64,
    pub p50_ms: f64,
    pub p75_ms: f64,
}

impl Times {
    fn new(calls: &Calls) -> Self {
        let [p25_ms, p50_ms, p75_ms] = [0.25, 0.5, 0.75].map(|share| calls.within_ms(share));
        Self { calls: calls.count(), p25_ms, p50_ms, p75_ms }
    }
}

/// Mails that were queued, on their way to a mail server.
#[derive(Debug, Serialize)]
pub struct Mails {
    pub database: Kind,
    pub mails: usize,
    pub connections: usize,
    pub per_second: f64,
    pub server_ms: f64,
    pub database_ms: Option<f64>,
    pub generator_ms: f64,
    /// Mails a second of lettre, which makes each of texts that are ready, and sends it.
    pub limit_per_second: f64,
    /// The same of lettre when it sends one finished message again and again.
    pub ready_per_second: f64,
    pub of_limit: f64,
}

/// The start of a server on a database that is there.
#[derive(Debug, Serialize)]
pub struct Start {
    pub database: Kind,
    pub ready_ms: f64,
    pub idle_mb: f64,
}

/// An installation of a size.
#[derive(Debug, Serialize)]
pub struct Growth {
    pub database: Kind,
    pub users: usize,
    pub old_links: usize,
    /// How large the database is.
    pub size_mb: f64,
    pub ready_ms: f64,
    pub sends: Rate,
    /// What a bare client does with the same database.
    pub limit_per_second: f64,
    pub of_limit: f64,
    pub reads: Rate,
    pub peak_mb: f64,
}

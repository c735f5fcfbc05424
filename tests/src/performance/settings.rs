use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use serde::Serialize;

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Sends, and their limits.
    Send,
    /// Signed-in reads.
    Reads,
    /// Registrations of passkeys.
    Registrations,
    /// Sign-ins with passkeys.
    SignIns,
    /// Mails on their way out.
    Mails,
    /// The start, and what an idle server takes.
    Start,
    /// Few users beside many.
    Growth,
}

impl Part {
    const ALL: [(Self, &str); 7] = [
        (Self::Send, "send"),
        (Self::Reads, "reads"),
        (Self::Registrations, "registrations"),
        (Self::SignIns, "sign_ins"),
        (Self::Mails, "mails"),
        (Self::Start, "start"),
        (Self::Growth, "growth"),
    ];

    fn named(name: &str) -> Self {
        let part = Self::ALL.into_iter().find(|(_, known)| *known == name);
        part.unwrap_or_else(|| panic!("PASSLINK_BENCH_ONLY: there is no part {name}")).0
    }
}

/// What keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL cluster.
    Postgres,
}

impl Kind {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// What `PASSLINK_TEST_DATABASE` names, or both.
    pub fn asked_for() -> Vec<Self> {
        match std::env::var("PASSLINK_TEST_DATABASE").as_deref() {
            Err(_) => vec![Self::Sqlite, Self::Postgres],
            Ok("sqlite") => vec![Self::Sqlite],
            Ok("postgres") => vec![Self::Postgres],
            Ok(other) => panic!("PASSLINK_TEST_DATABASE={other}: must be sqlite or postgres"),
        }
    }
}

/// What is measured, and for how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a row is measured.
    pub time: Duration,
    /// The parts that are measured.
    pub parts: BTreeSet<Part>,
    /// The databases that are measured.
    pub databases: Vec<Kind>,
    /// How many callers send at a time, a row each.
    pub callers: Vec<usize>,
    /// How many users an installation has.
    pub users: usize,
    /// How many users there are before and after growth. Each has ten old links.
    pub growth: [usize; 2],
    /// How many sessions there are where there are many. One user has a hundredth of them.
    pub sessions: usize,
    /// How many mails are queued.
    pub mails: usize,
    /// How often a server is started, for the median.
    pub starts: usize,
    /// The folder for `performance.json` and `performance.svg`.
    pub out: PathBuf,
}

impl Settings {
    /// What the environment asks for.
    pub fn from_environment() -> Self {
        let seconds = text("PASSLINK_BENCH_SECONDS").map_or(5.0, |text| text.parse().unwrap());
        let growth = text("PASSLINK_BENCH_GROWTH").map_or(1_000_000, |text| text.parse().unwrap());
        let out = text("PASSLINK_BENCH_OUT").map_or_else(default_folder, PathBuf::from);
        let callers = match text("PASSLINK_BENCH_CALLERS") {
            Some(counts) => counts.split(',').map(|count| count.parse().unwrap()).collect(),
            None => vec![1, 4, 16, 64, 256],
        };
        let parts = match text("PASSLINK_BENCH_ONLY") {
            Some(names) => names.split(',').map(Part::named).collect(),
            None => Part::ALL.map(|(part, _)| part).into(),
        };
        Self {
            time: Duration::from_secs_f64(seconds),
            parts,
            databases: Kind::asked_for(),
            callers,
            users: 100_000,
            growth: [1000.min(growth), growth],
            sessions: growth,
            mails: ((1000.0 * seconds) as usize).max(100),
            starts: 5,
            out,
        }
    }

    /// The short form, which shows that each part works, and how fast it is to nobody.
    pub fn short(out: PathBuf) -> Self {
        Self {
            time: Duration::from_millis(200),
            parts: Part::ALL.map(|(part, _)| part).into(),
            databases: match std::env::var_os("PASSLINK_TEST_DATABASE") {
                Some(_) => Kind::asked_for(),
                None => vec![Kind::Sqlite],
            },
            callers: vec![1, 16],
            users: 500,
            growth: [200, 2000],
            sessions: 2000,
            mails: 50,
            starts: 1,
            out,
        }
    }

    /// How many callers the limits are measured with: as many as share a commit.
    pub fn limit_callers(&self) -> Vec<usize> {
        self.callers.iter().copied().filter(|callers| *callers <= 64).collect()
    }
}

/// A folder of the workspace's target folder.
fn default_folder() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(3).unwrap().join("performance")
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

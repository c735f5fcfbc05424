use super::{installation::Installation, processor};
use crate::Passlink;

/// What a server, its database and the load generator have used so far.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    /// Seconds of the processor.
    server: f64,
    /// Seconds of the processor, where the database has processes of its own.
    database: Option<f64>,
    /// Seconds of the processor.
    generator: f64,
    /// Octets that were written to the storage: by SQLite within the server, to PostgreSQL's journal.
    written: f64,
    /// Seconds of all processors: used, and there were.
    machine: [f64; 2],
}

/// What was used for each of many calls.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub server_ms: f64,
    pub database_ms: Option<f64>,
    pub generator_ms: f64,
    pub bytes: f64,
    /// The share of the machine that others used, the system's own work among them.
    pub others: f64,
}

impl Meter {
    /// Reads the meter of an installation whose server runs.
    pub fn read(installation: &Installation) -> Self {
        let process = installation.passlink.process();
        let database = installation.cluster.as_ref();
        Self {
            server: processor::of_process(process.id()),
            database: database.map(|cluster| processor::of_family(cluster.process_id())),
            generator: processor::of_this_process(),
            written: match database {
                None => process.written() as f64,
                Some(_) => journal(&installation.passlink),
            },
            machine: processor::of_machine(),
        }
    }

    /// What was used for each of so many calls since this was read.
    pub fn used(&self, installation: &Installation, calls: usize) -> Used {
        let now = Self::read(installation);
        let each = |before: f64, now: f64| (now - before) / calls as f64;
        let database = self.database.zip(now.database);
        let [used, all] = [0, 1].map(|at| now.machine[at] - self.machine[at]);
        let ours = now.server - self.server + now.generator - self.generator
            + database.map_or(0.0, |(before, now)| now - before);
        Used {
            others: ((used - ours) / all.max(0.01)).clamp(0.0, 1.0),
            server_ms: 1000.0 * each(self.server, now.server),
            database_ms: database.map(|(before, now)| 1000.0 * each(before, now)),
            generator_ms: 1000.0 * each(self.generator, now.generator),
            bytes: each(self.written, now.written),
        }
    }
}

/// How much PostgreSQL ever wrote to its journal.
pub fn journal(passlink: &Passlink) -> f64 {
    let position = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint";
    passlink.sql(position, &[])[0][0].as_f64().unwrap()
}

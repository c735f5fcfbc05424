//! What `pgbench` does on the same cluster with the rows of a send, one transaction each: the limit that
//! PostgreSQL sets.

use std::{fs, process::Command, time::Duration};

use super::{
    installation::Installation,
    meter::{Used, journal},
    processor, psql,
    report::{Limit, LimitClient},
    settings::Kind,
};
use crate::Output;

/// The transaction of a send, as Passlink has it.
const SEND: &str = include_str!("send.sql");

/// Sends for a time, by so many clients.
pub fn measure(installation: &Installation, clients: usize, time: Duration) -> Limit {
    let Installation { passlink, people, cluster, .. } = installation;
    let process = cluster.as_ref().unwrap().process_id();
    let script = passlink.dir().join("send.sql");
    fs::write(&script, SEND).unwrap();
    let before = (processor::of_family(process), journal(passlink));
    let client = processor::of_ended_children();
    let mut command = Command::new(psql::program("pgbench"));
    command.args(["-n", "-M", "prepared", "-c", &clients.to_string()]);
    // It counts in whole seconds.
    command.args(["-T", &time.as_secs_f64().round().max(1.0).to_string()]);
    command.args(["-D", &format!("users={}", people.count)]).arg("-f").arg(script);
    command.arg(passlink.database_url().as_str());
    let told = Output::of(command).done();
    let after = (processor::of_family(process), journal(passlink));
    let sends = number(&told, "number of transactions actually processed: ");
    let per_second = number(&told, "tps = ");
    let used = Used {
        server_ms: 0.0,
        database_ms: Some(1000.0 * (after.0 - before.0) / sends),
        generator_ms: 1000.0 * (processor::of_ended_children() - client) / sends,
        bytes: (after.1 - before.1) / sends,
    };
    let taken = Duration::from_secs_f64(sends / per_second);
    Limit::new(Kind::Postgres, LimitClient::Pgbench, clients, sends as usize, taken, used)
}

/// The number that follows a text.
fn number(told: &str, text: &str) -> f64 {
    let (_, rest) = told.split_once(text).expect(told);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].parse().expect(told)
}

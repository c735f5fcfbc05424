//! What `pgbench` does on the same cluster with the rows of a send, one transaction each: the limit that
//! PostgreSQL sets.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    installation::Installation,
    meter::{Used, journal},
    processor, psql,
    report::{Limit, LimitClient},
    settings::Kind,
};

/// The transaction of a send, as Passlink has it.
const SEND: &str = include_str!("send.sql");

/// How Passlink has PostgreSQL plan: a plan that was made while a table was small is kept.
const PLANNING: &str =
    "-c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off -c jit=off";

/// What was used up to some moment: of the processor by the cluster and its client, and of the journal.
struct Moment {
    cluster: f64,
    journal: f64,
}

/// Sends for a time, by so many clients. Before that they warm up: each connection plans its statements.
pub fn measure(installation: &Installation, clients: usize, time: Duration) -> Limit {
    let Installation { passlink, people, cluster, .. } = installation;
    let process = cluster.as_ref().unwrap().process_id();
    let moment = || Moment { cluster: processor::of_family(process), journal: journal(passlink) };
    let script = passlink.dir().join("send.sql");
    fs::write(&script, SEND).unwrap();
    // It counts in whole seconds.
    let seconds = time.as_secs_f64().round().max(1.0);
    let warm_up = seconds.min(2.0);
    let mut command = Command::new(psql::program("pgbench"));
    command.args(["-n", "-M", "prepared", "-P", "1", "-c", &clients.to_string()]);
    // What it says of the last second may come too late.
    let all = warm_up + seconds + 1.0;
    command.args(["-T", &all.to_string()]);
    command.args(["-D", &format!("users={}", people.count)]).arg("-f").arg(script);
    command.arg(passlink.database_url().as_str());
    command.env("PGOPTIONS", PLANNING);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let client_before = processor::of_ended_children();
    let mut pgbench = command.spawn().unwrap();
    let (mut last, mut sends, mut taken) = (0.0, 0.0, 0.0);
    let (mut before, mut after) = (None, None);
    for line in BufReader::new(pgbench.stderr.take().unwrap()).lines() {
        let Some((at, rate)) = progress(&line.unwrap()) else { continue };
        if before.is_some() && after.is_none() {
            sends += rate * (at - last);
            taken += at - last;
        }
        last = at;
        if before.is_none() && at > warm_up - 0.5 {
            before = Some(moment());
        } else if after.is_none() && at > warm_up + seconds - 0.5 {
            after = Some(moment());
        }
    }
    assert!(pgbench.wait().unwrap().success(), "pgbench failed");
    let (before, after) = (before.unwrap(), after.unwrap());
    let client = processor::of_ended_children() - client_before;
    let used = Used {
        server_ms: 0.0,
        others: 0.0,
        database_ms: Some(1000.0 * (after.cluster - before.cluster) / sends),
        // It is known of the whole run only.
        generator_ms: 1000.0 * client * taken / all / sends,
        bytes: (after.journal - before.journal) / sends,
    };
    let taken = Duration::from_secs_f64(taken);
    Limit::new(Kind::Postgres, LimitClient::Pgbench, clients, sends as usize, taken, used)
}

/// Seconds since the start, and transactions a second, of a line such as
/// `progress: 1.0 s, 1234.5 tps, lat 0.789 ms stddev 0.123, 0 failed`.
fn progress(line: &str) -> Option<(f64, f64)> {
    let (at, rest) = line.strip_prefix("progress: ")?.split_once(" s, ")?;
    let (rate, _) = rest.split_once(" tps")?;
    Some((at.parse().ok()?, rate.parse().ok()?))
}

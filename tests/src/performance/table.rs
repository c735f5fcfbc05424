//! The lines that people read.

use super::report::{
    Action, Growth, Limit, LimitClient, LoginNames, Mails, MailsMeanwhile, Protocol, Rate, Sends,
    SignIns, Start, Times,
};

/// The head of [`sends`] and [`limit`].
pub const SENDS: &str = concat!(
    "                                                     processor ms a send\n",
    "                callers  sends/s   p50 ms   p99 ms  server  database  generator",
    "  others  statements   bytes  peak MB  of limit  mails/s",
);

pub fn sends(row: &Sends) -> String {
    let Sends { callers, rate, statements, bytes, peak_mb, .. } = row;
    let what = match (row.protocol, row.mails) {
        (Protocol::Rest, MailsMeanwhile::Wait) => "REST",
        (Protocol::Grpc, MailsMeanwhile::Wait) => "gRPC",
        (_, MailsMeanwhile::Leave) => "REST, with mails",
    };
    let share = row.of_limit.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let mails = row.mails_per_second.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
    format!(
        "{what:16}{callers:7} {:8.0} {:8.2} {:8.2} {} {statements:11} {bytes:7.0} {peak_mb:8.1} {share:>9} {mails:>8}",
        rate.per_second,
        rate.p50_ms,
        rate.p99_ms,
        processor(rate),
    )
}

pub fn limit(row: &Limit) -> String {
    let what = match row.client {
        LimitClient::Rusqlite => "limit: rusqlite",
        LimitClient::Pgbench => "limit: pgbench",
    };
    let dash = "-";
    let database = row.database_ms.map_or(dash.to_owned(), |ms| format!("{ms:.3}"));
    format!(
        "{what:16}{:7} {:8.0} {dash:>8} {dash:>8} {dash:>7} {database:>9} {:10.3} {dash:>7} {dash:>11} {:7.0}",
        row.callers, row.per_second, row.client_ms, row.bytes,
    )
}

/// What a call took of the processor.
fn processor(rate: &Rate) -> String {
    let database = rate.database_ms.map_or("-".to_owned(), |ms| format!("{ms:.3}"));
    let others = 100.0 * rate.others;
    format!("{:7.3} {database:>9} {:10.3} {others:5.0} %", rate.server_ms, rate.generator_ms)
}

/// The head of [`action`].
pub const ACTIONS: &str = concat!(
    "                                                      processor ms each\n",
    "                 callers a second   p50 ms   p99 ms  server  database  generator  others",
);

pub fn action(what: &str, row: &Action) -> String {
    let Action { callers, rate, .. } = row;
    format!(
        "{what:17}{callers:7} {:8.0} {:8.2} {:8.2} {}",
        rate.per_second,
        rate.p50_ms,
        rate.p99_ms,
        processor(rate),
    )
}

/// The head of [`sign_ins`].
pub const SIGN_INS: &str = concat!(
    "                                                              processor ms a sign-in\n",
    " sessions  of the user callers a second   p50 ms   p99 ms  server  database  generator  others",
);

pub fn sign_ins(row: &SignIns) -> String {
    let SignIns { sessions, own_sessions, callers, rate, .. } = row;
    format!(
        "{sessions:9} {own_sessions:12} {callers:7} {:8.0} {:8.2} {:8.2} {}",
        rate.per_second,
        rate.p50_ms,
        rate.p99_ms,
        processor(rate),
    )
}

pub fn login_names(row: &LoginNames) -> String {
    let times = |times: &Times| {
        format!("{:.3} ms ({:.3} to {:.3})", times.p50_ms, times.p25_ms, times.p75_ms)
    };
    let (known, unknown) = (times(&row.known), times(&row.unknown));
    format!("challenge for a login name, median and quartiles: known {known}, unknown {unknown}")
}

pub fn mails(row: &Mails) -> String {
    let database = row.database_ms.map_or(String::new(), |ms| format!(", database {ms:.3}"));
    format!(
        "{} mails by {} connections: {:.0} a second, {:.0} % of lettre's {:.0} ({:.0} \
         with a message that is ready); processor ms a mail: server {:.3}{database}, mail server {:.3}",
        row.mails,
        row.connections,
        row.per_second,
        100.0 * row.of_limit,
        row.limit_per_second,
        row.ready_per_second,
        row.server_ms,
        row.generator_ms,
    )
}

pub fn start(row: &Start) -> String {
    format!("start to ready: {:.0} ms; idle: {:.1} MB", row.ready_ms, row.idle_mb)
}

/// The head of [`growth`].
pub const GROWTH: &str = "    users  old links   size MB  ready ms  sends/s   p50 ms   p99 ms    limit  of limit  peak MB  reads/s   p50 ms   p99 ms";

pub fn growth(row: &Growth) -> String {
    let Growth { users, old_links, size_mb, ready_ms, sends, reads, peak_mb, .. } = row;
    let (limit, share) = (row.limit_per_second, format!("{:.0} %", 100.0 * row.of_limit));
    format!(
        "{users:9} {old_links:10} {size_mb:9.1} {ready_ms:9.0} {:8.0} {:8.2} {:8.2} {limit:8.0} {share:>9} {peak_mb:8.1} {:8.0} {:8.2} {:8.2}",
        sends.per_second, sends.p50_ms, sends.p99_ms, reads.per_second, reads.p50_ms, reads.p99_ms,
    )
}

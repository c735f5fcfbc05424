//! How fast many users are imported, and what that takes:
//!
//!     cargo build --release && cargo bench -p passlink-tests --bench import
//!
//! Once with a file whose last line but one is wrong, which must leave nothing behind, and once
//! with a right one. `PASSLINK_BENCH_USERS` sets how many users (default 1,000,000),
//! `PASSLINK_TEST_DATABASE=postgres` measures PostgreSQL in place of SQLite, `TMPDIR` is where the
//! database is. Database and command share the machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends it"
)]

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use passlink_tests::{
    Passlink, Process,
    load::{benchmark, setting},
};

fn main() {
    benchmark(measure());
}

async fn measure() {
    let users = setting("PASSLINK_BENCH_USERS", 1_000_000);
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    let file = passlink.dir().join("users.jsonl");
    let import = async |what: &str| {
        let (taken, peak, succeeded) = run(&passlink, &file).await;
        let rate = users as f64 / taken.as_secs_f64();
        let seconds = taken.as_secs_f64();
        println!("{what:22} {seconds:7.1} s {rate:9.0} lines/s {peak:7.1} MB at the most");
        succeeded
    };

    write(&file, users, Some(users - 1));
    println!("{users} lines, {:.0} MB", fs::metadata(&file).unwrap().len() as f64 / 1e6);
    assert!(!import("the last but one wrong").await);
    let told = fs::read_to_string(passlink.dir().join("import.stderr")).unwrap();
    assert!(told.contains(&format!("line {}: ", users - 1)), "{told}");
    let left = |table: &str| passlink.sql(&format!("SELECT count(*) FROM {table}"), &[]);
    assert_eq!([left("users"), left("events")], [[[0]], [[0]]], "nothing is left behind");

    write(&file, users, None);
    assert!(import("all right").await);
    assert_eq!([left("users"), left("events")], [[[users]], [[users]]]);
}

/// Imports the file; returns the time, the most memory in MB, and whether it succeeded.
async fn run(passlink: &Passlink, file: &Path) -> (Duration, f64, bool) {
    let command = passlink.command(&["user", "import", file.to_str().unwrap()]);
    let [stdout, stderr] =
        ["stdout", "stderr"].map(|end| passlink.dir().join(format!("import.{end}")));
    let started = Instant::now();
    let mut process = Process::logged(command, &stdout, &stderr);
    let mut peak = 0;
    loop {
        peak = peak.max(peak_kib(process.id()).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Some(status) = process.ended() {
            return (started.elapsed(), peak as f64 * 1024.0 / 1e6, status.success());
        }
    }
}

/// The most memory that a process ever had, if it still has any.
fn peak_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Writes a line for each user; one of them may be wrong.
fn write(file: &Path, users: usize, wrong: Option<usize>) {
    let mut file = BufWriter::new(File::create(file).unwrap());
    for user in 1..=users {
        let at = if wrong == Some(user) { "" } else { "@" };
        writeln!(
            file,
            "{{\"email\":\"user{user}{at}example.com\",\"displayName\":\"Ada Example {user}\",\
             \"language\":\"de\"}}"
        )
        .unwrap();
    }
    file.flush().unwrap();
}

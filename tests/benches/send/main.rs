//! How fast links are sent, and what the server takes for it:
//!
//!     cargo build --release && cargo bench -p passlink-tests
//!
//! Callers of different users send over HTTP/1.1 with keep-alive, each its next link as soon as
//! the last one was answered; every answer is durable by then. Mails go to a folder. Client,
//! server and mail worker share the machine. `PASSLINK_BENCH_LINKS` sets how many links a run
//! sends (default 5000), `PASSLINK_TEST_DATABASE=postgres` and `PASSLINK_BENCH_NODES` (default 1) what
//! they are sent through, `TMPDIR` where the database is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends it"
)]

use std::{
    fs,
    time::{Duration, Instant},
};

use passlink_tests::{
    Caller, Passlink, binary,
    load::{benchmark, send_links, setting},
};

fn main() {
    benchmark(measure());
}

async fn measure() {
    let links = setting("PASSLINK_BENCH_LINKS", 5000);
    let mut passlink = Passlink::with_mail_dir().set_variable("RUST_LOG", "warn");
    passlink.cli(&["migrate"]).done();
    let mut callers = passlink.crowd(2 * links);
    let started = Instant::now();
    passlink.start().await;
    let ready = started.elapsed();
    let mut nodes = vec![passlink];
    for _ in 1..setting("PASSLINK_BENCH_NODES", 1) {
        nodes.push(nodes[0].another_node().started().await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;

    let size = fs::metadata(binary()).unwrap().len() as f64 / 1e6;
    println!("{}, {size:.1} MB", binary().display());
    println!("start to ready           {:8.0} ms", millis(ready));
    println!("resident, idle           {:8.1} MB", resident(&nodes));
    println!();
    println!("callers   links   links/s   p50 ms   p99 ms   most ms   resident MB   all mailed s");
    for concurrency in [16, 64] {
        let run = callers.split_off(callers.len() - links);
        let result = send_all(&nodes, run, concurrency).await;
        println!("{concurrency:7} {links:7} {result}");
    }
}

/// Sends a link to each user, `concurrency` at a time; returns the line of the table.
async fn send_all(nodes: &[Passlink], users: Vec<Caller>, concurrency: usize) -> String {
    let links = users.len();
    let started = Instant::now();
    let (elapsed, mut times) =
        send_links(&nodes.iter().collect::<Vec<_>>(), users, concurrency).await;
    let loaded = resident(nodes);
    times.sort();
    let rank = |share: f64| millis(times[((times.len() - 1) as f64 * share) as usize]);
    let waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
    while nodes[0].sql(waiting, &[]) != [[0]] {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    format!(
        "{:9.0} {:8.1} {:8.1} {:9.1} {loaded:13.1} {:14.1}",
        links as f64 / elapsed.as_secs_f64(),
        rank(0.5),
        rank(0.99),
        rank(1.0),
        started.elapsed().as_secs_f64(),
    )
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// What the nodes hold in memory, on average; MB.
fn resident(nodes: &[Passlink]) -> f64 {
    let sum: u64 = nodes.iter().map(|node| node.process().resident_kib()).sum();
    sum as f64 * 1024.0 / 1e6 / nodes.len() as f64
}

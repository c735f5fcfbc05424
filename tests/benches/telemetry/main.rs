//! What telemetry costs, in links a second:
//!
//!     cargo build --release --features no-telemetry
//!     cp target/release/passlink target/release/passlink-without-telemetry
//!     cargo build --release
//!     cargo bench -p passlink-tests --bench telemetry
//!
//! Servers that differ in what they tell run side by side, each on a database of its own. They take
//! turns, a few links each, so that whatever else the machine does meets them all; what counts are the
//! ratios of neighbours. Each link is answered when it is durable, and each turn ends when its mails are
//! in their folder. `PASSLINK_BENCH_ROUNDS` sets how many turns each has (default 40), `TMPDIR` where the
//! databases are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends it"
)]

use std::{fs, path::PathBuf, time::Duration};

use passlink_tests::{
    Caller, Collector, Passlink, binary, free_port,
    load::{benchmark, quartiles, send_links, setting},
    until,
};

/// Links of a turn.
const TURN: usize = 200;
/// Callers at a time.
const CALLERS: usize = 16;
/// Clock ticks of `/proc/<pid>/stat` a second.
const TICKS: f64 = 100.0;

fn main() {
    benchmark(measure());
}

/// A server, its users who have had no link yet, and the links a second of each of its turns.
struct Variant {
    name: &'static str,
    passlink: Passlink,
    users: Vec<Caller>,
    sent: usize,
    rates: Vec<f64>,
    ticks: u64,
}

impl Variant {
    async fn new(name: &'static str, passlink: Passlink, rounds: usize) -> Self {
        passlink.cli(&["migrate"]).done();
        let users = passlink.crowd(TURN * (rounds + 1));
        let passlink = passlink.started().await;
        Self { name, passlink, users, sent: 0, rates: Vec::new(), ticks: 0 }
    }

    /// Sends some links, and waits for their mails.
    async fn turn(&mut self) {
        let users = self.users.split_off(self.users.len() - TURN);
        let before = self.ticks_so_far();
        let (elapsed, _) = send_links(&[&self.passlink], users, CALLERS).await;
        self.sent += TURN;
        let mails = self.passlink.mail_dir();
        until("the mails", async || {
            let written = fs::read_dir(&mails).unwrap().flatten();
            let mails = written.filter(|it| it.path().extension().is_some_and(|it| it == "eml"));
            (mails.count() == self.sent).then_some(())
        })
        .await;
        self.ticks += self.ticks_so_far() - before;
        self.rates.push(TURN as f64 / elapsed.as_secs_f64());
    }

    /// The processor time of the process so far.
    fn ticks_so_far(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.passlink.process().id()));
        let stat = stat.unwrap();
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

async fn measure() {
    let rounds = setting("PASSLINK_BENCH_ROUNDS", 40);
    let (open, dead) =
        (Collector::shut("grpc", &["--discard"]).opened(), Collector::shut("grpc", &[]));
    let quiet = || Passlink::with_mail_dir().set_variable("RUST_LOG", "warn");
    let mut variants = [
        Variant::new("not compiled in", quiet().run_by(without_telemetry()), rounds).await,
        Variant::new("off", quiet(), rounds).await,
        Variant::new("off, with the log", Passlink::with_mail_dir(), rounds).await,
        Variant::new("on, 10 % sampled", telling(&open), rounds).await,
        Variant::new("on, collector dead", telling(&dead), rounds).await,
    ];
    tokio::time::sleep(Duration::from_secs(1)).await;
    for round in 0..=rounds {
        for place in 0..variants.len() {
            let variant = &mut variants[(round + place) % variants.len()];
            variant.turn().await;
            if round == 0 {
                // The first turn is for warming up.
                variant.rates.clear();
                variant.ticks = 0;
            }
        }
    }
    println!(
        "{rounds} turns of {TURN} links by {CALLERS} callers, in turn; medians, with quartiles\n"
    );
    println!("{:20}{:>9}{:>12}", "telemetry", "links/s", "CPU ms/link");
    for Variant { name, rates, ticks, .. } in &variants {
        let cpu = *ticks as f64 / TICKS * 1000.0 / (rounds * TURN) as f64;
        println!("{name:20}{:9.0}{cpu:12.3}", quartiles(rates.clone())[1]);
    }
    println!();
    for (of, to) in [(1, 0), (3, 1), (4, 1), (3, 2), (4, 2)] {
        let pairs = variants[of].rates.iter().zip(&variants[to].rates);
        let [low, median, high] = quartiles(pairs.map(|(of, to)| of / to).collect());
        let (of, to) = (variants[of].name, variants[to].name);
        println!("{of:20} to {to:20} {median:6.3}   ({low:.3} to {high:.3})");
    }
}

/// A server that tells a collector and Prometheus all that it does.
fn telling(collector: &Collector) -> Passlink {
    Passlink::with_mail_dir()
        .set("telemetry.otlp_endpoint", &collector.url())
        .set("telemetry.metrics_listen", &format!("127.0.0.1:{}", free_port()))
        .set_variable("OTEL_EXPORTER_OTLP_PROTOCOL", collector.protocol())
        .set_variable("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
        .set_variable("OTEL_TRACES_SAMPLER_ARG", "0.1")
}

/// The binary that was built without telemetry.
fn without_telemetry() -> PathBuf {
    let path = binary().with_file_name("passlink-without-telemetry");
    assert!(path.exists(), "{} is missing; the head of this benchmark says how", path.display());
    path
}

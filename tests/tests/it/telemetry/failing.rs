//! A collector that is away, slow or refuses costs nobody anything.

use std::time::{Duration, Instant};

use passlink_tests::{Collector, Passlink, until_within};

/// How long a send may take while a collector fails: it waits for nothing that the collector does.
const PROMPT: Duration = Duration::from_secs(5);
/// How much more memory a server may need for what finds no way out, in KiB.
const QUEUES: u64 = 64 * 1024;

/// Sends so many links that the queues of spans run full, and stops.
async fn carries_on(collector: &Collector) -> Passlink {
    let passlink = Passlink::with_mail_dir().generous().observed_by(collector);
    let mut passlink = passlink.set_variable("OTEL_BSP_MAX_QUEUE_SIZE", "512").started().await;
    let callers = passlink.crowd(300);
    for caller in &callers[..50] {
        passlink.send_link(&caller.token).await.sequence();
    }
    let before = passlink.process().resident_kib();
    for caller in &callers[50..] {
        let sending = Instant::now();
        passlink.send_link(&caller.token).await.sequence();
        assert!(sending.elapsed() < PROMPT, "{:?}", sending.elapsed());
    }
    let after = passlink.process().resident_kib();
    assert!(after < before + QUEUES, "{before} KiB became {after} KiB");
    let told = async || passlink.log().contains("does not reach the collector").then_some(());
    until_within(Duration::from_secs(60), "the log to say so", told).await;
    let stopping = Instant::now();
    assert!(passlink.stop().await.success());
    assert!(stopping.elapsed() < Duration::from_secs(20), "{:?}", stopping.elapsed());
    passlink
}

/// Each signal's trouble is told once, however often it is met.
fn assert_told_once(passlink: &Passlink) {
    let log = passlink.log();
    for signal in ["traces", "metrics", "logs"] {
        let told = log.lines().filter(|line| {
            line.contains("does not reach the collector")
                && line.contains(&format!("\"signal\":\"{signal}\""))
        });
        assert!(told.count() <= 1, "{signal}: {log}");
    }
    let mut warnings = log.lines().filter(|line| !line.contains("\"INFO\""));
    assert!(warnings.all(|line| line.contains("does not reach the collector")), "{log}");
}

#[tokio::test]
async fn one_that_is_away() {
    for protocol in ["grpc", "http"] {
        assert_told_once(&carries_on(&Collector::shut(protocol, &[])).await);
    }
}

#[tokio::test]
async fn one_that_refuses() {
    for protocol in ["grpc", "http"] {
        let collector = Collector::shut(protocol, &["--refuse"]).opened();
        assert_told_once(&carries_on(&collector).await);
    }
}

#[tokio::test]
async fn one_that_is_slow() {
    for protocol in ["grpc", "http"] {
        let collector = Collector::shut(protocol, &["--delay", "60"]).opened();
        assert_told_once(&carries_on(&collector).await);
    }
}

#[tokio::test]
async fn what_is_queued_goes_out_when_the_process_stops() {
    let collector = Collector::grpc();
    let passlink = Passlink::with_mail_dir().observed_by(&collector);
    let never = "3600000";
    let passlink = passlink.set_variable("OTEL_BSP_SCHEDULE_DELAY", never);
    let passlink = passlink.set_variable("OTEL_BLRP_SCHEDULE_DELAY", never);
    let mut passlink = passlink.set_variable("OTEL_METRIC_EXPORT_INTERVAL", never).started().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    assert!(collector.spans().is_empty());
    assert!(passlink.stop().await.success());
    assert!(collector.spans().iter().any(|span| span["name"] == "passlink.send_link"));
    assert!(collector.logs().iter().any(|record| record["body"] == "request"));
    assert!(collector.metrics().iter().any(|metric| metric["name"] == "passlink.links"));
}

#[tokio::test]
async fn what_the_variables_say_wrongly_is_refused_at_start() {
    for (name, value, told) in [
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER must be otlp or none"),
        ("OTEL_TRACES_SAMPLER", "xray", "OTEL_TRACES_SAMPLER must be one of always_on, "),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem", "SSL_CERT_FILE"),
    ] {
        let passlink = Passlink::with_mail_dir().set_variable(name, value);
        let stderr = passlink.cli(&["serve"]).failed(1);
        assert!(stderr.contains(told), "{stderr}");
    }
}

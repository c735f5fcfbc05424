//! A collector that is away, slow or refuses costs nobody anything, and the log says so.

use std::time::Duration;

use passlink_tests::{Api, Collector, Passlink, until_within};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How much more memory a server may need for what finds no way out, in KiB: what fills the queues
/// that are set here, several times over, and a small part of what all calls tell.
const QUEUES: u64 = 16 * 1024;
/// Cheap calls, each with a span and a log record.
const CALLS: usize = 20_000;
/// A few of them.
const FEW_CALLS: usize = 1000;
/// How long they may take, on a machine that is busy with other things as well.
const BUSY: Duration = Duration::from_secs(600);

/// Makes so many cheap calls, one behind the other on a connection.
async fn call_often(passlink: &Passlink, count: usize) {
    let stream = TcpStream::connect(("127.0.0.1", passlink.port())).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let call = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let calls = call.repeat(count - 1) + last;
    let calling = tokio::spawn(async move {
        writer.write_all(calls.as_bytes()).await.unwrap();
        writer
    });
    let mut answers = String::new();
    timeout(BUSY, reader.read_to_string(&mut answers)).await.expect("answers").unwrap();
    assert_eq!(answers.matches("HTTP/1.1 404 ").count(), count);
    // Who has nothing more to say may be taken for gone.
    drop(calling.await.unwrap());
}

/// A server that tells of so many calls, with queues that hold so much and give half of it at a time.
async fn busy(collector: &Collector, calls: usize, queue: usize) -> Passlink {
    let mut passlink = Passlink::with_mail_dir().generous().observed_by(collector);
    passlink = passlink.behind_a_proxy();
    for of in ["BSP", "BLRP"] {
        passlink = passlink
            .set_variable(&format!("OTEL_{of}_MAX_QUEUE_SIZE"), &queue.to_string())
            .set_variable(&format!("OTEL_{of}_MAX_EXPORT_BATCH_SIZE"), &(queue / 2).to_string());
    }
    let passlink = passlink.started().await;
    call_often(&passlink, 1000).await;
    let before = passlink.process().resident_kib();
    call_often(&passlink, calls).await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    let after = passlink.process().resident_kib();
    assert!(after < before + QUEUES, "{before} KiB became {after} KiB");
    passlink
}

/// The log lines for which something holds.
fn lines(passlink: &Passlink, is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let log = passlink.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(is_wanted).collect()
}

/// The log lines with a message, about a signal.
fn told(passlink: &Passlink, message: &str, signal: &str) -> Vec<Value> {
    lines(passlink, |line| line["signal"] == signal && line["message"] == message)
}

/// The log lines that the SDK gave a name.
fn named(passlink: &Passlink, name: &str) -> Vec<Value> {
    lines(passlink, |line| line["name"] == name && line["level"] == "WARN")
}

/// What OpenTelemetry's SDK names the log lines about what a full queue dropped: the first of it, and
/// all of it, with its count.
const DROPS: [(&str, &str, &str); 2] = [
    (
        "BatchSpanProcessor.SpanDroppingStarted",
        "BatchSpanProcessor.SpansDropped",
        "dropped_span_count",
    ),
    ("BatchLogProcessor.LogDroppingStarted", "BatchLogProcessor.LogsDropped", "dropped_logs_count"),
];
const AWAY: &str = "telemetry does not reach the collector";
const REFUSED: &str = "the collector refused a part of the telemetry";
const LEFT: &str = "telemetry that was queued was left behind: the collector took too long";

/// Nothing but what is expected of telemetry is a warning.
#[track_caller]
fn assert_warns_of_telemetry_alone(passlink: &Passlink) {
    let log = passlink.log();
    for line in log.lines().filter(|line| !line.contains("\"INFO\"")) {
        let drops = DROPS.iter().flat_map(|(first, all, _)| [first, all]);
        assert!(
            [&AWAY, &REFUSED, &LEFT].into_iter().chain(drops).any(|it| line.contains(it)),
            "{line}"
        );
    }
}

/// Nothing arrives, and each signal's trouble is told once, however often it is met.
async fn is_away(collector: &Collector, calls: usize) {
    let mut passlink = busy(collector, calls, 512).await;
    let met = async || (!told(&passlink, AWAY, "traces").is_empty()).then_some(());
    until_within(Duration::from_secs(60), "the log to say so", met).await;
    assert!(passlink.stop().await.success());
    assert_eq!(told(&passlink, AWAY, "traces").len(), 1, "{}", passlink.log());
    for signal in ["metrics", "logs"] {
        assert!(told(&passlink, AWAY, signal).len() <= 1, "{signal}: {}", passlink.log());
    }
    assert_warns_of_telemetry_alone(&passlink);
}

#[tokio::test]
async fn one_that_is_away() {
    for (protocol, calls) in [("grpc", CALLS), ("http", FEW_CALLS)] {
        is_away(&Collector::shut(protocol, &[]), calls).await;
    }
}

#[tokio::test]
async fn one_that_refuses() {
    for protocol in ["grpc", "http"] {
        is_away(&Collector::shut(protocol, &["--refuse"]).opened(), FEW_CALLS).await;
    }
}

#[tokio::test]
async fn one_that_is_too_slow() {
    for (protocol, calls) in [("grpc", FEW_CALLS), ("http", CALLS)] {
        is_away(&Collector::shut(protocol, &["--delay", "60"]).opened(), calls).await;
    }
}

#[tokio::test]
async fn one_that_is_slow_and_takes_what_it_can() {
    for protocol in ["grpc", "http"] {
        let collector = Collector::shut(protocol, &["--delay", "1"]).opened();
        // It takes 64 a second, which is less than the slowest machine makes.
        let mut passlink = busy(&collector, CALLS / 4, 128).await;
        let (first_span, _, _) = DROPS[0];
        let met = async || (!named(&passlink, first_span).is_empty()).then_some(());
        until_within(Duration::from_secs(60), "the log to say so", met).await;
        assert!(passlink.stop().await.success());
        for (first, all, count) in DROPS {
            assert_eq!(named(&passlink, first).len(), 1, "{first}: {}", passlink.log());
            let all = named(&passlink, all);
            assert_eq!(all.len(), 1, "{all:?}");
            assert!(all[0][count].as_u64() > Some(0), "{all:?}");
        }
        assert_eq!(told(&passlink, AWAY, "traces"), Vec::<Value>::new());
        assert_warns_of_telemetry_alone(&passlink);
    }
}

#[tokio::test]
async fn one_that_does_not_take_the_rest_at_the_end() {
    // Whoever waits for it waits longer than a test does.
    let collector = Collector::shut("grpc", &["--delay", "600"]).opened();
    let passlink = Passlink::with_mail_dir().generous().observed_by(&collector);
    let passlink = passlink.set_variable("OTEL_EXPORTER_OTLP_TIMEOUT", "600000");
    let passlink = passlink.set_variable("OTEL_BSP_SCHEDULE_DELAY", "100");
    let mut passlink = passlink.set_variable("OTEL_BLRP_SCHEDULE_DELAY", "100").started().await;
    let ada = passlink.ada();
    for sequence in 2..=6 {
        assert_eq!(passlink.send_link(&ada.token).await.sequence(), sequence);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(passlink.stop().await.success());
    assert!(passlink.log().contains(LEFT), "{}", passlink.log());
}

#[tokio::test]
async fn one_that_refuses_a_part() {
    for protocol in ["grpc", "http"] {
        let collector = Collector::shut(protocol, &["--refuse-part", "3"]).opened();
        let passlink = Passlink::with_mail_dir().observed_by(&collector);
        let passlink = passlink.behind_a_proxy();
        let passlink = passlink.set_variable("OTEL_BSP_SCHEDULE_DELAY", "100");
        let passlink = passlink.set_variable("OTEL_BLRP_SCHEDULE_DELAY", "100");
        let mut passlink =
            passlink.set_variable("OTEL_METRIC_EXPORT_INTERVAL", "100").started().await;
        for _ in 0..5 {
            call_often(&passlink, 1).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(passlink.stop().await.success());
        for signal in ["traces", "metrics", "logs"] {
            // At once, and the rest at the end.
            let told = told(&passlink, REFUSED, signal);
            assert_eq!(told.len(), 2, "{signal}: {told:?}");
            assert_eq!(
                (&told[0]["count"], &told[0]["error"]),
                (&3.into(), &"too many today".into())
            );
            assert!(
                told[1]["count"].as_u64().is_some_and(|count| count >= 6),
                "{signal}: {told:?}"
            );
        }
        assert_warns_of_telemetry_alone(&passlink);
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

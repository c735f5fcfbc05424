use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use opentelemetry_sdk::error::OTelSdkError;

use super::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log lines about batches, each at its second, that arrive or don't.
fn log_lines(batches: impl IntoIterator<Item = (u64, bool)>) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let (exporter, start) = (LoggedExporter::new((), Signal::Traces), Instant::now());
        for (second, arrives) in batches {
            let result = if arrives {
                Ok(())
            } else {
                Err(OTelSdkError::InternalFailure("connection refused".into()))
            };
            let logged = exporter.log(result, start + Duration::from_secs(second));
            assert_eq!(logged.is_ok(), arrives);
        }
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    log.lines().map(str::to_owned).collect()
}

#[test]
fn a_collector_that_is_away_is_logged_once_and_so_is_its_return() {
    let away = (0..100).map(|_| (0, false));
    let lines = log_lines(away.chain((0..100).map(|_| (0, true))));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("does not reach") && lines[0].contains("connection refused"));
    assert!(lines[1].contains("reaches the collector again"), "{lines:?}");
}

#[test]
fn an_outage_is_logged_every_five_minutes_with_how_many_batches_it_cost() {
    let lines = log_lines((0..900).map(|second| (second, false)));
    let batches = [1, 300, 300].map(|batches| format!("batches={batches} "));
    assert_eq!(lines.len(), batches.len(), "{lines:?}");
    assert!(lines.iter().zip(batches).all(|(line, it)| line.contains(&it)), "{lines:?}");
}

#[test]
fn a_collector_that_comes_and_goes_is_no_flood() {
    let lines = log_lines((0..600).flat_map(|second| [(second, false), (second, true)]));
    let lines: Vec<_> = lines.iter().map(|line| line.contains("again")).collect();
    assert_eq!(lines, [false, true, false, true]);
}

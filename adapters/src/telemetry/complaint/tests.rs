use std::{
    fmt::Debug,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry_sdk::error::OTelSdkError;

use super::*;

#[derive(Debug)]
struct Collector(Arc<AtomicBool>);

impl SpanExporter for Collector {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(OTelSdkError::InternalFailure("connection refused".into())),
        }
    }
}

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

#[test]
fn a_collector_that_is_away_is_told_once_and_so_is_its_return() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let up = Arc::new(AtomicBool::new(false));
        let watched = Watched::new(Collector(up.clone()), "traces", None);
        for _ in 0..100 {
            assert!(runtime.block_on(watched.export(Vec::new())).is_err());
        }
        up.store(true, Ordering::Relaxed);
        for _ in 0..100 {
            assert!(runtime.block_on(watched.export(Vec::new())).is_ok());
        }
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("does not reach") && lines[0].contains("connection refused"));
    assert!(lines[1].contains("reaches the collector again"), "{log}");
}

#[test]
fn an_outage_is_told_every_five_minutes_with_what_was_lost() {
    let (mut trouble, start) = (Trouble::default(), Instant::now());
    assert_eq!(trouble.failed(start), Some(News::Fails));
    let every_second = (1..900).filter_map(|second| {
        let at = start + Duration::from_secs(second);
        trouble.failed(at).map(|news| (second, news))
    });
    let told: Vec<_> = every_second.collect();
    assert_eq!(told, [(300, News::StillFails(301)), (600, News::StillFails(601))]);
    assert_eq!(trouble.worked(), Some(News::Works));
}

#[test]
fn a_collector_that_comes_and_goes_is_no_flood() {
    let (mut trouble, start) = (Trouble::default(), Instant::now());
    let mut told = Vec::new();
    for second in 0..600 {
        let at = start + Duration::from_secs(second);
        told.extend(trouble.failed(at).map(|news| (second, news)));
        told.extend(trouble.worked().map(|news| (second, news)));
    }
    let twice = |second| [(second, News::Fails), (second, News::Works)];
    assert_eq!(told, [twice(0), twice(300)].concat());
}

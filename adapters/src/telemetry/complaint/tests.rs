use std::{
    fmt::Debug,
    io::{self, Write},
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
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
        let watched = Watched::new(Collector(up.clone()), "traces");
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

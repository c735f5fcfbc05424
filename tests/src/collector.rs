use std::{fs, path::Path, process::ChildStdin};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Process, free_port, python};

/// An OTLP collector in a process of its own, by the protocol's own services.
pub struct Collector {
    dir: TempDir,
    port: u16,
    protocol: &'static str,
    options: &'static [&'static str],
    process: Option<(Process, ChildStdin)>,
}

impl Collector {
    /// One that speaks gRPC.
    pub fn grpc() -> Self {
        Self::shut("grpc", &[]).opened()
    }

    /// One that speaks HTTP.
    pub fn http() -> Self {
        Self::shut("http", &[]).opened()
    }

    /// One that is not there yet; `options` are those of `python/collector.py`.
    pub fn shut(protocol: &'static str, options: &'static [&'static str]) -> Self {
        Self { dir: TempDir::new().unwrap(), port: free_port(), protocol, options, process: None }
    }

    /// The same, open.
    pub fn opened(mut self) -> Self {
        let mut command = python::script("collector.py");
        command.args(["--port", &self.port.to_string(), "--protocol", self.protocol]);
        command.args(self.options).arg("--dir").arg(self.dir.path());
        self.process = Some(Process::ready(command));
        self
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What `OTEL_EXPORTER_OTLP_PROTOCOL` calls its protocol.
    pub fn protocol(&self) -> &'static str {
        match self.protocol {
            "grpc" => "grpc",
            _ => "http/protobuf",
        }
    }

    /// The spans that it took, in the order in which they ended.
    pub fn spans(&self) -> Vec<Value> {
        self.taken("traces")
    }

    /// The metrics that it took, again at each export.
    pub fn metrics(&self) -> Vec<Value> {
        self.taken("metrics")
    }

    /// The log records that it took.
    pub fn logs(&self) -> Vec<Value> {
        self.taken("logs")
    }

    /// Where all that it took stands, as it came as well.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn taken(&self, signal: &str) -> Vec<Value> {
        let file = self.dir.path().join(format!("{signal}.jsonl"));
        let lines = fs::read_to_string(file).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

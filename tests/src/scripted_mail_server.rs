use std::{fs, path::PathBuf, process::ChildStdin};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Output, Process, free_port, python};

/// A mail server that says what a script tells it to; `python/scripted_mail_server.py` says how.
pub struct ScriptedMailServer {
    dir: TempDir,
    port: u16,
    _process: (Process, ChildStdin),
}

impl ScriptedMailServer {
    /// A server that follows a script, and speaks TLS after STARTTLS.
    pub fn open(script: &Value) -> Self {
        let dir = TempDir::new().unwrap();
        let mut certificates = python::script("certificates.py");
        certificates.arg(dir.path());
        Output::of(certificates).done();
        let port = free_port();
        let mut command = python::script("scripted_mail_server.py");
        command.args(["--port", &port.to_string()]).arg("--dir").arg(dir.path());
        command.arg("--cert").arg(dir.path().join("cert.pem"));
        command.arg("--key").arg(dir.path().join("key.pem"));
        let server = Self { dir, port, _process: Process::ready(command) };
        server.follow(script);
        server
    }

    /// Follows another script from now on.
    pub fn follow(&self, script: &Value) {
        let partial = self.dir.path().join("script.partial");
        fs::write(&partial, script.to_string()).unwrap();
        fs::rename(partial, self.dir.path().join("script.json")).unwrap();
    }

    /// The port on localhost.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private CA.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The messages that came up to their last dot, with what was said of them, in order.
    pub fn messages(&self) -> Vec<Value> {
        let files = (1..).map(|number| self.dir.path().join(format!("{number:04}.json")));
        let files = files.map_while(|file| fs::read(file).ok());
        files.map(|file| serde_json::from_slice(&file).unwrap()).collect()
    }
}

use std::{
    fs::{self, Permissions},
    net::TcpStream,
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Output, Process, free_port, wait::PATIENCE};

/// A PgBouncer in front of a PostgreSQL on this machine. It ends with this.
pub struct PgBouncer {
    port: u16,
    _process: Process,
    _dir: TempDir,
}

impl PgBouncer {
    /// Starts one with these settings besides the necessary ones.
    pub fn start(server: u16, settings: &[&str]) -> Self {
        let (dir, port) = (TempDir::new().unwrap(), free_port());
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let file = dir.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\nunix_socket_dir =\n{}\n",
            settings.join("\n")
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new("pgbouncer");
        command.arg("--quiet").arg(&file);
        // It refuses to run as root.
        if fs::metadata(dir.path()).unwrap().uid() == 0 {
            command.args(["--user", "postgres"]);
        }
        let log = dir.path().join("log");
        let process = Process::logged(command, &log, &log);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(&log).unwrap();
            assert!(started.elapsed() < PATIENCE, "PgBouncer does not answer: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
        Self { port, _process: process, _dir: dir }
    }

    /// The number behind the first dot of its version: since 21 it can keep prepared statements.
    pub fn minor_version() -> u32 {
        let mut command = Command::new("pgbouncer");
        command.arg("--version");
        let version = Output::of(command).done();
        let number = version.split_whitespace().nth(1).unwrap();
        number.split('.').nth(1).unwrap().parse().unwrap()
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

//! The PostgreSQL cluster that `tests/run` started for all tests, or one that ends with this process.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use passlink_application::ports::Random;
use sea_orm::{ConnectionTrait, Database};

use crate::outbound::system::SystemRandom;

/// The port of the cluster for all tests.
const SHARED_PORT: &str = "PASSLINK_TEST_POSTGRES_PORT";

struct Cluster {
    port: String,
    _dir: tempfile::TempDir,
    /// Its stdin is closed when this process ends, and then it ends as well.
    _keeper: Child,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/postgres.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(port.to_string()).arg(dir.path());
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start");
        Cluster { port: port.to_string(), _dir: dir, _keeper: keeper }
    })
}

/// The URL of a new database.
pub(super) async fn new_database() -> String {
    let port = std::env::var(SHARED_PORT).unwrap_or_else(|_| cluster().port.clone());
    let mut unique = [0; 8];
    SystemRandom.fill(&mut unique);
    let (url, name) = (
        format!("postgres://postgres@127.0.0.1:{port}"),
        format!("passlink_{}", u64::from_be_bytes(unique)),
    );
    let connection = Database::connect(format!("{url}/postgres")).await.unwrap();
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    format!("{url}/{name}")
}

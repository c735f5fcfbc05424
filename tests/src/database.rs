use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Postgres;

/// Where an installation keeps its data.
#[derive(Clone)]
pub enum Database {
    /// In a file.
    Sqlite(PathBuf),
    /// In a database of a cluster.
    Postgres { cluster: Arc<Postgres>, url: String },
}

impl Database {
    /// What `PASSLINK_TEST_DATABASE` asks for, `sqlite` or `postgres`; SQLite where it asks for
    /// nothing.
    pub fn asked_for(dir: &Path) -> Self {
        match std::env::var("PASSLINK_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Self::sqlite(dir),
            Ok("postgres") => Self::postgres(Postgres::shared()),
            Ok(other) => panic!("PASSLINK_TEST_DATABASE={other}: must be sqlite or postgres"),
        }
    }

    pub fn sqlite(dir: &Path) -> Self {
        Self::Sqlite(dir.join("passlink.db"))
    }

    pub fn postgres(cluster: Arc<Postgres>) -> Self {
        let url = cluster.create();
        Self::Postgres { cluster, url }
    }

    /// The URL for `database.url`.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// The files that hold the data.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Sqlite(file) => ["db", "db-wal", "db-shm"]
                .map(|extension| file.with_extension(extension))
                .into_iter()
                .filter(|file| file.exists())
                .collect(),
            Self::Postgres { cluster, .. } => cluster.files(),
        }
    }
}

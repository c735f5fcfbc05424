//! The adapters that everything else is made of, over an open database.

use std::sync::Arc;

use passlink_adapters::{
    outbound::{
        persistence::{HOW_TO_SET_UP, SeaStore, find_sqlite_file, make_sqlite_file},
        system::{SystemClock, SystemRandom},
    },
    telemetry::TelemetryObserver,
};
use passlink_application::ports::{Clock, Ports, Wake};
use secrecy::ExposeSecret;

use crate::{Error, config::Config};

/// An installation of Passlink: its configuration, its database and the other adapters.
pub(crate) struct App {
    pub config: Config,
    /// What most use cases are made of: `ManageUsers(app.ports())`.
    ports: Ports,
    database: Arc<SeaStore>,
    /// Whether this process is the only server of the database, so that what another one had in hand is
    /// in nobody's hand.
    pub is_only_server: bool,
    /// Whether the database had no tables of Passlink before it was opened.
    pub is_new: bool,
}

/// What to do where there is no database, and about migrations that are pending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Make it, and run them.
    Migrate,
    Refuse,
}

impl App {
    /// Connects to the database.
    pub async fn open(config: Config, pending: Pending) -> Result<Self, Error> {
        let store = connect(&config, pending).await?;
        Self::over(config, store, pending).await
    }

    /// Connects to the database as its server.
    ///
    /// Errors: also when another server has the SQLite file. Then nothing was changed.
    pub async fn open_for_server(config: Config, pending: Pending) -> Result<Self, Error> {
        let store = connect(&config, pending).await?;
        let is_only_server = store.become_only_server()?;
        for warning in [store.warning()?, store.lost_settings().await?].into_iter().flatten() {
            tracing::warn!("{warning}");
        }
        Ok(Self { is_only_server, ..Self::over(config, store, pending).await? })
    }

    async fn over(config: Config, store: SeaStore, pending: Pending) -> Result<Self, Error> {
        let schema = store.schema().await?;
        if !schema.unknown.is_empty() {
            let unknown = schema.unknown.join(", ");
            return Err(format!(
                "the database was migrated by a newer version ({unknown}); run that one or a later one"
            )
            .into());
        }
        if pending == Pending::Migrate {
            store.migrate(&warn).await?;
        } else if schema.is_new {
            let why = format!("{} has no Passlink tables: {HOW_TO_SET_UP}", store.location());
            return Err(config.fault("database.url", &why).into());
        } else if schema.pending > 0 {
            let pending = schema.pending;
            return Err(format!("{pending} migrations are pending; run `passlink migrate`").into());
        }
        let database = Arc::new(store);
        let ports = Ports {
            store: database.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            observer: Arc::new(TelemetryObserver::default()),
        };
        Ok(Self { config, ports, database, is_only_server: false, is_new: schema.is_new })
    }

    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { ports: Ports { clock, ..self.ports }, ..self }
    }

    /// Where the database is, in words.
    pub fn whereabouts(&self) -> &str {
        self.database.location()
    }

    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// Makes `here` ring for mail of other nodes as well; what it returns wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        self.database.wake_everywhere(here)
    }

    /// Takes what was erased out of the database's journal as well.
    pub async fn clear_journal(&self) -> Result<(), Error> {
        Ok(self.database.clear_journal().await?)
    }
}

/// Says what is waited for: a server in its log, a command on stderr.
fn warn(line: String) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{line}");
    } else {
        eprintln!("{line}");
    }
}

async fn connect(config: &Config, pending: Pending) -> Result<SeaStore, Error> {
    let url = config.database.url.expose_secret();
    let found = match pending {
        Pending::Migrate => make_sqlite_file(url),
        Pending::Refuse => find_sqlite_file(url),
    };
    found.map_err(|error| config.fault("database.url", &error))?;
    Ok(SeaStore::connect(url, config.database.max_connections).await?)
}

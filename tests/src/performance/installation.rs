use std::{sync::Arc, time::Duration};

use super::{
    people::People,
    settings::{Kind, Settings},
};
use crate::{Passlink, Postgres};

/// An installation with users, whose server may run or not.
pub struct Installation {
    pub kind: Kind,
    pub passlink: Passlink,
    pub people: Arc<People>,
    pub cluster: Option<Arc<Postgres>>,
}

/// A place for installations: a database of its own each.
#[derive(Clone)]
pub struct Place {
    /// What keeps the data.
    pub kind: Kind,
    /// The cluster, if that is one.
    pub cluster: Option<Arc<Postgres>>,
}

impl Place {
    /// One that nobody else uses.
    pub fn new(kind: Kind) -> Self {
        let cluster = (kind == Kind::Postgres).then(Postgres::start);
        Self { kind, cluster }
    }

    /// An installation with a migrated database and without users, that writes its mails to a folder. What
    /// limits the links of a user is out of the way, and so is the log of each request.
    pub fn empty(&self) -> Passlink {
        let passlink = Passlink::with_mail_dir().generous().set_variable("RUST_LOG", "warn");
        let passlink = match &self.cluster {
            None => passlink.on_sqlite(),
            Some(cluster) => passlink.on_postgres(cluster.clone()),
        };
        passlink.set_up();
        passlink
    }

    /// An installation with users.
    pub fn installation(&self, settings: &Settings) -> Installation {
        let passlink = self.empty();
        let people = People::settle(&passlink, settings.users);
        self.with(passlink, people)
    }

    /// An installation of these.
    pub fn with(&self, passlink: Passlink, people: People) -> Installation {
        let (kind, cluster) = (self.kind, self.cluster.clone());
        Installation { kind, passlink, people: Arc::new(people), cluster }
    }
}

impl Installation {
    /// With other settings, which hold from the next start on.
    pub fn set(self, change: impl FnOnce(Passlink) -> Passlink) -> Self {
        Self { passlink: change(self.passlink), ..self }
    }

    /// Starts the server, and lets it come to rest.
    pub async fn start(&mut self) {
        self.passlink.start().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

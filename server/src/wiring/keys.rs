//! The keys that codes are derived from.

use std::sync::Arc;

use passlink_adapters::outbound::{
    key_file::KeyFile,
    system::{SystemClock, SystemRandom},
};
use passlink_application::{
    keys::{KeyUse, RetireKey},
    ports::{Clock, KeyNeed},
};
use passlink_domain::{CodeKeys, KeyId};

use super::app::App;
use crate::Error;

impl App {
    /// The keys that codes are derived from; made at the first start.
    pub fn keys(&self) -> Result<Arc<CodeKeys>, Error> {
        let file = self.config.secrets.keys();
        Ok(Arc::new(file.load_or_create(&*self.random, self.clock().now())?))
    }

    /// Which keys are needed.
    pub fn key_use(&self) -> KeyUse {
        KeyUse(self.ports())
    }

    /// Retires keys.
    pub fn retire_key(&self) -> RetireKey {
        RetireKey(self.ports())
    }

    /// The keys of the key file, which is made where nothing needs one yet.
    ///
    /// Errors: the file is no good, or it is gone and needed.
    pub async fn held_keys(&self) -> Result<Arc<CodeKeys>, Error> {
        let file = &self.config.secrets.key_file;
        if !file.exists() {
            let needed = self.key_use().needed().await?;
            if !needed.is_empty() {
                return Err(format!(
                    "key file {} is missing, and links or passkeys need it ({}): put it back, or, if it is lost, \
                    make a new one with `passlink key add`; the links then open nothing",
                    file.display(),
                    named(&needed)
                )
                .into());
            }
        }
        let keys = self.keys()?;
        let missing = self.key_use().missing(&keys).await?;
        if !missing.is_empty() {
            tracing::error!(
                keys = named(&missing),
                "the key file lacks keys that links and passkeys need: this node can neither mail nor \
                 open what was made with them"
            );
        }
        let newest = keys.newest().id();
        if self.key_use().is_retired(newest.clone()).await? {
            let key = newest.as_str();
            tracing::error!(
                key,
                "the newest key of the key file was retired: this node makes no links and is not ready \
                 until it is started with a newer key"
            );
        }
        Ok(keys)
    }
}

/// Adds a key to a key file; returns its id.
pub(crate) fn add_key(file: KeyFile<'_>) -> Result<KeyId, Error> {
    Ok(file.add(&SystemRandom, SystemClock.now())?)
}

fn named(needs: &[KeyNeed]) -> String {
    let names: Vec<_> = needs.iter().map(|need| need.key.as_str()).collect();
    names.join(", ")
}

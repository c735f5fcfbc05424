//! Whether the key file has what links and passkeys need, before anybody can ask.

use std::sync::Arc;

use passlink_application::ports::KeyNeed;
use passlink_domain::CodeKeys;

use crate::{Error, config::Config, wiring::House};

/// The keys of the key file, which is made where nothing needs one yet.
///
/// Errors: the file is no good, or it is gone and needed.
pub(crate) async fn held_keys(config: &Config, house: &House) -> Result<Arc<CodeKeys>, Error> {
    let file = &config.secrets.key_file;
    if !file.exists() {
        let needed = house.key_use().needed().await?;
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
    let keys = house.keys(config)?;
    let missing = house.key_use().missing(&keys).await?;
    if !missing.is_empty() {
        tracing::error!(
            keys = named(&missing),
            "the key file lacks keys that links and passkeys need: this node can neither mail nor \
             open what was made with them"
        );
    }
    let newest = keys.newest().id();
    if house.key_use().is_retired(newest.clone()).await? {
        let key = newest.as_str();
        tracing::error!(
            key,
            "the newest key of the key file was retired: this node makes no links and is not ready \
             until it is started with a newer key"
        );
    }
    Ok(keys)
}

fn named(needs: &[KeyNeed]) -> String {
    let names: Vec<_> = needs.iter().map(|need| need.key.as_str()).collect();
    names.join(", ")
}

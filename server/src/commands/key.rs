//! `passlink key`.

use jiff::Timestamp;
use passlink_adapters::key_file::{self, ListedKey};
use passlink_application::{KeyNeed, KeyUse};
use passlink_domain::KeyId;
use serde::Serialize;

use super::{open, print, print_text};
use crate::{Error, cli::KeyCommand, config::Config, wiring};

/// A key as printed: all that is known of it, which is not the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'k> {
    id: &'k str,
    made: Option<String>,
    in_file: bool,
    signs: bool,
    needed_by_links: u64,
    needed_by_passkeys: u64,
    needed_until: Option<String>,
}

pub(crate) async fn run(command: KeyCommand, config: Config) -> Result<(), Error> {
    let file = &config.secrets.key_file;
    match command {
        KeyCommand::Add => {
            let id = wiring::add_key(file)?;
            eprintln!(
                "copy {} to all nodes, then restart them one after the other",
                file.display()
            );
            print_text(&format!("{id}\n"))
        }
        KeyCommand::List => {
            let held = key_file::list(file)?;
            list(&open(&config).await?.key_use(), &held).await
        }
        KeyCommand::Retire { id } => {
            let held = key_file::list(file)?;
            may_retire(&id, &held)?;
            let needed = open(&config).await?.key_use().needed().await?;
            match needed.iter().find(|need| need.key == id) {
                Some(need) => Err(format!(
                    "links or passkeys need the key {id} until {}; retire it then",
                    need.until().strftime("%Y-%m-%dT%H:%M:%SZ")
                )
                .into()),
                None => Ok(key_file::retire(file, &id)?),
            }
        }
    }
}

async fn list(key_use: &KeyUse, held: &[ListedKey]) -> Result<(), Error> {
    let needed = key_use.needed().await?;
    let of = |id: &KeyId| needed.iter().find(|need| need.key == *id);
    let last = held.last().map(|key| &key.id);
    for key in held {
        print_key(key_use, &key.id, Some(key.made), last == Some(&key.id), of(&key.id)).await?;
    }
    for need in needed.iter().filter(|need| held.iter().all(|key| key.id != need.key)) {
        print_key(key_use, &need.key, None, false, Some(need)).await?;
    }
    Ok(())
}

/// Prints a line; `made` is `None` of a key that is not in the file.
async fn print_key(
    key_use: &KeyUse,
    id: &KeyId,
    made: Option<Option<Timestamp>>,
    signs: bool,
    need: Option<&KeyNeed>,
) -> Result<(), Error> {
    let users = key_use.users(id.clone()).await?;
    print(&Line {
        id: id.as_str(),
        made: made.flatten().map(|made| made.to_string()),
        in_file: made.is_some(),
        signs,
        needed_by_links: users.links,
        needed_by_passkeys: users.passkeys,
        needed_until: need.map(|need| need.until().to_string()),
    })
}

fn may_retire(id: &KeyId, held: &[ListedKey]) -> Result<(), Error> {
    match held.iter().position(|key| key.id == *id) {
        None => {
            Err("there is no key with this id in the file; `passlink key list` shows them".into())
        }
        Some(position) if position + 1 == held.len() => {
            Err("new links are made with this key; add another first with `passlink key add`"
                .into())
        }
        Some(_) => Ok(()),
    }
}

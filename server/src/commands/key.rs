//! `passlink key`.

use std::collections::BTreeSet;

use passlink_adapters::outbound::{
    key_file::ListedKey,
    system::{SystemClock, SystemRandom},
};
use passlink_application::{
    keys::{KeyUse, RetireKey},
    ports::{Clock, EndedByKey},
};
use passlink_domain::KeyId;
use serde_json::json;

use super::{open, print, print_text};
use crate::{Error, cli::KeyCommand, config::Config, wiring::App};

pub(crate) async fn run(command: KeyCommand, config: Config) -> Result<(), Error> {
    match command {
        KeyCommand::Add => {
            let file = config.secrets.keys();
            let path = std::path::absolute(file.path)?;
            let is_new = !path.exists();
            let id = file.add(&SystemRandom, SystemClock.now())?;
            if is_new {
                eprintln!("made a new key file: {}", path.display());
            }
            eprintln!(
                "restart the server: it takes the new key then, and until then it can't open or mail \
                 links that commands make; with many nodes, copy {} to all, then restart them one after \
                 the other",
                path.display()
            );
            print_text(&format!("{id}\n"))
        }
        KeyCommand::List => {
            let held = config.secrets.keys().list()?;
            list(&KeyUse(open(config).await?.ports()), &held).await
        }
        KeyCommand::Retire { id, now: true } => retire_now(&id, &open(config).await?).await,
        KeyCommand::Retire { id, now: false } => {
            may_retire(&id, &config.secrets.keys().list()?)?;
            let app = open(config).await?;
            let needed = KeyUse(app.ports()).needed().await?;
            if let Some(need) = needed.iter().find(|need| need.key == id) {
                let until = need.until().strftime("%Y-%m-%dT%H:%M:%SZ");
                return Err(format!(
                    "links or passkeys need the key {id} until {until}; retire it then"
                )
                .into());
            }
            app.config.secrets.keys().retire(&id)?;
            eprintln!(
                "restart each server that runs since before the newer key was made: it still makes links \
                 with {id}, which nobody can open later"
            );
            Ok(())
        }
    }
}

/// Ends what was made with a key, and takes it out of the file, unless another node alone has it.
async fn retire_now(id: &KeyId, app: &App) -> Result<(), Error> {
    let file = app.config.secrets.keys();
    let held = file.list()?;
    let known = held.iter().any(|key| key.id == *id);
    if known || !KeyUse(app.ports()).needed().await?.iter().any(|need| need.key == *id) {
        may_retire(id, &held)?;
    }
    let newest =
        held.last().ok_or("there is no key in the file; add one with `passlink key add`")?;
    if KeyUse(app.ports()).is_retired(newest.id.clone()).await? {
        return Err(format!(
            "the newest key in the file, {}, was retired; add one with `passlink key add`",
            newest.id
        )
        .into());
    }
    let ended = RetireKey(app.ports()).retire(id.clone(), newest.id.clone()).await?;
    let taken_out = if known { file.retire(id) } else { Ok(()) };
    eprintln!(
        "copy {} to all nodes, then restart them: until then, those with no newer key than {id} make no \
         links",
        file.path.display()
    );
    let EndedByKey { links, resends, undos, ceremonies } = ended;
    print(&json!({
        "id": id.as_str(),
        "links": links,
        "resends": resends,
        "undos": undos,
        "ceremonies": ceremonies,
    }))?;
    Ok(taken_out?)
}

async fn list(key_use: &KeyUse, held: &[ListedKey]) -> Result<(), Error> {
    let (needed, retired) = (key_use.needed().await?, key_use.retired().await?);
    let needed_elsewhere = needed.iter().map(|need| &need.key);
    let elsewhere: BTreeSet<&str> = needed_elsewhere
        .chain(retired.iter().map(|retired| &retired.key))
        .filter(|id| held.iter().all(|key| key.id != **id))
        .map(KeyId::as_str)
        .collect();
    let ids = held.iter().map(|key| key.id.as_str()).chain(elsewhere);
    for id in ids {
        let in_file = held.iter().find(|key| key.id.as_str() == id);
        let need = needed.iter().find(|need| need.key.as_str() == id);
        let retired = retired.iter().find(|retired| retired.key.as_str() == id);
        let users = key_use.users(id.parse()?).await?;
        print(&json!({
            "id": id,
            "made": in_file.and_then(|key| key.made).map(|made| made.to_string()),
            "inFile": in_file.is_some(),
            "signs": retired.is_none() && held.last().is_some_and(|last| last.id.as_str() == id),
            "neededByLinks": users.links,
            "neededByPasskeys": users.passkeys,
            "neededUntil": need.map(|need| need.until().to_string()),
            "retired": retired.map(|retired| retired.at.to_string()),
        }))?;
    }
    Ok(())
}

fn may_retire(id: &KeyId, held: &[ListedKey]) -> Result<(), Error> {
    let position = held.iter().position(|key| key.id == *id);
    let position = position
        .ok_or("there is no key with this id in the file; `passlink key list` shows them")?;
    if position + 1 == held.len() {
        let why = "new links are made with this key; add another first with `passlink key add`";
        return Err(why.into());
    }
    Ok(())
}

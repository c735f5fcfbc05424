//! `passlink passkey`.

use std::path::Path;

use indicatif::ProgressBar;
use passlink_application::passkeys::ImportedPasskey;
use passlink_domain::UserId;

use super::{
    PAGE,
    interrupt::Interrupt,
    jsonl::{self, Lines},
    open,
    passkey_line::{Listed, Moved},
    print,
};
use crate::{Error, cli::PasskeyCommand, config::Config, wiring::House};

/// What a line of an import may look like.
const EXAMPLE: &str = "{\"user\": \"69629023906488334\", \"userHandle\": \"…\", \
    \"credentialId\": \"…\", \"publicKey\": \"…\"}";

pub(crate) async fn run(command: PasskeyCommand, config: Config) -> Result<(), Error> {
    let house = open(&config).await?;
    match command {
        PasskeyCommand::List { user } => {
            for passkey in house.list_passkeys().of_user(user).await? {
                print(&Listed::from(passkey))?;
            }
            Ok(())
        }
        PasskeyCommand::Remove { id } => {
            print(&Listed::from(house.remove_passkey(&config)?.by_operator(id).await?))
        }
        PasskeyCommand::Export { user } => export(&house, user).await,
        PasskeyCommand::Import { file } => import(&house, &config, &file).await,
    }
}

async fn export(house: &House, user: Option<UserId>) -> Result<(), Error> {
    let export = house.export_passkeys();
    let mut last = None;
    loop {
        let page = export.page(user.clone(), last, PAGE).await?;
        last = page.last().map(|exported| exported.passkey.id.clone());
        for exported in page {
            print(&Moved::from(exported))?;
        }
        if last.is_none() {
            return Ok(());
        }
    }
}

async fn import(house: &House, config: &Config, file: &Path) -> Result<(), Error> {
    let progress = ProgressBar::no_length();
    let interrupt = Interrupt::listen(&progress)?;
    let mut lines = Lines::open(file, progress)?;
    let mut passkeys = Vec::new();
    while let Some((number, line)) = lines.next()? {
        let passkey = jsonl::parse(line, EXAMPLE).and_then(|line: Moved| line.try_into());
        passkeys.push((number, passkey as Result<ImportedPasskey, String>));
    }
    lines.progress.set_message("all lines are read; adding the passkeys");
    let import = house.import_passkeys(config)?;
    let import = import.before_commit(move || interrupt.too_late());
    let imported = import.import(passkeys).await?;
    lines.done(imported)
}

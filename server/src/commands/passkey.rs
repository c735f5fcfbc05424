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
use crate::{Error, cli::PasskeyCommand, config::Config, wiring::App};

/// What a line of an import may look like.
const EXAMPLE: &str = "{\"user\": \"69629023906488334\", \"userHandle\": \"…\", \
    \"credentialId\": \"…\", \"publicKey\": \"…\"}";

pub(crate) async fn run(command: PasskeyCommand, config: Config) -> Result<(), Error> {
    let app = open(config).await?;
    match command {
        PasskeyCommand::List { user } => {
            for passkey in app.list_passkeys().list_for_operator(user).await? {
                print(&Listed::from(passkey))?;
            }
            Ok(())
        }
        PasskeyCommand::Remove { id } => {
            print(&Listed::from(app.remove_passkey()?.remove_for_operator(id).await?))
        }
        PasskeyCommand::Export { user } => export(&app, user).await,
        PasskeyCommand::Import { file } => import(&app, &file).await,
    }
}

async fn export(app: &App, user: Option<UserId>) -> Result<(), Error> {
    let export = app.export_passkeys();
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

async fn import(app: &App, file: &Path) -> Result<(), Error> {
    let progress = ProgressBar::no_length();
    let interrupt = Interrupt::listen(&progress)?;
    let mut lines = Lines::open(file, progress)?;
    let mut passkeys = Vec::new();
    while let Some((number, line)) = lines.next()? {
        let passkey = jsonl::parse(line, EXAMPLE).and_then(|line: Moved| line.try_into());
        passkeys.push((number, passkey as Result<ImportedPasskey, String>));
    }
    lines.progress.set_message("all lines are read; adding the passkeys");
    let import = app.import_passkeys()?;
    let imported = import.import(passkeys, move || interrupt.too_late()).await?;
    lines.done(imported)
}

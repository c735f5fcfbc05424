//! `passlink passkey`.

use std::path::Path;

use indicatif::ProgressBar;
use passlink_application::passkeys::{ExportPasskeys, ImportedPasskey, ListPasskeys};

use super::{
    PAGE,
    interrupt::Interrupt,
    jsonl::{self, Lines},
    open,
    passkey_line::{Moved, listed},
    print, print_pages,
};
use crate::{
    Error,
    cli::{OfUser, PasskeyCommand},
    config::Config,
    wiring::{App, Place, one_place},
};

const EXAMPLE: &str = "{\"user\": \"69629023906488334\", \"userHandle\": \"…\", \
    \"credentialId\": \"…\", \"publicKey\": \"…\"}";

pub(crate) async fn run(command: PasskeyCommand, config: Config) -> Result<(), Error> {
    let app = open(config).await?;
    match command {
        PasskeyCommand::List(OfUser { user }) => {
            for passkey in ListPasskeys::list_for_operator(&app.ports(), user).await? {
                print(&listed(&passkey))?;
            }
            Ok(())
        }
        PasskeyCommand::Rename { id, name } => {
            print(&listed(&app.rename_passkey()?.rename_for_operator(id, name).await?))
        }
        PasskeyCommand::Remove { id } => {
            print(&listed(&app.remove_passkey()?.remove_for_operator(id).await?))
        }
        PasskeyCommand::Export { user } => {
            let export = ExportPasskeys(app.ports());
            let page = async |last| export.page(user.clone(), last, PAGE).await;
            print_pages(page, |exported| exported.passkey.id.clone(), Moved::from).await
        }
        PasskeyCommand::Import { file, domain } => {
            import(&app, &file, &one_place(&app.config, domain.host.as_deref())?).await
        }
    }
}

async fn import(app: &App, file: &Path, place: &Place) -> Result<(), Error> {
    let progress = ProgressBar::no_length();
    let interrupt = Interrupt::listen(&progress)?;
    let mut lines = Lines::open(file, progress)?;
    let mut passkeys = Vec::new();
    while let Some((number, line)) = lines.next()? {
        let passkey = jsonl::parse(line, EXAMPLE).and_then(|line: Moved| line.try_into());
        passkeys.push((number, passkey as Result<ImportedPasskey, String>));
    }
    lines.progress.set_message("all lines are read; adding the passkeys");
    let import = app.import_passkeys(place)?;
    let imported = import.import(passkeys, move || interrupt.too_late()).await?;
    lines.done(imported)
}

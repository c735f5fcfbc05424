//! `passlink mail`.

use std::{fs, path::Path};

use passlink_adapters::outbound::mail::preview;
use passlink_domain::{EmailAddress, LanguageTag};

use super::print_text;
use crate::{
    Error,
    cli::MailCommand,
    config::Config,
    wiring::{configured_mailer, send_test_mail, sender, templates},
};

pub(crate) async fn run(command: MailCommand, config: Config) -> Result<(), Error> {
    match command {
        MailCommand::Test { to, language } => test(&config, to, language).await,
        MailCommand::Preview { language, out } => write_preview(&config, language, &out),
    }
}

async fn test(
    config: &Config,
    to: EmailAddress,
    language: Option<LanguageTag>,
) -> Result<(), Error> {
    if let Some(language) = &language {
        templates(config)?.known(language)?;
    }
    let answer = send_test_mail(configured_mailer(config)?, (to, language)).await?;
    eprintln!("sent; the answer was: {answer}");
    Ok(())
}

/// Writes the files, and prints which of them to open.
fn write_preview(config: &Config, language: Option<LanguageTag>, out: &Path) -> Result<(), Error> {
    let files = preview(&templates(config)?, &sender(config)?, language.as_ref())?;
    for (name, content) in &files {
        let path = out.join(name);
        let failed = |error| format!("{}: {error}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, content).map_err(failed)?;
    }
    eprintln!("{} files were written", files.len());
    print_text(&format!("{}\n", out.join("index.html").display()))
}

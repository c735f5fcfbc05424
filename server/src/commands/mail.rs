//! `passlink mail`.

use std::{fs, path::Path, sync::Arc};

use passlink_adapters::outbound::{
    mail::preview,
    system::{SystemClock, SystemRandom},
};
use passlink_application::mails::send_test_mail;
use passlink_domain::LanguageTag;

use super::print_text;
use crate::{
    Error,
    cli::MailCommand,
    config::Config,
    wiring::{configured_mailer, letterhead, templates},
};

pub(crate) async fn run(command: MailCommand, config: Config) -> Result<(), Error> {
    match command {
        MailCommand::Test { to, language } => {
            if let Some(language) = &language {
                templates(&config)?.known(language)?;
            }
            let mailer = Arc::new(configured_mailer(&config)?);
            let sent = send_test_mail(mailer, &SystemClock, &SystemRandom, (to, language)).await;
            eprintln!("sent; the answer was: {}", sent?);
            Ok(())
        }
        MailCommand::Preview { language, out } => write_preview(&config, language, &out),
    }
}

/// Writes the files, and prints which of them to open.
fn write_preview(config: &Config, language: Option<LanguageTag>, out: &Path) -> Result<(), Error> {
    let files = preview(&letterhead(config)?, language.as_ref())?;
    for (name, content) in &files {
        let path = out.join(name);
        let failed = |error| format!("{}: {error}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, content).map_err(failed)?;
    }
    eprintln!("{} files were written", files.len());
    print_text(&format!("{}\n", out.join("index.html").display()))
}

//! `passlink mail`.

use std::{fs, path::Path, sync::Arc};

use passlink_adapters::outbound::{
    mail::{Letterhead, preview},
    system::{SystemClock, SystemRandom},
};
use passlink_application::mails::send_test_mail;

use super::print_text;
use crate::{
    Error,
    cli::MailCommand,
    config::Config,
    wiring::{Place, configured_mailer, letterhead, one_place},
};

pub(crate) async fn run(command: MailCommand, config: Config) -> Result<(), Error> {
    match command {
        MailCommand::Test { to, language, domain } => {
            let place = one_place(&config, domain.host.as_deref())?;
            if let Some(language) = &language {
                letterhead_of(&config, &place)?.templates.known(language)?;
            }
            let mailer = Arc::new(configured_mailer(&config, Default::default())?);
            let sent =
                send_test_mail(mailer, &SystemClock, &SystemRandom, &place.domain, (to, language))
                    .await;
            eprintln!("sent; the answer was: {}", sent?);
            Ok(())
        }
        MailCommand::Preview { language, out, domain } => {
            let place = one_place(&config, domain.host.as_deref())?;
            let letterhead = letterhead_of(&config, &place)?;
            let site = place.settings.public_url.as_str();
            let files = preview(&letterhead, site, language.as_ref())?;
            write_preview(&files, &out)
        }
    }
}

fn letterhead_of(config: &Config, place: &Place) -> Result<Letterhead, Error> {
    letterhead(config, &place.settings, &mut Default::default())
}

/// Writes the files, and prints which of them to open.
fn write_preview(files: &[(String, Vec<u8>)], out: &Path) -> Result<(), Error> {
    for (name, content) in files {
        let path = out.join(name);
        let failed = |error| format!("{}: {error}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, content).map_err(failed)?;
    }
    eprintln!("{} files were written", files.len());
    print_text(&format!("{}\n", out.join("index.html").display()))
}

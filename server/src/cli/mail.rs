//! `passlink mail`.

use std::path::PathBuf;

use clap::Subcommand;
use passlink_domain::{EmailAddress, LanguageTag};

use super::values::AtDomain;

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a test mail exactly as real mails are sent
    #[command(after_help = "Example:\n  passlink mail test --to you@example.com")]
    Test {
        /// Who gets it
        #[arg(long, value_name = "ADDRESS")]
        to: EmailAddress,
        /// The language of the mail [default: mail.language]
        #[arg(long, value_name = "L")]
        language: Option<LanguageTag>,
        #[command(flatten)]
        domain: AtDomain,
    },
    /// Write every mail in every language, with sample data, to look at
    ///
    /// For each language and kind of mail: subject, text, HTML and the whole message in files of
    /// their own, and an index.html to look through them. Uses the texts and templates of
    /// mail.template_dir where that is set.
    #[command(after_help = "\
Example:
  passlink mail preview --language de --out preview
  xdg-open preview/index.html")]
    Preview {
        /// Only this language, or the nearest one that exists
        #[arg(long, value_name = "L")]
        language: Option<LanguageTag>,
        /// The directory to write to; created if it is missing
        #[arg(long, value_name = "DIR", default_value = "mail-preview")]
        out: PathBuf,
        #[command(flatten)]
        domain: AtDomain,
    },
}

//! `passlink mail`.

use clap::Subcommand;
use passlink_domain::EmailAddress;

/// `passlink mail`.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a test mail on the very way that real mails take
    #[command(after_help = "Example:\n  passlink mail test --to you@example.com")]
    Test {
        /// Who gets it
        #[arg(long, value_name = "ADDRESS")]
        to: EmailAddress,
    },
}

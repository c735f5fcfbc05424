//! `passlink outbox`.

use clap::Subcommand;
use passlink_domain::OutboxId;

/// `passlink outbox`.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Print mails that wait or failed as JSON, one a line, with the mail server's last answer
    #[command(after_help = "Example:\n  passlink outbox list --failed")]
    List {
        /// Only those that nobody tries again
        #[arg(long)]
        failed: bool,
    },
    /// Have a failed mail tried again
    #[command(
        after_help = "Example:\n  passlink outbox retry 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Retry {
        /// The mail's id, as `passlink outbox list` prints it
        id: OutboxId,
    },
}

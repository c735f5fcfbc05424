//! `passlink link`.

use clap::Subcommand;
use passlink_domain::{LinkId, UserId};

use super::values::{AtDomain, OfUser};

#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Make a passkey link for a user, and print it, alone, on stdout
    ///
    /// Whoever has the link can register a passkey for the user: hand it over in person, or have it
    /// mailed with --send. Then the link's id, its expiry and the like are printed instead, as one line
    /// of JSON.
    #[command(after_help = "\
Example:
  passlink link create --user 69629023906488334

Example, for a phone whose camera reads it off the terminal:
  passlink link create --user 69629023906488334 --qr

Example, mailed by the running server:
  passlink link create --user 69629023906488334 --send")]
    Create {
        /// The id of the user that the link is for
        #[arg(long, value_name = "ID")]
        user: UserId,
        /// Mail it to the user's registered address instead of printing it
        #[arg(long)]
        send: bool,
        /// Show it as a QR code as well, on stderr
        #[arg(long, conflicts_with = "send")]
        qr: bool,
        #[command(flatten)]
        domain: AtDomain,
    },
    /// Print a user's links as JSON, one per line, without their codes
    #[command(after_help = "Example:\n  passlink link list --user 69629023906488334")]
    List(OfUser),
    /// Revoke a link that is still open
    #[command(after_help = "Example:\n  passlink link revoke 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f")]
    Revoke {
        /// The link's id, as `passlink link list` prints it
        id: LinkId,
    },
}

//! `passlink token`.

use std::time::Duration;

use clap::Subcommand;
use passlink_domain::{Text, TokenId, UserId};

use super::values::{OfUser, lifetime};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for a user, and print it, alone, on stdout
    ///
    /// Only a hash of it is stored: it can't be shown again.
    #[command(after_help = "\
Example:
  passlink token create --user 69629023906488334 --expires-in 8h --name laptop

The API takes it as `Authorization: Bearer <token>`.")]
    Create {
        /// The id of the user that the token speaks for
        #[arg(long, value_name = "ID")]
        user: UserId,
        /// How long the token holds, such as 8h or 30d
        #[arg(long, value_name = "TIME", default_value = "30d", value_parser = lifetime)]
        expires_in: Duration,
        /// What to call the token in lists
        #[arg(long, value_name = "N")]
        name: Option<Text>,
    },
    /// Print a user's tokens as JSON, one per line, without the tokens themselves
    #[command(after_help = "Example:\n  passlink token list --user 69629023906488334")]
    List(OfUser),
    /// Revoke a token at once
    #[command(
        after_help = "Example:\n  passlink token revoke 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Revoke {
        /// The token's id, as `passlink token list` prints it; not the token itself
        id: TokenId,
    },
}

//! `passlink token`.

use std::time::Duration;

use clap::{Args, Subcommand};
use passlink_domain::{OrganisationId, Permission, Reach, Text, TokenId, UserId};

use super::values::{AtDomain, ORGANISATION, lifetime};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for a user or a service, and print it, alone, on stdout
    ///
    /// Only a hash of it is stored: it can't be shown again.
    ///
    /// A user's token lets the user act for themselves. A service's token lets a program of yours act for
    /// the users of an organisation, as far as its permissions reach. Permissions of a user's token let
    /// that user do the same for others of their organisation.
    ///
    /// Permissions: user.passkey.write (make links; register and remove passkeys), user.passkey.read,
    /// user.read, user.write, user.delete, session.read, session.write, session.delete. Whoever has
    /// user.passkey.write can sign in as any user whom it reaches.
    #[command(after_help = "\
Examples:
  passlink token create --user 69629023906488334 --expires-in 8h --name laptop
  passlink token create --service shop --permission user.passkey.write --permission user.passkey.read

The API takes it as `Authorization: Bearer <token>`.")]
    Create {
        #[command(flatten)]
        holder: TokenHolder,
        /// Whose users the service acts for: an organisation's id, or * for all [default: default]
        #[arg(long, value_name = "O", conflicts_with = "user")]
        organisation: Option<Reach>,
        /// What the token permits for other users; can be given more than once
        #[arg(long = "permission", value_name = "P", value_parser = permission)]
        permissions: Vec<Permission>,
        /// How long the token holds, such as 8h or 30d
        #[arg(long, value_name = "TIME", default_value = "30d", value_parser = lifetime)]
        expires_in: Duration,
        /// What to call the token in lists
        #[arg(long, value_name = "N")]
        name: Option<Text>,
    },
    /// Print the tokens of a user or a service as JSON, one per line
    ///
    /// Without the tokens themselves, which nobody knows any more.
    #[command(after_help = "\
Examples:
  passlink token list --user 69629023906488334
  passlink token list --service shop")]
    List(TokenHolder),
    /// Revoke a token at once
    #[command(
        after_help = "Example:\n  passlink token revoke 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Revoke {
        /// The token's id, as `passlink token list` prints it; not the token itself
        id: TokenId,
    },
    /// Read a token from stdin, and print as JSON whom it speaks for
    ///
    /// For tokens of Passlink and of the issuers in identity.issuers. Asks the issuer as the server would,
    /// and adds or changes no user. Fails with the reason when the token does not hold. With --domain, the
    /// token is looked at as that domain does, which knows no users of others.
    #[command(after_help = "Example:\n  passlink token inspect < token.txt")]
    Inspect(AtDomain),
}

/// Whom a token speaks for.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TokenHolder {
    /// The id of the user that the token speaks for
    #[arg(long, value_name = "ID")]
    pub user: Option<UserId>,
    /// The name of the service that the token speaks for
    #[arg(long, value_name = "NAME")]
    pub service: Option<Text>,
}

fn permission(text: &str) -> Result<Permission, String> {
    text.parse().map_err(|_| {
        let names: Vec<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

/// The organisation of services for which none was given.
pub(crate) fn default_reach() -> Result<Reach, passlink_domain::IdError> {
    ORGANISATION.parse().map(|id: OrganisationId| Reach::Organisation(id))
}

//! `passlink user`.

use clap::{Args, Subcommand};
use passlink_domain::{EmailAddress, OrganisationId, Text, UserId};

use super::values::language;

/// `passlink user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user, and print it as one line of JSON with its id
    #[command(after_help = "\
Example:
  passlink user add --email ada@example.com --language en

Example, keeping the ids of another system:
  passlink user add --email ada@example.com --id 69629023906488334 --org 69629023906488337")]
    Add(NewUser),
    /// Print a user as one line of JSON
    #[command(after_help = "Example:\n  passlink user show 69629023906488334")]
    Show {
        /// The user's id
        id: UserId,
    },
    /// Print all users as JSON, one a line
    #[command(after_help = "Example:\n  passlink user list")]
    List,
}

/// The user that `passlink user add` adds.
#[derive(Debug, Args)]
pub struct NewUser {
    /// E-mail address, which no other user of the organisation may have
    #[arg(long, value_name = "E")]
    pub email: EmailAddress,
    /// The user's id, up to 200 characters without blanks [default: a new UUID]
    #[arg(long, value_name = "ID")]
    pub id: Option<UserId>,
    /// The id of the organisation that the user belongs to
    #[arg(long, value_name = "ORG", default_value = "default")]
    pub org: OrganisationId,
    /// The name to sign in with [default: the e-mail address]
    #[arg(long, value_name = "U")]
    pub username: Option<Text>,
    /// The name that mails and pages call the user by [default: the username]
    #[arg(long, value_name = "N")]
    pub display_name: Option<Text>,
    /// The language of mails and pages, such as en or de-CH
    #[arg(long, value_name = "L", value_parser = language)]
    pub language: Option<String>,
    /// Nobody has checked that the address is the user's: no links are mailed to it
    #[arg(long)]
    pub unverified: bool,
}

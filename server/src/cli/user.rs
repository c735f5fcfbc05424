//! `passlink user`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use passlink_domain::{EmailAddress, OrganisationId, Subject, Text, UserHandle, UserId};

use super::values::{ORGANISATION, UserLanguage, user_handle, user_language};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user, and print it as one line of JSON with its id
    #[command(after_help = "\
Example:
  passlink user add --email ada@example.com --language en

Example, keeping the ids of another system:
  passlink user add --email ada@example.com --id 69629023906488334 --org 69629023906488337")]
    Add(NewUser),
    /// Change what is known of a user, and print the user as one line of JSON
    ///
    /// What is not named stays as it is, except that a username or display name that is the address
    /// follows a new address. A new address ends the user's open passkey links, which were made for the
    /// old one. It counts as verified, as with `user add`, unless --unverified is given. That ends open
    /// links as well.
    #[command(after_help = "\
Example:
  passlink user update 69629023906488334 --email ada@example.org --language de")]
    Update {
        /// The user's id
        id: UserId,
        /// What is to be different.
        #[command(flatten)]
        changes: UserChanges,
    },
    /// Shut a user out, for example after an attack
    ///
    /// Open passkey links end for good; those that wait to be mailed are not sent. Mails about a
    /// passkey that was added or removed are still sent. Tokens and passkeys are kept, but do not work
    /// until `passlink user unlock`. Locking again changes nothing.
    #[command(after_help = "Example:\n  passlink user lock 69629023906488334")]
    Lock(OneUser),
    /// Let a locked user act again
    ///
    /// The user's tokens and passkeys work again; links that were ended stay ended.
    #[command(after_help = "Example:\n  passlink user unlock 69629023906488334")]
    Unlock(OneUser),
    /// Switch a user off, for example one who has left for a while
    ///
    /// Open passkey links end for good; those that wait to be mailed are not sent. Mails about a
    /// passkey that was added or removed are still sent. Tokens and passkeys are kept, but do not work
    /// until `passlink user reactivate`. Deactivating again changes nothing.
    #[command(after_help = "Example:\n  passlink user deactivate 69629023906488334")]
    Deactivate(OneUser),
    /// Let a deactivated user act again
    ///
    /// The user's tokens and passkeys work again; links that were ended stay ended.
    #[command(after_help = "Example:\n  passlink user reactivate 69629023906488334")]
    Reactivate(OneUser),
    /// Remove a user for good, and erase what is personal
    ///
    /// Tokens, passkeys, links and mails are deleted, names and address erased; the address can be
    /// given to another user. The id and the history, which holds nothing personal, are kept, and the id
    /// is not used again. A removed user can't be restored.
    #[command(after_help = "Example:\n  passlink user remove 69629023906488334")]
    Remove(OneUser),
    /// Add many users, all of them or none, and print how many
    ///
    /// Each line of the file is a user as JSON, with the keys that `passlink user list` prints:
    /// email, which must be there, and id, organisation, username, displayName, language,
    /// emailVerified and state, for which `user add` has defaults. A sequence is not taken over: the
    /// history of an imported user begins anew. When a line is wrong, or has an id or an address
    /// that is taken, nothing is added, and the first 20 such lines are shown.
    ///
    /// Works beside a running server. On SQLite, the server can't write during the last step, in which
    /// the users are added.
    #[command(after_help = "\
Example:
  passlink user import users.jsonl

Example, from another installation:
  passlink --config old.toml user list | passlink user import -

A line:
  {\"email\": \"ada@example.com\", \"displayName\": \"Ada Example\", \"language\": \"en\"}")]
    Import {
        /// The file, or - for stdin
        file: PathBuf,
    },
    /// Print a user as one line of JSON, or what is left of a removed one
    #[command(after_help = "Example:\n  passlink user show 69629023906488334")]
    Show(OneUser),
    /// Print all users who were not removed as JSON, one per line
    #[command(after_help = "Example:\n  passlink user list")]
    List,
}

/// The user that a command is about.
#[derive(Debug, Args)]
pub struct OneUser {
    /// The user's id
    pub id: UserId,
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
    #[arg(long, value_name = "ORG", default_value = ORGANISATION)]
    pub org: OrganisationId,
    /// The name to sign in with, which no other user of the organisation may have [default: the e-mail
    /// address]
    #[arg(long, value_name = "U")]
    pub username: Option<Text>,
    /// The name that mails and pages call the user by [default: the username]
    #[arg(long, value_name = "N")]
    pub display_name: Option<Text>,
    /// The language of mails and pages, such as en or de-CH [default: none; mails are in
    /// mail.language and pages in the browser's]
    #[arg(long, value_name = "L", value_parser = user_language)]
    pub language: Option<UserLanguage>,
    /// Nobody has checked that the address is the user's: no links are mailed to it
    #[arg(long)]
    pub unverified: bool,
    /// What authenticators know the user by, if some do: 1 to 64 octets, base64 or base64url
    /// [default: random, once it is needed]
    #[arg(long, value_name = "B64", value_parser = user_handle)]
    pub user_handle: Option<UserHandle>,
    /// The issuer that knows the user by --subject, as it stands in identity.issuers: its access tokens
    /// then speak for the user
    #[arg(long, value_name = "I", requires = "subject")]
    pub issuer: Option<String>,
    /// What the issuer calls the user: the `sub` of its tokens
    #[arg(long, value_name = "S", requires = "issuer")]
    pub subject: Option<Subject>,
}

/// What `passlink user update` changes.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct UserChanges {
    /// E-mail address, which no other user of the organisation may have
    #[arg(long, value_name = "E")]
    pub email: Option<EmailAddress>,
    /// The address is known to be the user's
    #[arg(long, conflicts_with = "unverified")]
    pub verified: bool,
    /// Nobody has checked that the address is the user's: no links are mailed to it
    #[arg(long)]
    pub unverified: bool,
    /// The name to sign in with, which no other user of the organisation may have
    #[arg(long, value_name = "U")]
    pub username: Option<Text>,
    /// The name that mails and pages call the user by
    #[arg(long, value_name = "N")]
    pub display_name: Option<Text>,
    /// The language of mails and pages, such as en or de-CH; '' for none
    #[arg(long, value_name = "L", value_parser = user_language)]
    pub language: Option<UserLanguage>,
    /// An issuer that knows the user by --subject, as it stands in identity.issuers: its access tokens
    /// then speak for the user
    #[arg(long, value_name = "I", requires = "subject")]
    pub issuer: Option<String>,
    /// What the issuer calls the user: the `sub` of its tokens
    #[arg(long, value_name = "S", requires = "issuer")]
    pub subject: Option<Subject>,
}

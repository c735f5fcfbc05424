//! The command line: what can be said. What is then done stands elsewhere.

mod key;
mod link;
mod mail;
mod passkey;
pub(crate) mod shell;
mod token;
mod user;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use passlink_domain::OutboxId;

pub use key::KeyCommand;
pub use link::LinkCommand;
pub use mail::MailCommand;
pub use passkey::PasskeyCommand;
pub(crate) use token::default_reach;
pub use token::{TokenCommand, TokenHolder};
pub use user::{NewUser, OneUser, UserChanges, UserCommand};
use values::listen;
pub use values::{AtDomain, OfUser};
pub(crate) use values::{ORGANISATION, base64url, user_language};

/// Mails people a link with which they register a passkey.
#[derive(Debug, Parser)]
#[command(
    name = "passlink",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "\
Try it, with nothing set up:
  passlink demo

Run it for real:
  passlink --config /etc/passlink/passlink.toml config check
  passlink --config /etc/passlink/passlink.toml serve

Environment variables override the configuration file, PASSLINK_<SECTION>__<KEY>:
  PASSLINK_SERVER__LISTEN=[::]:8080 passlink serve

What a script needs goes to stdout, all else to stderr. Exit status: 0 done, 1 failed, 2 wrong use,
130 an import that Ctrl-C ended.
Completions for shells and manual pages: `passlink completions --help`, `passlink man --help`."
)]
pub struct Cli {
    /// Configuration file [default: passlink.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Refuses arguments that don't go together.
    pub fn check(&self) -> Result<(), clap::Error> {
        if matches!(self.command, Command::Demo { .. }) && self.config.is_some() {
            return Err(Self::command().error(
                ErrorKind::ArgumentConflict,
                "`passlink demo` takes no configuration: everything in it is set up already.\n\n\
                 With a configuration, run `passlink serve`.",
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on this machine, with nothing set up
    ///
    /// Keeps its database in the folder passlink-demo, adds a demo user, shows mails on a page of
    /// its own instead of sending them, and mails that user a passkey link through the real
    /// endpoint. Prints the link, the mailbox and the curl line that sends another one, and
    /// keeps serving.
    #[command(after_help = "Example:\n  passlink demo --listen localhost:9090")]
    Demo {
        /// Where to listen: an IP address or localhost, and a port
        #[arg(long, value_name = "ADDR", default_value = "localhost:8080", value_parser = listen)]
        listen: SocketAddr,
    },
    /// Run the server and its mail worker
    ///
    /// Brings the database up to date first. Any number of servers may share a PostgreSQL
    /// database.
    #[command(after_help = "Example:\n  passlink --config /etc/passlink/passlink.toml serve")]
    Serve {
        /// Leave the database as it is, and refuse to start when migrations are pending
        #[arg(long)]
        no_migrate: bool,
    },
    /// Make the database or bring it up to date, and do nothing else
    #[command(after_help = "\
Example, for a deployment where servers may not change the schema:
  passlink migrate
  passlink serve --no-migrate")]
    Migrate,
    /// Add, change, show and remove users
    #[command(subcommand)]
    User(UserCommand),
    /// Make, list and revoke the bearer tokens that callers of the API present
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make, list and revoke passkey links
    #[command(subcommand)]
    Link(LinkCommand),
    /// List, remove, export and import passkeys
    #[command(subcommand)]
    Passkey(PasskeyCommand),
    /// Send a test mail, and preview all mails
    #[command(subcommand)]
    Mail(MailCommand),
    /// Look at mails that wait or failed
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Add, list and retire the keys that the codes of links are derived from
    #[command(subcommand)]
    Key(KeyCommand),
    /// Check and print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print what a shell needs to complete commands and options
    #[command(
        hide = true,
        after_help = "\
Example:
  passlink completions bash > /etc/bash_completion.d/passlink
  passlink completions zsh > /usr/local/share/zsh/site-functions/_passlink
  passlink completions fish > ~/.config/fish/completions/passlink.fish"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write the pages of all commands
    #[command(hide = true, after_help = "Example:\n  passlink man --out /usr/local/share/man/man1")]
    Man {
        /// A directory to write a page for each command to
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Print mails that wait or failed as JSON, one per line, with the mail server's last answer
    #[command(after_help = "Example:\n  passlink outbox list --failed")]
    List {
        /// Only those that nobody tries again
        #[arg(long)]
        failed: bool,
    },
    /// Have a mail that waits or has failed tried at once
    #[command(
        after_help = "Example:\n  passlink outbox retry 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Retry {
        /// The mail's id, as `passlink outbox list` prints it
        id: OutboxId,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and print everything that is wrong with it
    ///
    /// Checks the settings and the files that they name, and asks the issuers of identity.issuers for their
    /// keys. It changes nothing and connects to nothing else, so it can't tell whether the database or the
    /// mail server answers.
    #[command(after_help = "Example:\n  passlink --config passlink.toml config check")]
    Check,
    /// Print the configuration in effect, with secrets masked and the source of each value
    #[command(after_help = "Example:\n  passlink config print")]
    Print,
    /// Print a configuration file with every key, what it is for and its default
    #[command(after_help = "Example:\n  passlink config example > passlink.toml")]
    Example,
    /// Print a JSON Schema of the configuration file, for editors and pipelines
    #[command(after_help = "\
Example:
  passlink config schema > passlink.schema.json")]
    Schema,
}

#[cfg(test)]
mod tests;

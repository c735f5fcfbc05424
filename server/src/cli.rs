//! The command line: what can be said. What is then done stands elsewhere.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use passlink_domain::{EmailAddress, LinkId, OrganisationId, OutboxId, Text, TokenId, UserId};

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

What a script needs goes to stdout, all else to stderr. Exit status: 0 done, 1 failed, 2 wrong use."
)]
pub struct Cli {
    /// Configuration file [default: passlink.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
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
    /// Bring the database up to date, and do nothing else
    #[command(after_help = "\
Example, for a deployment where servers may not change the schema:
  passlink migrate
  passlink serve --no-migrate")]
    Migrate,
    /// Add and show users
    #[command(subcommand)]
    User(UserCommand),
    /// Make, list and revoke the bearer tokens that callers of the API present
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make, list and revoke passkey links
    #[command(subcommand)]
    Link(LinkCommand),
    /// Try the way that mails take
    #[command(subcommand)]
    Mail(MailCommand),
    /// Look at mails that wait or failed
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Check and print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

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

/// `passlink token`.
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
    /// Print a user's tokens as JSON, one a line, without the tokens themselves
    #[command(after_help = "Example:\n  passlink token list --user 69629023906488334")]
    List {
        /// The user's id
        #[arg(long, value_name = "ID")]
        user: UserId,
    },
    /// Revoke a token at once
    #[command(
        after_help = "Example:\n  passlink token revoke 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Revoke {
        /// The token's id, as `passlink token list` prints it; not the token itself
        id: TokenId,
    },
}

/// `passlink link`.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Make a passkey link for a user, and print it, alone, on stdout
    ///
    /// Whoever has the link can register a passkey for the user: hand it over in person, or have
    /// it mailed with --send, in which case the details of the change are printed instead.
    #[command(after_help = "\
Example:
  passlink link create --user 69629023906488334

Example, mailed by the running server:
  passlink link create --user 69629023906488334 --send")]
    Create {
        /// The id of the user that the link is for
        #[arg(long, value_name = "ID")]
        user: UserId,
        /// Mail it to the user's registered address instead of printing it
        #[arg(long)]
        send: bool,
    },
    /// Print a user's links as JSON, one a line, without their codes
    #[command(after_help = "Example:\n  passlink link list --user 69629023906488334")]
    List {
        /// The user's id
        #[arg(long, value_name = "ID")]
        user: UserId,
    },
    /// Revoke a link that is still open
    #[command(after_help = "Example:\n  passlink link revoke 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f")]
    Revoke {
        /// The link's id, as `passlink link list` prints it
        id: LinkId,
    },
}

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

/// `passlink config`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and say all that is wrong with it
    #[command(after_help = "Example:\n  passlink --config passlink.toml config check")]
    Check,
    /// Print the configuration as it holds, with secrets masked and where each value is from
    #[command(after_help = "Example:\n  passlink config print")]
    Print,
}

/// A loopback address to listen on: the demo shows its mails to whoever asks.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    let address = match port {
        Some(port) => Some((Ipv4Addr::LOCALHOST, port).into()),
        None => text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()),
    };
    address.ok_or_else(|| "must be on loopback, like localhost:8080 or 127.0.0.1:8080".to_owned())
}

/// A duration of at least a second.
fn lifetime(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.as_secs() > 0 => Ok(duration),
        Ok(_) => Err("must be at least 1s".to_owned()),
        Err(error) => Err(format!("{error}; must be like 8h or 30d")),
    }
}

/// The shape of a language tag (BCP 47); which languages there are, the templates know.
fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let letters =
        (2..=8).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_alphabetic());
    let subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    if letters && parts.all(subtag) && text.len() <= 35 {
        Ok(text.to_owned())
    } else {
        Err("must be a language tag, such as en or de-CH".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    /// Every command that does something, with all of its examples.
    fn check_examples(command: &clap::Command) {
        if command.has_subcommands() {
            command.get_subcommands().for_each(check_examples);
            return;
        }
        let help = command.get_after_help().expect("an example").to_string();
        let examples: Vec<_> =
            help.lines().filter(|line| line.starts_with("  passlink ")).collect();
        assert!(!examples.is_empty(), "{}", command.get_name());
        for example in examples {
            Cli::try_parse_from(example.split_whitespace()).expect(example);
        }
    }

    #[test]
    fn every_command_has_an_example_that_parses() {
        check_examples(&Cli::command());
    }

    #[test]
    fn defaults_are_those_of_the_contract() {
        let cli = Cli::try_parse_from(["passlink", "demo"]).unwrap();
        assert!(
            matches!(cli.command, Command::Demo { listen } if listen == ([127, 0, 0, 1], 8080).into())
        );
        let cli =
            Cli::try_parse_from(["passlink", "user", "add", "--email", "a@b.example"]).unwrap();
        assert!(
            matches!(cli.command, Command::User(UserCommand::Add(user)) if user.org.as_str() == "default")
        );
    }

    #[test]
    fn the_configuration_file_can_stand_before_or_behind_the_command() {
        for line in ["passlink --config a.toml serve", "passlink serve --config a.toml"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.config, Some("a.toml".into()));
        }
    }

    #[test]
    fn wrong_use_exits_with_2() {
        for line in [
            "passlink frobnicate",
            "passlink user show",
            "passlink user add --email nobody",
            "passlink user add --email a@b.example --language 1",
            "passlink token create --user 1 --expires-in 0s",
            "passlink token create --user 1 --expires-in soon",
            "passlink demo --listen here",
            "passlink mail test",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}

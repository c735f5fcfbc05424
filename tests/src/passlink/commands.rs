//! Commands of the binary, and users and tokens that they add.

use std::{fs, process::Command};

use serde_json::Value;

use super::{Caller, Passlink};
use crate::{Output, python};

impl Passlink {
    /// A command of the binary, in this installation.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    pub(super) fn prepare(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let prefixes = ["PASSLINK_", "OTEL_"];
            let ours =
                name.to_str().is_some_and(|name| prefixes.iter().any(|it| name.starts_with(it)));
            let colours = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"].map(Some);
            if ours || name == "RUST_LOG" || colours.contains(&name.to_str()) {
                command.env_remove(name);
            }
        }
        command.envs(&self.environment).current_dir(self.dir());
    }

    /// Runs a command of the binary. Its stderr is kept with the logs as well.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        let output = Output::of(self.command(arguments));
        let logs = self.dir().join("cli.stderr");
        let before = fs::read_to_string(&logs).unwrap_or_default();
        fs::write(logs, before + &output.stderr).unwrap();
        output
    }

    /// Runs a command of the binary on a terminal; what it shows there is its stdout.
    pub fn on_terminal(&self, arguments: &[&str]) -> Output {
        self.on_terminal_until("", arguments)
    }

    /// As [`Self::on_terminal`], but kills the command as soon as it shows the text.
    pub fn on_terminal_until(&self, text: &str, arguments: &[&str]) -> Output {
        self.run_on_terminal(["kill", text], arguments)
    }

    /// As [`Self::on_terminal`], but presses Ctrl-C as soon as the command shows the text.
    pub fn interrupted_on_terminal(&self, text: &str, arguments: &[&str]) -> Output {
        self.run_on_terminal(["interrupt", text], arguments)
    }

    fn run_on_terminal(&self, ending: [&str; 2], arguments: &[&str]) -> Output {
        let inner = self.command(arguments);
        let mut command = python::script("terminal.py");
        command.args(ending).arg(inner.get_program()).args(inner.get_args());
        command.current_dir(self.dir()).env("TERM", "xterm");
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Output::of(command)
    }

    /// Adds a user; `more` are options of `user add`.
    #[track_caller]
    pub fn user(&self, address: &str, more: &[&str]) -> Value {
        let arguments = [&["user", "add", "--email", address], more].concat();
        self.set_up().cli(&arguments).lines().remove(0)
    }

    /// Makes a token.
    #[track_caller]
    pub fn token(&self, user: &str, more: &[&str]) -> String {
        let arguments = [&["token", "create", "--user", user], more].concat();
        self.cli(&arguments).done().trim_end().to_owned()
    }

    /// Makes a token of a service; `more` are options of `token create`.
    #[track_caller]
    pub fn service(&self, name: &str, more: &[&str]) -> String {
        let arguments = [&["token", "create", "--service", name], more].concat();
        self.set_up().cli(&arguments).done().trim_end().to_owned()
    }

    /// Adds a user with a token.
    #[track_caller]
    pub fn caller(&self, address: &str, more: &[&str]) -> Caller {
        let user = self.user(address, more);
        let id = user["id"].as_str().unwrap().to_owned();
        let token = self.token(&id, &[]);
        Caller { id, address: address.to_owned(), token }
    }

    /// Adds Ada, with a token.
    #[track_caller]
    pub fn ada(&self) -> Caller {
        self.caller("ada@example.com", &["--display-name", "Ada Example"])
    }

    /// Adds many users with a token each.
    pub fn crowd(&self, count: usize) -> Vec<Caller> {
        let seeded = python::seed(&self.database.url(), count).into_iter();
        seeded.map(|[id, address, token]| Caller { id, address, token }).collect()
    }
}

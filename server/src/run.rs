//! From the command line to what it asks for.

use std::process::ExitCode;

use crate::{
    Error,
    cli::{self, Cli, Command},
    commands,
    config::{self, Config},
    demo, serve,
    terminal::report,
};

/// Does what the command line says. The exit code: 0 done, 1 failed, 2 it can't be meant so.
pub fn run(cli: Cli) -> ExitCode {
    if let Err(wrong_use) = cli.check() {
        wrong_use.exit();
    }
    // Whoever speaks TLS and brings no cryptography along uses this.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&error),
    };
    let result = runtime.block_on(dispatch(cli));
    // Whatever still runs is not worth waiting for: what matters was waited for.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<commands::Unread>() => ExitCode::SUCCESS,
        Err(error) => report(&*error),
    }
}

async fn dispatch(cli: Cli) -> Result<(), Error> {
    let load = || Config::load(cli.config.as_deref(), config::environment());
    match cli.command {
        Command::Demo { listen } => demo::run(listen).await,
        Command::Serve { no_migrate } => serve::run(load()?, no_migrate).await,
        Command::Migrate => commands::migrate(load()?).await,
        Command::User(command) => {
            let call = cli::shell::call(cli.config.as_deref());
            commands::user::run(command, load()?, &call).await
        }
        Command::Token(command) => commands::token::run(command, load()?).await,
        Command::Link(command) => commands::link::run(command, load()?).await,
        Command::Passkey(command) => commands::passkey::run(command, load()?).await,
        Command::Mail(command) => commands::mail::run(command, load()?).await,
        Command::Key(command) => commands::key::run(command, load()?).await,
        Command::Outbox(command) => commands::outbox::run(command, load()?).await,
        Command::Completions { shell } => commands::reference::completions(shell),
        Command::Man { out } => commands::reference::man(out.as_deref()),
        Command::Config(command) => commands::config::run(command, load).await,
    }
}

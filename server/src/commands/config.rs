//! `passlink config`.

use super::print_text;
use crate::{
    Error,
    cli::ConfigCommand,
    config::{self, Config, Problems},
    preflight,
};

pub(crate) async fn run(
    command: ConfigCommand,
    load: impl FnOnce() -> Result<Config, Problems>,
) -> Result<(), Error> {
    match command {
        ConfigCommand::Check => {
            let config = load_and_warn(load)?;
            preflight::check(&config)?;
            preflight::ask_issuers(&config).await?;
            eprintln!("the configuration is right");
            Ok(())
        }
        ConfigCommand::Print => print_text(&load_and_warn(load)?.print()),
        ConfigCommand::Example => print_text(&config::example()),
        ConfigCommand::Schema => {
            print_text(&format!("{}\n", serde_json::to_string_pretty(config::schema())?))
        }
    }
}

/// That the configuration was loaded says that its keys are right.
fn load_and_warn(load: impl FnOnce() -> Result<Config, Problems>) -> Result<Config, Error> {
    let config = load()?;
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(config)
}

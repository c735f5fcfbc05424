//! `passlink config`.

use super::print_text;
use crate::{Error, cli::ConfigCommand, config::Config};

/// That the configuration was loaded says that it is right.
pub(crate) fn run(command: ConfigCommand, config: &Config) -> Result<(), Error> {
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    match command {
        ConfigCommand::Check => {
            eprintln!("the configuration is right");
            Ok(())
        }
        ConfigCommand::Print => print_text(&config.print()),
    }
}

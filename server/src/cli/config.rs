//! `passlink config`.

use clap::Subcommand;

/// `passlink config`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and print everything that is wrong with it
    ///
    /// Checks the settings and the files that they name. It changes nothing and connects to nothing, so
    /// it can't tell whether the database or the mail server answers.
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

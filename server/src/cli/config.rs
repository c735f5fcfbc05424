//! `passlink config`.

use clap::Subcommand;

/// `passlink config`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and say all that is wrong with it
    ///
    /// Checks the settings and the files that they name. Makes nothing, and connects to nothing: whether
    /// the database or the mail server answers, it can't tell.
    #[command(after_help = "Example:\n  passlink --config passlink.toml config check")]
    Check,
    /// Print the configuration as it holds, with secrets masked and where each value is from
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

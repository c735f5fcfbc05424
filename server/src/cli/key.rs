//! `passlink key`.

use clap::Subcommand;
use passlink_domain::KeyId;

/// `passlink key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Add a key to the key file, and print its id
    ///
    /// Servers derive the codes of new links from it once they are started again. Copy the file to
    /// all nodes first, and then restart them one after the other.
    #[command(after_help = "Example:\n  passlink key add")]
    Add,
    /// Print the keys as JSON, one a line, with what still needs them
    ///
    /// A key that is needed and not in the file is listed as well.
    #[command(after_help = "Example:\n  passlink key list")]
    List,
    /// Take a key out of the key file
    ///
    /// Refused while links need it (those that are open, and those that can be sent again, for 30
    /// days after their end), and while passkeys do, whose registration can be undone for 7 days. With
    /// --now, all of that ends, for good: for a key that somebody else may have.
    #[command(after_help = "Examples:\n  passlink key retire 4f1c09d2a7be\n  \
                            passlink key retire 4f1c09d2a7be --now")]
    Retire {
        /// The key's id, as `passlink key list` prints it
        id: KeyId,
        /// End what was made with the key, and print how much that is
        #[arg(long)]
        now: bool,
    },
}

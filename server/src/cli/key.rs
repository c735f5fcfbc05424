//! `passlink key`.

use clap::Subcommand;
use passlink_domain::KeyId;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Add a key to the key file, and print its id
    ///
    /// Servers derive the codes of new links from it once they are restarted. Copy the file to all
    /// nodes first, then restart them one after the other.
    #[command(after_help = "Example:\n  passlink key add")]
    Add,
    /// Print the keys as JSON, one per line, with what still needs them
    ///
    /// Keys that are needed but not in the file are listed as well.
    #[command(after_help = "Example:\n  passlink key list")]
    List,
    /// Take a key out of the key file
    ///
    /// Refused while links need the key (open ones, and expired ones that can be resent for 30
    /// days), and while passkeys do, whose registration can be undone for 7 days. With --now, all of
    /// these end for good: use it when somebody else may have the key.
    #[command(after_help = "Examples:\n  passlink key retire 4f1c09d2a7be\n  \
                            passlink key retire 4f1c09d2a7be --now")]
    Retire {
        /// The key's id, as `passlink key list` prints it
        id: KeyId,
        /// End everything that was made with the key, and print how much that was
        #[arg(long)]
        now: bool,
    },
}

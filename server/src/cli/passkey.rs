//! `passlink passkey`.

use std::path::PathBuf;

use clap::Subcommand;
use passlink_domain::{PasskeyId, Text, UserId};

use super::values::{AtDomain, OfUser};

#[derive(Debug, Subcommand)]
pub enum PasskeyCommand {
    /// Print a user's passkeys as JSON, one per line, the oldest first
    #[command(after_help = "Example:\n  passlink passkey list --user 69629023906488334")]
    List(OfUser),
    /// Give a passkey another name, and print it
    ///
    /// The name has 1 to 200 characters, on one line. The passkey works as before, and nobody gets a mail.
    #[command(after_help = "\
Example:
  passlink passkey rename 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f Phone")]
    Rename {
        /// The passkey's id, as `passlink passkey list` prints it
        id: PasskeyId,
        /// What it is called from now on
        name: Text,
    },
    /// Remove a passkey, for example one on a stolen phone, and print it
    ///
    /// The user gets a mail about it. The passkey can be registered again.
    #[command(
        after_help = "Example:\n  passlink passkey remove 01980a3c-5d4e-7c1b-9f00-3b6a1c2d4e5f"
    )]
    Remove {
        /// The passkey's id, as `passlink passkey list` prints it
        id: PasskeyId,
    },
    /// Print what a relying party needs to verify passkeys, as JSON, one per line
    ///
    /// This is not secret, but it shows who has which passkeys. Octets are base64url, the public key
    /// is a COSE_Key (RFC 9052).
    #[command(after_help = "\
Example:
  passlink passkey export > passkeys.jsonl

Example, of one user:
  passlink passkey export --user 69629023906488334")]
    Export {
        /// The id of the user whose passkeys are wanted [default: all users]
        #[arg(long, value_name = "ID")]
        user: Option<UserId>,
    },
    /// Add passkeys that were registered elsewhere, all of them or none, and print how many
    ///
    /// Each line of the file is a passkey as JSON, with the keys that `passlink passkey export` prints:
    /// user (the id of a user who is there), userHandle, credentialId and publicKey, which must be
    /// there, and id, name, rpId, signCount, transports, attachment, backupEligible, backupState,
    /// aaguid, created and lastUsed. When a line is wrong, or has a credential that is registered,
    /// nothing is added, and the first 20 such lines are shown.
    ///
    /// A passkey works only for the relying party that it was made for: rpId must be the rp_id
    /// here (webauthn.rp_id, or that of the domain). The users get no mail. passkeys.max_per_user does not apply.
    ///
    /// Works beside a running server. On SQLite, the server waits to write while passkeys are added.
    #[command(after_help = "\
Example:
  passlink passkey import passkeys.jsonl

Example, users and passkeys from another installation:
  passlink --config old.toml user list | passlink user import -
  passlink --config old.toml passkey export | passlink passkey import -")]
    Import {
        /// The file, or - for stdin
        file: PathBuf,
        #[command(flatten)]
        domain: AtDomain,
    },
}

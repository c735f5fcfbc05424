//! Passkeys and sessions, written straight into the database.

use std::sync::LazyLock;

use super::people::{FIRST, run_script};
use crate::{Database, Key, Passlink, hand_made_passkey::sha256};

/// The token of a back end that may do all with sessions.
pub const BACK_END: &str = "passlink_00000000000000000000000000000000000back-end";

/// The private key of all passkeys: nothing looks at whether two of them have the same.
pub static KEY: LazyLock<Key> = LazyLock::new(Key::es256);

/// How a database writes octets.
struct Octets<'p>(&'p Database);

impl Octets<'_> {
    /// These.
    fn literal(&self, octets: &[u8]) -> String {
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        match self.0 {
            Database::Sqlite(_) => format!("x'{hex}'"),
            Database::Postgres { .. } => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Those of a text.
    fn of_text(&self, text: &str) -> String {
        match self.0 {
            Database::Sqlite(_) => format!("CAST({text} AS BLOB)"),
            Database::Postgres { .. } => format!("convert_to({text}, 'UTF8')"),
        }
    }

    /// Some that differ from row to row.
    fn any(&self) -> &'static str {
        match self.0 {
            Database::Sqlite(_) => "randomblob(32)",
            Database::Postgres { .. } => "sha256(convert_to('session ' || n, 'UTF8'))",
        }
    }
}

/// Gives each user a passkey whose credential, and whose user's handle, is the user's id; and a back end its
/// token.
pub fn settle_signers(passlink: &Passlink, users: usize) {
    let octets = Octets(passlink.database());
    let user = format!("'user-' || ({FIRST} + n)");
    let credential = octets.of_text(&user);
    let (key, aaguid) = (octets.literal(&KEY.public()), octets.literal(&[0; 16]));
    let (handle, hash) = (octets.of_text("id"), octets.literal(&sha256(BACK_END.as_bytes())));
    let script = format!(
        "INSERT INTO passkeys (id, user_id, name, rp_id, credential_id, public_key, sign_count, \
         transports, backup_eligible, backup_state, aaguid, created_at) \
         SELECT 'passkey-' || ({FIRST} + n), {user}, 'Phone', 'login.example.com', {credential}, \
         {key}, 0, '[]', FALSE, FALSE, {aaguid}, NOW FROM NUMBERS({users});
         UPDATE users SET handle = {handle};
         INSERT INTO tokens (id, service, organisation, permissions, hash, created_at) \
         VALUES ('back-end', 'Example App', 'default', \
         'session.read session.write session.delete', {hash}, 0);"
    );
    run_script(passlink, &script, &["passkeys", "users", "tokens"]);
}

/// Adds sessions that hold, `own` of them those of the first user, and the others of all by turns. They were
/// begun by login names, half of them by ones that nobody had then.
pub fn settle_sessions(passlink: &Passlink, count: usize, own: usize, users: usize) {
    let hash = Octets(passlink.database()).any();
    let user = format!("({FIRST} + CASE WHEN n <= {own} THEN 1 ELSE 1 + n % {users} END)");
    let script = format!(
        "INSERT INTO sessions (id, organisation, rp_id, expects, named_user_id, user_id, passkey_id, \
         verified_at, user_verified, token_hash, challenge_number, metadata, created_at, changed_at, expires_at, \
         sequence) \
         SELECT '018f1e2d-7c00-7000-a000-' || (100000000000 + n), 'default', 'login.example.com', \
         'login_name', CASE WHEN n % 2 = 0 THEN ' ' || (n * 7919 % 1000003) ELSE 'user-' || {user} END, \
         'user-' || {user}, 'passkey-' || {user}, NOW, TRUE, {hash}, 0, '{{}}', NOW, NOW, \
         NOW + 1000000000, 2 FROM NUMBERS({count});"
    );
    run_script(passlink, &script, &["sessions"]);
}

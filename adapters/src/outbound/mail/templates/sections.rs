//! The sections of a catalogue, and the values that their texts may hold.

use passlink_application::mails::MailKind;

/// The sections whose texts are the plural forms of a unit.
pub(super) const UNITS: [&str; 2] = ["minutes", "hours"];

/// The values that the texts of a section may hold.
pub(super) fn values(section: &str) -> &'static [&'static str] {
    match section {
        "time" => &["day", "month", "year", "h", "hh", "mm", "hours", "minutes"],
        "minutes" | "hours" => &["n"],
        "common" => &["name", "sender"],
        kind => match kind.parse() {
            Ok(MailKind::PasskeyLink) => {
                &["name", "sender", "site", "duration", "expires", "requested"]
            }
            Ok(MailKind::PasskeyAdded) => {
                &["name", "sender", "site", "passkey", "added", "undo_until"]
            }
            Ok(MailKind::PasskeyRemoved) => &["name", "sender", "site", "passkey", "removed"],
            Ok(MailKind::Test) => &["sender", "requested"],
            Err(_) => &[],
        },
    }
}

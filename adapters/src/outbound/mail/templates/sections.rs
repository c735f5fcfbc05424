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
        kind => kind.parse().map_or(&[], values_of_kind),
    }
}

fn values_of_kind(kind: MailKind) -> &'static [&'static str] {
    match kind {
        MailKind::PasskeyLink => &["name", "sender", "site", "duration", "expires", "requested"],
        MailKind::PasskeyAdded => &["name", "sender", "site", "passkey", "added", "undo_until"],
        MailKind::PasskeyRemoved => &["name", "sender", "site", "passkey", "removed"],
        MailKind::Test => &["sender", "requested"],
    }
}

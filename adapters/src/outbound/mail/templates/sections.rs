//! The sections of a catalogue, and the values that their texts may hold.

/// The sections whose texts are the plural forms of a unit.
pub(super) const UNITS: [&str; 2] = ["minutes", "hours"];

/// The values that the texts of a section may hold.
pub(super) fn values(section: &str) -> &'static [&'static str] {
    match section {
        "time" => &["day", "month", "year", "h", "hh", "mm", "hours", "minutes"],
        "minutes" | "hours" => &["n"],
        "common" => &["name", "sender"],
        "passkey_link" => &["name", "sender", "site", "duration", "expires", "requested"],
        "passkey_added" => &["name", "sender", "site", "passkey", "added", "undo_until"],
        "passkey_removed" => &["name", "sender", "site", "passkey", "removed"],
        "test" => &["sender", "requested"],
        _ => &[],
    }
}

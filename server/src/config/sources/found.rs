//! What a source has found: where a value goes, and what is said of a key that nobody knows.

use std::mem::take;

use serde_json::Value;

use crate::config::{
    keys::{Key, closest, find, general, keys, sections},
    mask,
    problems::{Found, Origin, Problems},
};

/// Puts the value of a key where it is found; of a list of tables, each key in them as well. `at` knows
/// where a table stands, and a key in it.
pub(super) fn put(
    key: &Key,
    mut value: Value,
    origin: &Origin,
    at: impl Fn(usize, Option<&str>) -> Origin,
    found: &mut Found,
    problems: &mut Problems,
) {
    let items = value.as_array_mut().filter(|_| key.value.holds_tables());
    for (index, item) in items.into_iter().flatten().enumerate() {
        let Value::Object(table) = item else {
            continue;
        };
        let place = format!("{}[{index}]", key.path);
        for (name, value) in take(table) {
            let (path, origin) = (format!("{place}.{name}"), at(index, Some(&name)));
            if find(&general(&place), &name).is_some() {
                found.insert(path, (value, origin));
            } else {
                let what = unknown_key(Some(&place), &path);
                problems.add(format!("{origin}: {}: {what}", mask::text(&path)));
            }
        }
        found.insert(place, (Value::Null, at(index, None)));
    }
    found.insert(key.path.clone(), (value, origin.clone()));
}

/// `table` is what it stands in, a section or a table of a list; a key may stand before the first one.
pub(super) fn unknown_key(table: Option<&str>, path: &str) -> String {
    match (closest(path), table.map(general)) {
        (Some(meant), _) => format!("unknown key; did you mean {}?", meant.path),
        (None, Some(table)) => {
            let names = keys().filter(|key| key.table == table).map(|key| key.name);
            let names = names.collect::<Vec<_>>().join(", ");
            let list = table.strip_suffix("[]").map(|list| format!("[{list}]"));
            format!("unknown key; [{}] has {names}", list.unwrap_or(table))
        }
        (None, None) => format!("unknown key; must stand in one of {}", all_sections()),
    }
}

pub(super) fn all_sections() -> String {
    let lists = keys().filter(|key| key.table.is_empty()).map(|key| format!("[[{}]]", key.path));
    sections().map(|name| format!("[{name}]")).chain(lists).collect::<Vec<_>>().join(", ")
}

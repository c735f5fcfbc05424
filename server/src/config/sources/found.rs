//! What a source has found: where a value goes, and what is said of a key that nobody knows.

use std::mem::take;

use serde_json::{Map, Value};

use crate::config::{
    keys::{Key, closest, find, general, heading, keys, top_tables},
    mask,
    problems::{Found, Origin, Problems},
};

/// Puts the value of a key where it is found; of a list of tables, each key in them as well. `at` knows
/// where a table stands, and a key in it: it takes the names that lead there.
pub(super) fn put(
    key: &Key,
    mut value: Value,
    origin: &Origin,
    at: impl Fn(usize, &[&str]) -> Origin,
    found: &mut Found,
    problems: &mut Problems,
) {
    let items = value.as_array_mut().filter(|_| key.value.holds_tables());
    for (index, item) in items.into_iter().flatten().enumerate() {
        let Value::Object(table) = item else {
            continue;
        };
        let place = format!("{}[{index}]", key.path);
        let at = |names: &[&str]| at(index, names);
        put_table(&place, &[], take(table), &at, found, problems);
        found.insert(place, (Value::Null, at(&[])));
    }
    found.insert(key.path.clone(), (value, origin.clone()));
}

/// Puts the keys of a table in a list, and those of the tables in it. `names` lead to the table.
fn put_table(
    place: &str,
    names: &[&str],
    table: Map<String, Value>,
    at: &dyn Fn(&[&str]) -> Origin,
    found: &mut Found,
    problems: &mut Problems,
) {
    for (name, mut value) in table {
        let names = [names, &[&*name]].concat();
        let (path, origin) = (format!("{place}.{name}"), at(&names));
        let Some(key) = find(&general(place), &name) else {
            let what = unknown_key(Some(place), &path);
            problems.add(format!("{origin}: {}: {what}", mask::text(&path)));
            continue;
        };
        if let Value::Object(inner) = &mut value
            && key.value.holds_keys()
        {
            put_table(&path, &names, take(inner), at, found, problems);
        }
        found.insert(path, (value, origin));
    }
}

/// `table` is what it stands in, a section or a table of a list; a key may stand before the first one.
pub(super) fn unknown_key(table: Option<&str>, path: &str) -> String {
    match (closest(path), table.map(general)) {
        (Some(meant), _) => format!("unknown key; did you mean {}?", meant.path),
        (None, Some(table)) => {
            let names = keys().filter(|key| key.table == table).map(|key| key.name);
            let names = names.collect::<Vec<_>>().join(", ");
            format!("unknown key; {} has {names}", heading(&table))
        }
        (None, None) => format!("unknown key; must stand in one of {}", all_sections()),
    }
}

pub(super) fn all_sections() -> String {
    top_tables().map(|table| heading(&table)).collect::<Vec<_>>().join(", ")
}

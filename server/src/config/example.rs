//! `config example`: every key with its default, as a file to start from.

use super::{
    keys::{Key, secrets, sections, settings},
    print::toml,
};

const HEAD: &str = "\
# All that can be set in passlink.toml, or in the file of --config; a key that is left out keeps
# the default that stands here. Environment variables win: PASSLINK_LINKS__LIFETIME sets
# links.lifetime. `passlink config check` tells what is wrong with a file, `passlink config print`
# what holds and where it is from.
";

/// Longest line of a comment, in characters, its `#` not counted.
const WIDTH: usize = 99;

/// A file with every key: what it is for, what it allows, and its default.
pub(crate) fn example() -> String {
    let mut file = HEAD.to_owned();
    for section in sections() {
        file += &format!("\n[{section}]\n");
        let entries = settings().filter(|key| key.section == section).map(entry);
        file += &entries.collect::<Vec<_>>().join("\n");
    }
    file
}

fn entry(key: &Key) -> String {
    let mut entry = String::new();
    comment(&mut entry, &format!("{}. Must be {}.", key.meaning, key.allowed));
    match key.value.default.as_ref().and_then(toml) {
        Some(default) => entry += &format!("#{} = {default}\n", key.name),
        None => entry += &format!("# Not set by default.\n{}", setting(key)),
    }
    if let Some((_, file)) = secrets().find(|(secret, _)| secret.path == key.path) {
        entry += &format!("# Or a file that holds it:\n{}", setting(file));
    }
    entry
}

/// A key with its example.
fn setting(key: &Key) -> String {
    key.value.examples.iter().map(|value| format!("#{} = '{value}'\n", key.name)).collect()
}

/// Adds a text as lines of a comment.
fn comment(file: &mut String, text: &str) {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            *file += &format!("#{line}\n");
            line.clear();
        }
        line = line + " " + word;
    }
    *file += &format!("#{line}\n");
}

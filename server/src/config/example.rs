//! `config example`: every key with its default, as a file to start from.

use super::{
    Config,
    key::{Key, SECTIONS},
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
pub fn example() -> String {
    let defaults = Config::default().values();
    let mut file = HEAD.to_owned();
    for (section, keys) in SECTIONS {
        file += &format!("\n[{section}]\n");
        let mut entries = Vec::new();
        for key in keys {
            let path = format!("{section}.{}", key.name);
            let default = defaults.iter().find(|(name, _)| *name == path);
            entries.push(entry(key, default.and_then(|(_, value)| value.as_deref())));
        }
        file += &entries.join("\n");
    }
    file
}

fn entry(key: &Key, default: Option<&str>) -> String {
    let (name, meaning, allowed) = (key.name, key.meaning, key.allowed());
    let mut entry = String::new();
    comment(&mut entry, &format!("{meaning}. Must be {allowed}."));
    match (default, key.example) {
        (Some(default), _) => entry += &format!("#{name} = {default}\n"),
        (None, Some(example)) => {
            entry += &format!("# Not set by default.\n#{name} = '{example}'\n")
        }
        (None, None) => entry += "# Not set by default.\n",
    }
    if key.is_secret() {
        let file = key.file_name();
        entry += &format!("# Or a file that holds it:\n#{file} = '/run/secrets/passlink_{name}'\n");
    }
    entry
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

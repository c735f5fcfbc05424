//! What is written down about the keys, in files that are made from the code. With
//! `UPDATE_REFERENCE=1`, these tests write the files anew.

use super::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Holds what stands in a file against what should, or puts it there.
fn hold(file: &Path, is: &str, should_be: &str) {
    if env::var_os("UPDATE_REFERENCE").is_some() {
        let text = fs::read_to_string(file).unwrap_or_default();
        let text = if is.is_empty() { should_be.to_owned() } else { text.replace(is, should_be) };
        fs::write(file, text).unwrap();
    } else {
        let name = file.display();
        assert_eq!(is, should_be, "{name} is out of date: run the tests with UPDATE_REFERENCE=1");
    }
}

#[test]
fn the_example_at_the_root_is_made_from_the_code() {
    let file = root().join("passlink.example.toml");
    hold(&file, &fs::read_to_string(&file).unwrap_or_default(), &example());
}

#[test]
fn the_table_in_the_docs_is_made_from_the_code() {
    let file = root().join("docs/configuration.md");
    let text = fs::read_to_string(&file).unwrap();
    let head = "| key | default | must be | meaning |\n";
    let start = text.find(head).expect("the table of keys");
    let end = start + text[start..].find("\n\n").unwrap() + 1;
    hold(&file, &text[start..end], &table(head));
}

/// A row for every key.
fn table(head: &str) -> String {
    let mut table = format!("{head}| --- | --- | --- | --- |\n");
    for key in keys::settings() {
        let default = match key.value.default.as_ref().and_then(crate::config::print::toml) {
            Some(value) => format!("`{}`", value.trim_matches('"')),
            None if key.is_required => "required".to_owned(),
            None => "none".to_owned(),
        };
        let allowed = key.allowed.replace('<', r"\<").replace('|', r"\|");
        table += &format!("| `{}` | {default} | {allowed} | {} |\n", key.path, key.meaning);
    }
    table
}

#[test]
fn the_example_sets_nothing() {
    assert_eq!(load(&example(), &[]).print(), Config::default().print());
}

/// Each key of the example, alone: it may need another beside it, and nothing else is wrong.
#[test]
fn every_key_of_the_example_can_be_set_as_it_stands_there() {
    let folder = Folder::new();
    let mut section = String::new();
    let mut set = 0;
    for line in example().lines() {
        if let Some(list) = line.strip_prefix('#').filter(|it| it.starts_with("[[")) {
            section = list.to_owned();
            set += 1;
        } else if let Some(table) = line.strip_prefix('#').filter(|it| it.starts_with('[')) {
            section += &format!("\n{table}");
            set += 1;
        } else if line.starts_with('[') {
            section = line.to_owned();
        } else if let Some(setting) = line.strip_prefix('#').filter(|it| !it.starts_with(' ')) {
            if setting.contains("_file = '/run/secrets/") {
                continue;
            }
            let result = folder.load(&format!("{section}\n{setting}\n"), &[]);
            let lines = result.err().map(|errors| errors.lines).unwrap_or_default();
            let name = setting.split(' ').next().unwrap();
            let refused = format!(".{name} = ");
            assert!(lines.iter().all(|line| !line.contains(&refused)), "{setting}: {lines:?}");
            set += 1;
        }
    }
    assert_eq!(set, keys::settings().count());
}

/// What the schema says of a number is what the configuration takes.
#[test]
fn a_number_is_taken_from_its_least_to_its_most() {
    let mut numbers = 0;
    for key in keys::settings() {
        let steps = key.path.split('.').map(|it| it.replace("[]", "/items"));
        let pointer: String = steps.map(|it| format!("/properties/{it}")).collect();
        let schema = schema().pointer(&pointer).unwrap();
        let (min, max) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        let Some((min, max)) = min.zip(max) else {
            assert_ne!(schema["type"], "integer", "{} has a range", key.path);
            continue;
        };
        let takes = |value: i64| {
            let (toml, place) = setting(key, &value.to_string());
            let result = Folder::new().load(&toml, &[]);
            result.err().is_none_or(|it| !it.to_string().contains(&format!("{place} = ")))
        };
        assert!(takes(min) && takes(max), "{}", key.path);
        assert!(!takes(min - 1) && !takes(max + 1), "{}", key.path);
        numbers += 1;
    }
    assert!(numbers >= 8, "{numbers}");
}

#[test]
fn every_key_says_what_it_is_for_and_what_it_must_be() {
    for key in keys::keys() {
        assert!(!key.meaning.is_empty() && !key.allowed.is_empty(), "{}", key.path);
        assert!(key.value.default.is_none() || key.value.examples.is_empty(), "{}", key.path);
    }
}

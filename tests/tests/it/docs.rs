//! What the documents say, held against the files that they speak of.

mod commands;
mod examples;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use passlink_tests::secrets::files;

/// The folder that the documents stand in.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All documents: those at the root, and those in `docs`.
fn documents() -> Vec<PathBuf> {
    let at_root = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let all = at_root.filter(|path| path.is_file()).chain(files(&root().join("docs")));
    let mut documents: Vec<_> =
        all.filter(|it| it.extension().is_some_and(|it| it == "md")).collect();
    documents.sort();
    assert!(documents.len() > 10, "{documents:?}");
    documents
}

/// The lines of a document that stand in no block of code, and those blocks with their language.
fn parts(text: &str) -> (Vec<&str>, Vec<(&str, String)>) {
    let (mut prose, mut blocks, mut in_block) = (Vec::new(), Vec::<(&str, String)>::new(), false);
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(_) if in_block => in_block = false,
            Some(language) => {
                in_block = true;
                blocks.push((language, String::new()));
            }
            None if in_block => {
                let (_, block) = blocks.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            None => prose.push(line),
        }
    }
    assert!(!in_block, "a block of code has no end");
    (prose, blocks)
}

/// The anchors of a document's headings, as repository hosts make them.
fn anchors(path: &Path) -> BTreeSet<String> {
    let text = read(path);
    let headings = parts(&text).0.into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

/// Where the links and pictures of a line lead.
fn targets(line: &str) -> Vec<&str> {
    let between = |start: &'static str, end: char| {
        line.split(start).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
    };
    between("](", ')').chain(between("src=\"", '"')).chain(between("srcset=\"", '"')).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    for document in documents() {
        let text = read(&document);
        for target in parts(&text).0.into_iter().flat_map(targets) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() {
                document.clone()
            } else {
                document.parent().unwrap().join(path)
            };
            assert!(file.exists(), "{}: there is no {target}", document.display());
            let known = anchor.is_empty() || anchors(&file).contains(anchor);
            assert!(known, "{}: {target} leads to no heading", document.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked} links");
}

#[test]
fn the_front_door_is_short() {
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines <= 150, "the README has {lines} lines");
    let texts = fs::read_dir(root().join("adapters/src/inbound/web/texts")).unwrap().count();
    assert!(read(&root().join("README.md")).contains(&format!("in {texts} languages")));
}

/// The walk is a list of functions, each a line: `1. [`function`](../file) does …`.
#[test]
fn the_walk_of_a_send_names_functions_that_there_are() {
    let text = read(&root().join("docs/architecture.md"));
    let walk =
        text.split("\n## The walk of a send\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let steps = walk.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let mut count = 0;
    for step in steps {
        let (_, rest) = step.split_once("[`").unwrap_or_else(|| panic!("{step}"));
        let (function, rest) = rest.split_once("`](../").unwrap_or_else(|| panic!("{step}"));
        let (path, _) = rest.split_once(')').unwrap();
        let code = read(&root().join(path));
        let is_there = [" fn ", "\nfn "].iter().any(|start| {
            ["(", "<"].iter().any(|end| code.contains(&format!("{start}{function}{end}")))
        });
        assert!(is_there, "{path} has no function {function}");
        count += 1;
    }
    assert!((10..=16).contains(&count), "{count} functions");
}

#[test]
fn every_decision_is_listed_and_named_by_what_it_rules() {
    let folder = root().join("docs/decisions");
    let list = read(&folder.join("README.md"));
    let sources: Vec<_> = ["domain", "application", "adapters", "server"]
        .iter()
        .flat_map(|name| files(&root().join(name).join("src")))
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .map(|path| (read(&path), path))
        .collect();
    let mut records = BTreeSet::new();
    for record in files(&folder).into_iter().filter(|path| !path.ends_with("README.md")) {
        let name = record.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(list.contains(&format!("]({name})")), "docs/decisions/README.md lacks {name}");
        let named =
            sources.iter().any(|(code, _)| code.contains(&format!("docs/decisions/{name}")));
        assert!(named, "no module names docs/decisions/{name}");
        records.insert(name);
    }
    for (code, path) in &sources {
        for rest in code.split("docs/decisions/").skip(1) {
            let name = rest.split_inclusive(".md").next().unwrap();
            assert!(records.contains(name), "{}: there is no {name}", path.display());
        }
    }
}

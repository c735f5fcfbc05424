//! The arrows between the crates, their rooms and their files, as `docs/architecture.md` draws them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use modules::Uses;

mod modules;

/// What each crate may depend on of ours.
const ARROWS: [(&str, &[&str]); 5] = [
    ("domain", &[]),
    ("application", &["domain"]),
    ("adapters", &["application", "domain"]),
    ("server", &["adapters", "application", "domain"]),
    ("tests", &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What the tests of a crate may depend on besides.
const ARROWS_OF_TESTS: [(&str, &str); 2] = [("adapters", "application"), ("server", "tests")];

/// The dependencies of each member, but for those that its tests may have besides.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |it: &Value| it["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let may_be_for_tests = |it: &&Value| {
                let arrow = (name(package), name(it));
                let known =
                    |(from, to)| arrow == (format!("passlink-{from}"), format!("passlink-{to}"));
                it["kind"] == "dev" && ARROWS_OF_TESTS.into_iter().any(known)
            };
            let dependencies = dependencies.iter().filter(|it| !may_be_for_tests(it));
            (name(package), dependencies.map(name).collect())
        })
        .collect()
}

#[test]
fn no_other_arrow_runs_between_the_crates() {
    let dependencies = dependencies();
    let members: Vec<_> = dependencies.keys().map(String::as_str).collect();
    let mut known: Vec<_> = ARROWS.iter().map(|(name, _)| format!("passlink-{name}")).collect();
    known.sort();
    assert_eq!(members, known);
    for (name, allowed) in ARROWS {
        let allowed: BTreeSet<_> = allowed.iter().map(|name| format!("passlink-{name}")).collect();
        let ours = dependencies[&format!("passlink-{name}")].iter();
        let ours: BTreeSet<_> = ours.filter(|it| it.starts_with("passlink")).cloned().collect();
        assert!(ours.is_subset(&allowed), "{name} depends on {ours:?}, and may on {allowed:?}");
    }
}

#[test]
fn the_middle_knows_nothing_of_the_outside() {
    let dependencies = dependencies();
    let outside = [
        "axum",
        "buffa",
        "clap",
        "connectrpc",
        "handlebars",
        "http",
        "hyper",
        "lettre",
        "rand",
        "reqwest",
        "schemars",
        "sea-orm",
        "sea-orm-migration",
        "serde_json",
        "sqlx",
        "tower",
        "tracing-subscriber",
    ];
    for name in ["passlink-domain", "passlink-application"] {
        let reached: Vec<_> =
            outside.iter().filter(|it| dependencies[name].contains(**it)).collect();
        assert!(reached.is_empty(), "{name} depends on {reached:?}");
    }
    assert!(!dependencies["passlink-domain"].contains("tokio"), "the domain does not wait");
}

#[test]
fn the_rooms_of_the_adapters_do_not_know_each_other() {
    // `inbound/api`, for instance. What stands beside the rooms is known to all.
    let room = |file: &Path| {
        let mut parts =
            file.strip_prefix("adapters/src").unwrap().iter().filter_map(|it| it.to_str());
        let side = parts.next().filter(|it| ["inbound", "outbound"].contains(it))?;
        Some(format!("{side}/{}", parts.next().unwrap().trim_end_matches(".rs")))
    };
    let uses = uses("adapters");
    let rooms: BTreeSet<_> = uses.keys().filter_map(|file| room(file)).collect();
    assert!(rooms.contains("inbound/api") && rooms.contains("outbound/persistence"), "{rooms:?}");
    for (file, used) in &uses {
        for (other, items) in used {
            let reaches = room(other).is_some_and(|it| room(file).as_ref() != Some(&it));
            assert!(!reaches, "{} uses {items:?} of {}", file.display(), other.display());
        }
    }
}

#[test]
fn no_two_files_use_each_other() {
    let circles: Vec<_> = ARROWS.iter().flat_map(|(name, _)| circles(&uses(name))).collect();
    assert!(circles.is_empty(), "files use each other in a circle:\n{}", circles.join("\n"));
}

/// What the files of a crate use of each other, with paths from the root of the workspace.
fn uses(name: &str) -> Uses {
    let shorten = |file: PathBuf| file.strip_prefix(root()).unwrap().to_owned();
    let shorten_used = |used: BTreeMap<_, _>| {
        used.into_iter().map(|(file, items)| (shorten(file), items)).collect()
    };
    let uses = modules::uses(&root().join(name)).into_iter();
    uses.map(|(file, used)| (shorten(file), shorten_used(used))).collect()
}

/// The circles, each with the items by which its files use each other.
fn circles(uses: &Uses) -> Vec<String> {
    let reached: BTreeMap<_, _> =
        uses.keys().map(|file| (file, reached_from(file, uses))).collect();
    let circles: BTreeSet<BTreeSet<PathBuf>> = reached
        .iter()
        .filter(|(file, others)| others.contains(**file))
        .map(|(file, others)| {
            let returns =
                |other: &&PathBuf| reached.get(other).is_some_and(|it| it.contains(*file));
            others.iter().filter(returns).cloned().collect()
        })
        .collect();
    let describe = |circle: BTreeSet<PathBuf>| {
        let mut lines = String::new();
        for file in &circle {
            for (other, items) in uses[file].iter().filter(|(other, _)| circle.contains(*other)) {
                let items = items.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                lines += &format!("  {} uses {items} of {}\n", file.display(), other.display());
            }
        }
        lines
    };
    circles.into_iter().map(describe).collect()
}

/// All files that a file uses, or those use, and so on.
fn reached_from(file: &Path, uses: &Uses) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        let used = uses.get(file).into_iter().flat_map(BTreeMap::keys);
        open.extend(used.filter(|file| reached.insert(file.to_path_buf())).map(PathBuf::as_path));
    }
    reached
}

//! The arrows between the crates, as `architecture` in the README draws them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use passlink_tests::secrets::files;
use serde_json::Value;

/// What each crate may depend on of ours.
const ARROWS: [(&str, &[&str]); 5] = [
    ("domain", &[]),
    ("application", &["domain"]),
    ("adapters", &["application", "domain"]),
    ("server", &["adapters", "application", "domain"]),
    ("tests", &["server"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The dependencies of each member, of every kind.
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
            (name(package), dependencies.iter().map(name).collect())
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
        "figment",
        "handlebars",
        "http",
        "hyper",
        "lettre",
        "rand",
        "reqwest",
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
    let source = root().join("adapters/src");
    let rooms: BTreeSet<_> = ["inbound", "outbound"]
        .iter()
        .flat_map(|side| {
            let entries = fs::read_dir(source.join(side)).unwrap();
            entries.map(move |entry| {
                let path = entry.unwrap().path();
                format!("{side}::{}", path.file_stem().unwrap().to_str().unwrap())
            })
        })
        .filter(|room| !room.ends_with("::mod"))
        .collect();
    assert!(rooms.contains("inbound::api") && rooms.contains("outbound::persistence"), "{rooms:?}");
    for file in files(&source) {
        let inside = file.strip_prefix(&source).unwrap().with_extension("");
        let inside = inside.to_str().unwrap().replace('/', "::");
        let code = fs::read_to_string(&file).unwrap_or_default();
        for other in rooms.iter().filter(|other| !inside.starts_with(*other)) {
            let reaches = code.contains(&format!("crate::{other}::"))
                || code.contains(&format!("crate::{other};"));
            assert!(!reaches, "{} reaches into {other}", file.display());
        }
    }
}

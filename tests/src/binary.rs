use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::SystemTime,
};

/// The `passlink` binary that was built with this test. Panics when there is none, or when it is
/// older than a file that it is built from.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let binary = profile_folder().join("passlink");
        let stale = match modified(&binary) {
            Some(built) => sources().into_iter().find(|file| modified(file) > Some(built)),
            None => panic!("{} is missing: {}", binary.display(), HOW),
        };
        if let Some(file) = stale {
            panic!("{} is older than {}: {}", binary.display(), file.display(), HOW);
        }
        binary
    })
}

const HOW: &str = "`cargo build`, `./tests/run` and `cargo test --workspace` build it \
    (with `--release` for benchmarks)";

/// `target/debug` or `target/release`: tests and benchmarks run in its folder `deps`.
fn profile_folder() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(2).unwrap().to_owned()
}

/// The folder that holds what is built, whatever `CARGO_TARGET_DIR` says.
pub(crate) fn target_folder_with(name: &str) -> Option<PathBuf> {
    let this = std::env::current_exe().unwrap();
    this.ancestors().map(|folder| folder.join(name)).find(|path| path.exists())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// What the binary is built from: all files of our crates that it holds.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let crates = [
        "domain/src",
        "application/src",
        "adapters/src",
        "adapters/build",
        "adapters/proto",
        "server/src",
    ];
    let mut folders: Vec<_> = crates.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") && !path.parent().unwrap().ends_with("tests") {
                files.push(path);
            }
        }
    }
    files
}

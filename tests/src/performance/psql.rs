//! The programs that come with PostgreSQL.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program of the newest PostgreSQL that is installed, or the one on the `PATH`.
pub fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = versions.map(|entry| entry.path()).filter(|it| version(it).is_some());
    let newest = folders.max_by_key(|folder| version(folder));
    let program = newest.map(|folder| folder.join("bin").join(name));
    program.filter(|path| path.exists()).unwrap_or_else(|| name.into())
}

/// Runs a script of SQL on the database of a URL.
pub fn run(url: &str, script: &str) {
    let mut command = Command::new(program("psql"));
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", url]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "psql failed");
}

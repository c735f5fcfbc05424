//! Looks for secrets in files, in every form that a program might write them in: raw, base64 and
//! base64url at every alignment, hex, percent-encoded, and across the line breaks of a mail.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::python;

/// A secret that was found: where, which (its position in the list that was looked for), and in
/// which form.
pub type Finding = (PathBuf, usize, String);

/// Looks for `secrets` in files.
pub fn search(files: &[PathBuf], secrets: &[&str]) -> BTreeSet<Finding> {
    let request = json!({ "files": files, "secrets": secrets });
    let found = python::with_input("search.py", &request.to_string());
    found.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// All files below a folder.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

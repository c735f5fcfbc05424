use super::*;

/// Never the same bytes twice.
struct Counter;

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        use std::sync::atomic::{AtomicU8, Ordering};
        static NEXT: AtomicU8 = AtomicU8::new(1);
        bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed));
    }
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_first_start_makes_a_key_for_the_owner_only_and_the_next_one_finds_it() {
    let folder = folder();
    let path = folder.path().join("passlink.key");
    let first = load_or_create(&path, &Counter, now()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = load_or_create(&path, &Counter, now()).unwrap();
    assert_eq!(first.newest(), second.newest());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_last_line_is_the_newest_key() {
    let folder = folder();
    let path = folder.path().join("keys");
    let key = BASE64_STANDARD.encode([1; 32]);
    write(&path, &format!("# keys\none {key}\n\ntwo {key}\n"));
    assert_eq!(load_or_create(&path, &Counter, now()).unwrap().newest().as_str(), "two");
}

#[test]
fn a_key_is_added_as_the_newest_and_an_older_one_is_taken_out() {
    let folder = folder();
    let path = folder.path().join("keys");
    let key = BASE64_STANDARD.encode([1; 32]);
    write(&path, &format!("# kept\none {key}"));
    let two = add(&path, &Counter, now()).unwrap();
    let listed: Vec<_> = list(&path).unwrap().into_iter().map(|it| (it.id, it.made)).collect();
    assert_eq!(listed, [("one".parse().unwrap(), None), (two.clone(), Some(now()))]);
    assert_eq!(*load_or_create(&path, &Counter, now()).unwrap().newest(), two);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    retire(&path, &"one".parse().unwrap()).unwrap();
    assert_eq!(list(&path).unwrap().len(), 1);
    assert!(fs::read_to_string(&path).unwrap().starts_with("# kept\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");

    fs::write(path.with_extension("new"), "").unwrap();
    let error = add(&path, &Counter, now()).unwrap_err().to_string();
    assert!(error.contains("being changed") && error.contains("keys.new"), "{error}");
    assert_eq!(list(&path).unwrap().len(), 1);
}

#[test]
fn what_is_wrong_with_the_file_is_said_without_its_secrets() {
    let folder = folder();
    let path = folder.path().join("keys");
    let short = BASE64_STANDARD.encode([1; 16]);
    for (text, expected) in [
        ("", "there is no key"),
        ("one", "line 1"),
        ("# x\none !!!!", "line 2"),
        (&*format!("one {} soon", BASE64_STANDARD.encode([1; 32])), "line 1"),
        (&*format!("one {short}"), "32 octets, this one has 16"),
    ] {
        write(&path, text);
        let error = load_or_create(&path, &Counter, now()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains(&short), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = load_or_create(&path, &Counter, now()).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

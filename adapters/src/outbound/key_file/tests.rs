use std::os::unix::fs::{PermissionsExt, symlink};

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

/// The file at a path, for its owner alone.
fn keys(path: &Path) -> KeyFile<'_> {
    KeyFile { path, readable: false }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

#[test]
fn the_first_start_makes_a_key_for_the_owner_only_and_the_next_one_finds_it() {
    let folder = folder();
    let path = folder.path().join("passlink.key");
    let first = keys(&path).load_or_create(&Counter, now()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = keys(&path).load_or_create(&Counter, now()).unwrap();
    assert_eq!(first.newest().id(), second.newest().id());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_last_line_is_the_newest_key() {
    let folder = folder();
    let path = folder.path().join("keys");
    let key = BASE64_STANDARD.encode([1; 32]);
    write(&path, &format!("# keys\none {key}\n\ntwo {key}\n"));
    assert_eq!(keys(&path).load_or_create(&Counter, now()).unwrap().newest().id().as_str(), "two");
}

#[test]
fn a_key_is_added_as_the_newest_and_an_older_one_is_taken_out() {
    let folder = folder();
    let path = folder.path().join("keys");
    let key = BASE64_STANDARD.encode([1; 32]);
    write(&path, &format!("# kept\none {key}"));
    let two = keys(&path).add(&Counter, now()).unwrap();
    let listed: Vec<_> =
        keys(&path).list().unwrap().into_iter().map(|it| (it.id, it.made)).collect();
    assert_eq!(listed, [("one".parse().unwrap(), None), (two.clone(), Some(now()))]);
    assert_eq!(*keys(&path).load_or_create(&Counter, now()).unwrap().newest().id(), two);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    keys(&path).retire(&"one".parse().unwrap()).unwrap();
    assert_eq!(keys(&path).list().unwrap().len(), 1);
    assert!(fs::read_to_string(&path).unwrap().starts_with("# kept\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");

    fs::write(folder.path().join("keys.new"), "").unwrap();
    let error = keys(&path).add(&Counter, now()).unwrap_err().to_string();
    assert!(error.contains("being changed") && error.contains("keys.new"), "{error}");
    assert_eq!(keys(&path).list().unwrap().len(), 1);
}

#[test]
fn no_two_key_files_are_in_each_others_way_whatever_they_are_called() {
    let folder = folder();
    for name in ["keys", "keys.new", "keys.a", "keys.b"] {
        let path = folder.path().join(name);
        for count in 1..=2 {
            keys(&path).add(&Counter, now()).unwrap();
            assert_eq!(keys(&path).list().unwrap().len(), count, "{name}");
        }
    }
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
        let error = keys(&path).load_or_create(&Counter, now()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains(&short), "{error}");
    }
    set_mode(&path, 0o644);
    let error = keys(&path).load_or_create(&Counter, now()).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn a_key_file_that_is_no_regular_file_is_refused_at_once() {
    let folder = folder();
    let path = folder.path().join("keys");
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status();
    assert!(made.unwrap().success());
    let refused = format!("key file {}: is a named pipe", path.display());
    // A failed test must not wait for ever.
    let (sender, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        sender.send(keys(&path).check().unwrap_err().to_string()).unwrap();
        sender.send(keys(&path).add(&Counter, now()).unwrap_err().to_string()).unwrap();
    });
    for _ in 0..2 {
        let told = told.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        assert!(told.contains(&refused), "{told}");
    }
}

/// Kubernetes and Swarm mount secrets as root's, for a group or for all.
#[test]
fn who_may_read_and_write_a_file_is_looked_at_wherever_it_is_from() {
    let folder = folder();
    let path = folder.path().join("keys");
    write(&path, &format!("one {}", BASE64_STANDARD.encode([1; 32])));
    let of_root = fs::metadata(&path).unwrap().uid() == 0;
    let others: &[u32] = if of_root { &[0, 1000] } else { &[1000] };
    for owner in others {
        if of_root {
            chown(&path, Some(*owner), Some(1000)).unwrap();
        }
        for (mode, strict, generous) in [
            (0o400, "", ""),
            (0o600, "", ""),
            (0o440, if *owner == 0 { "" } else { "read" }, ""),
            (0o640, if *owner == 0 { "" } else { "read" }, ""),
            (0o444, "read", ""),
            (0o644, "read", ""),
            (0o604, "read", ""),
            (0o660, "written", "written"),
            (0o620, "written", "written"),
            (0o602, "written", "written"),
            (0o666, "written", "written"),
        ] {
            set_mode(&path, mode);
            for (readable, told) in [(false, strict), (true, generous)] {
                let is = KeyFile { path: &path, readable }.check();
                let is = is.map_or_else(|error| error.to_string(), |()| String::new());
                let as_told = is.contains(&format!("can be {told} by others; run `chmod 600"));
                assert!(
                    if told.is_empty() { is.is_empty() } else { as_told },
                    "{owner}, {mode:o}, {readable}: {is:?}"
                );
                let names_the_key = is.contains("secrets.allow_readable_key_file = true");
                assert_eq!(names_the_key, told == "read", "{is}");
            }
        }
    }
}

/// As Kubernetes does: the file is a link into a folder that is a link as well.
#[test]
fn a_file_behind_links_is_read_and_may_begin_with_a_mark_and_end_its_lines_in_any_way() {
    let folder = folder();
    let version = folder.path().join("..2026_01_02");
    fs::create_dir(&version).unwrap();
    symlink("..2026_01_02", folder.path().join("..data")).unwrap();
    symlink("..data/keys", folder.path().join("keys")).unwrap();
    let path = folder.path().join("keys");
    let key = BASE64_STANDARD.encode([1; 32]);
    for (text, newest) in [
        (format!("\u{feff}one {key}"), "one"),
        (format!("\u{feff}# keys\r\none {key}\r\ntwo {key}\r\n"), "two"),
        (format!(" one {key} \r\n  # old\n\n\n"), "one"),
    ] {
        write(&version.join("keys"), &text);
        let held = keys(&path).load_or_create(&Counter, now()).unwrap();
        assert_eq!(held.newest().id().as_str(), newest, "{text:?}");
        let added = keys(&path).add(&Counter, now()).unwrap();
        assert_eq!(keys(&path).list().unwrap().last().unwrap().id, added);
        keys(&path).retire(&"one".parse().unwrap()).unwrap();
        let held = keys(&path).load_or_create(&Counter, now()).unwrap();
        assert_eq!(*held.newest().id(), added, "{text:?}");
        assert!(path.is_symlink());
    }
    let text = format!("one {key}");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for octets in [utf16.clone(), [&[0xff, 0xfe][..], &utf16].concat()] {
        fs::write(version.join("keys"), octets).unwrap();
        let error = keys(&path).check().unwrap_err().to_string();
        assert!(error.contains("is in UTF-16; save it as UTF-8"), "{error}");
    }
}

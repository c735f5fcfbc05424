use std::{
    fs,
    io::Write,
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

use super::*;

/// Reads in a thread of its own, as a failed test must not wait for ever.
fn told(path: &Path) -> String {
    let (sender, told) = std::sync::mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || sender.send(read(&path).unwrap_err().to_string()));
    told.recv_timeout(std::time::Duration::from_secs(60)).unwrap()
}

#[test]
fn a_regular_file_is_read_behind_any_links() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("..1")).unwrap();
    fs::write(path("..1/secret"), "s").unwrap();
    symlink("..1", path("..data")).unwrap();
    symlink("..data/secret", path("secret")).unwrap();
    assert_eq!(read(&path("secret")).unwrap(), b"s");
    let error = read(&path("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    symlink("pipe", path("link")).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    for (path, kind) in [
        (path("pipe"), "named pipe"),
        (path("link"), "named pipe"),
        (path("socket"), "socket"),
        (folder.path().to_owned(), "folder"),
        ("/dev/zero".into(), "device"),
    ] {
        assert_eq!(told(&path), format!("is a {kind}, and must be a regular file"));
    }
}

#[test]
fn what_a_shell_hands_over_is_read_to_its_end_where_once_will_do() {
    use std::os::fd::AsRawFd;
    let (reader, mut writer) = io::pipe().unwrap();
    let path = format!("/dev/fd/{}", reader.as_raw_fd());
    writer.write_all(b"s").unwrap();
    drop(writer);
    assert_eq!(told(path.as_ref()), "is a named pipe, and must be a regular file");
    assert_eq!(read_once(path.as_ref()).unwrap(), b"s");
    assert_eq!(read_once("/dev/null".as_ref()).unwrap(), b"");
}

#[test]
fn a_file_without_an_end_is_not_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(MOST).unwrap();
    assert_eq!(read(file.path()).unwrap().len() as u64, MOST);
    file.as_file().set_len(1 << 40).unwrap();
    assert_eq!(told(file.path()), "has more than 16 MiB");
}

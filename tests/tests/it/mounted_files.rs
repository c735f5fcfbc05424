//! Files as containers mount them and as editors write them.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, symlink},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use passlink_tests::{Api, Output, Passlink, python};

/// Somebody who owns nothing.
const NOBODY: u32 = 65534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Swarm mounts a secret with mode 0444, and nothing can change that.
#[tokio::test]
async fn a_key_file_that_everybody_can_read_is_used_where_that_is_allowed() {
    let mut passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    passlink.stop().await;
    let file = passlink.dir().join("passlink.key");
    set_mode(&file, 0o444);
    for command in [&["serve"] as &[&str], &["config", "check"], &["key", "list"]] {
        let stderr = passlink.cli(command).failed(1);
        let told = "set secrets.allow_readable_key_file = true";
        assert!(stderr.contains("chmod 600") && stderr.contains(told), "{stderr}");
    }
    let mut passlink = passlink.set("secrets.allow_readable_key_file", "true").started().await;
    passlink.send_link(&ada.token).await.sequence();
    passlink.cli(&["key", "list"]).done();
    passlink.stop().await;
    set_mode(&file, 0o446);
    assert!(passlink.cli(&["serve"]).failed(1).contains("can be written by others"));
}

/// An installation with a folder of secrets as Kubernetes mounts it: links that lead to a key file, and
/// neither can be changed. Where the tests are run by root, that is who owns them.
fn with_secrets() -> Passlink {
    let passlink = Passlink::with_mail_dir().set("secrets.key_file", "secrets/keys");
    set_mode(passlink.dir(), 0o755);
    let secrets = passlink.dir().join("secrets");
    let version = secrets.join("..2026_01_02");
    fs::create_dir_all(&version).unwrap();
    passlink.cli(&["key", "add"]).done();
    fs::rename(secrets.join("keys"), version.join("keys")).unwrap();
    symlink("..2026_01_02", secrets.join("..data")).unwrap();
    symlink("..data/keys", secrets.join("keys")).unwrap();
    set_mode(&version.join("keys"), 0o400);
    if runs_as_root(&passlink) {
        chown(version.join("keys"), Some(0), Some(NOBODY)).unwrap();
        set_mode(&version.join("keys"), 0o440);
    }
    set_mode(&version, 0o555);
    set_mode(&secrets, 0o555);
    passlink
}

fn runs_as_root(passlink: &Passlink) -> bool {
    fs::metadata(passlink.dir()).unwrap().uid() == 0
}

/// Runs a command as somebody who is not root.
fn as_somebody(passlink: &Passlink, arguments: &[&str]) -> Output {
    let command = passlink.command(arguments);
    if !runs_as_root(passlink) {
        return Output::of(command);
    }
    // Where the binary was built, others may not look.
    let binary = passlink.dir().join("passlink");
    if !binary.exists() {
        fs::copy(command.get_program(), &binary).unwrap();
    }
    let mut theirs = Command::new(binary);
    theirs.args(command.get_args()).current_dir(passlink.dir());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => theirs.env(name, value),
            None => theirs.env_remove(name),
        };
    }
    theirs.uid(NOBODY).gid(NOBODY);
    Output::of(theirs)
}

#[test]
fn a_key_file_that_is_mounted_for_a_group_is_read_and_not_changed() {
    let passlink = with_secrets();
    as_somebody(&passlink, &["config", "check"]).done();
    let before = fs::read(passlink.dir().join("secrets/keys")).unwrap();
    let stderr = as_somebody(&passlink, &["key", "add"]).failed(1);
    for part in ["secrets/..2026_01_02/keys can't be changed where it is", "change the copy"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    assert_eq!(fs::read(passlink.dir().join("secrets/keys")).unwrap(), before);

    let passlink = passlink.set("secrets.key_file", "secrets/none");
    let stderr = as_somebody(&passlink, &["key", "add"]).failed(1);
    assert!(stderr.contains("key file secrets/none is not there and can't be made"), "{stderr}");
    assert!(stderr.contains("passlink key add`, and put it there\n"), "{stderr}");
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn with_mark(text: &[u8]) -> Vec<u8> {
    [MARK, text, b"\r\n"].concat()
}

fn in_utf16(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark_and_one_in_utf_16_is_told() {
    let passlink = Passlink::with_mail_dir();
    let dir = passlink.dir();
    let mut command = python::script("certificates.py");
    command.arg(dir);
    Output::of(command).done();
    let keys = dir.join("keys");
    let passlink = passlink.set("secrets.key_file", keys.to_str().unwrap());
    passlink.cli(&["key", "add"]).done();
    let dir = passlink.dir().to_owned();
    let url = "smtps://ada:%20secret%20@localhost:465";
    fs::create_dir(dir.join("own")).unwrap();
    for (name, text) in [
        ("passlink.toml", "[links]\nmax_per_hour = 7\n"),
        ("url", url),
        ("own/de.json", r#"{"passkey_link": {"subject": "Ein Passkey"}}"#),
        ("own/layout.text.hbs", "{{> @partial-block}}\n"),
    ] {
        fs::write(dir.join(name), text).unwrap();
    }
    let path = |name: &str| dir.join(name).display().to_string();
    let passlink = passlink
        .without("mail.directory")
        .set("mail.from", "no-reply@example.com")
        .set("mail.smtp_url_file", &path("url"))
        .set("mail.ca_file", &path("ca.pem"))
        .set("mail.template_dir", &path("own"))
        .set("server.tls_cert", &path("cert.pem"))
        .set("server.tls_key", &path("key.pem"));
    passlink.cli(&["config", "check"]).done();
    for name in [
        "passlink.toml",
        "url",
        "own/de.json",
        "own/layout.text.hbs",
        "ca.pem",
        "cert.pem",
        "key.pem",
        "keys",
    ] {
        let text = fs::read(dir.join(name)).unwrap();
        fs::write(dir.join(name), in_utf16(&text)).unwrap();
        let stderr = passlink.cli(&["config", "check"]).failed(1);
        assert!(stderr.contains(name) && stderr.contains("is in UTF-16"), "{name}: {stderr}");
        fs::write(dir.join(name), with_mark(&text)).unwrap();
        let check = passlink.cli(&["config", "check"]);
        assert_eq!(check.code, Some(0), "{name}: {}", check.stderr);
    }
    let print = passlink.cli(&["config", "print"]).done();
    assert!(print.contains("links.max_per_hour = 7  # file"), "{print}");
}

#[test]
fn an_import_in_utf_16_is_told_in_one_line() {
    let passlink = Passlink::with_mail_dir();
    let file = passlink.dir().join("users.jsonl");
    fs::write(&file, in_utf16(b"{\"email\": \"ada@example.com\"}\n")).unwrap();
    let stderr = passlink.set_up().cli(&["user", "import", "users.jsonl"]).failed(1);
    assert!(stderr.contains("users.jsonl is in UTF-16; save it as UTF-8"), "{stderr}");
    assert_eq!(passlink.cli(&["user", "list"]).done(), "");
}

/// Kubernetes sets them in each pod.
#[tokio::test]
async fn variables_of_services_do_not_stop_the_start_and_are_told_once() {
    let passlink = Passlink::with_mail_dir()
        .set_variable("PASSLINK_DB_SERVICE_HOST", "10.0.0.1")
        .set_variable("PASSLINK_DB_SERVICE_PORT", "5432")
        .set_variable("PASSLINK_SERVER_PORT", "tcp://10.0.0.2:8080");
    let quiet = passlink.cli(&["config", "print"]);
    assert!(!quiet.stderr.contains("PASSLINK_DB"), "{}", quiet.stderr);
    let passlink = passlink.started().await;
    let log = passlink.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("enableServiceLinks")).collect();
    let [told] = told[..] else { panic!("{log}") };
    assert!(told.contains("passed over 3 environment variables"), "{told}");
    let wrong = passlink.another_node().set_variable("PASSLINK_SERVER_LISTEN", "0.0.0.0:8080");
    let stderr = wrong.cli(&["serve"]).failed(1);
    assert!(stderr.contains("did you mean PASSLINK_SERVER__LISTEN?"), "{stderr}");
}

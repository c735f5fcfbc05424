//! The file of a SQLite database: who has it, who can read it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use passlink_tests::{Api, Passlink, secrets, until};

mod taken;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Another installation on the database of `passlink`, by another path.
fn by_path(passlink: &Passlink, path: &str) -> Passlink {
    passlink.another_node().set("database.url", &format!("sqlite://{path}?mode=rwc"))
}

#[tokio::test]
async fn a_second_server_on_a_sqlite_file_is_refused_and_a_killed_one_is_in_nobodys_way() {
    let mut first = Passlink::with_mail_dir().on_sqlite().started().await;
    let ada = first.ada();
    let (folder, file) = (first.dir(), first.database_file());
    symlink(file, folder.join("link.db")).unwrap();
    symlink(folder, folder.join("here")).unwrap();
    let [link, here] = ["link.db", "here/passlink.db"].map(|it| folder.join(it));
    for path in [file, &link, &here] {
        let mut second = by_path(&first, path.to_str().unwrap());
        second.launch();
        assert_eq!(second.ended().await.code(), Some(1), "{}", second.log());
        let told = format!("database file {}: another `passlink serve`", file.display());
        assert!(second.log().contains(&told), "{}", second.log());
        assert!(second.log().contains("database.url"), "{}", second.log());
        assert_eq!(second.cli(&["user", "list"]).lines().len(), 1, "commands work beside it");
    }
    assert!(!folder.join("link.db-serve").exists(), "one file has one lock");
    first.send_link(&ada.token).await.sequence();
    let mut second = by_path(&first, link.to_str().unwrap());
    first.kill();
    second.start().await;
    assert_eq!(fs::metadata(first.dir().join("passlink.db-serve")).unwrap().len(), 0);
    assert_eq!(second.stop().await.code(), Some(0));
    first.start().await;
}

#[tokio::test]
async fn all_that_a_server_makes_is_for_its_owner_alone_whatever_the_umask() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite();
    // A link to nothing yet: the database is made where it leads.
    let elsewhere = passlink.dir().join("elsewhere.db");
    symlink(&elsewhere, passlink.database_file()).unwrap();
    passlink.launch_after("umask 000");
    passlink.until_ready().await;
    passlink.send_link(&passlink.ada().token).await.sequence();
    until("the mail to be written", async || {
        fs::read_dir(passlink.mail_dir()).unwrap().next().map(drop)
    })
    .await;
    let logs = ["stdout", "stderr", "cli.stderr"].map(|name| passlink.dir().join(name));
    let made: Vec<PathBuf> =
        secrets::files(passlink.dir()).into_iter().filter(|file| !logs.contains(file)).collect();
    for name in ["elsewhere.db", "elsewhere.db-wal", "elsewhere.db-shm", "elsewhere.db-serve"] {
        assert!(made.contains(&passlink.dir().join(name)), "{name} of {made:?}");
    }
    for file in made {
        assert_eq!(mode(&file) & 0o077, 0, "{} has mode {:o}", file.display(), mode(&file));
    }
    assert_eq!(mode(&passlink.mail_dir()), 0o700);
}

#[tokio::test]
async fn a_database_that_others_can_read_is_told_and_one_that_everybody_can_write_refused() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite();
    passlink.cli(&["migrate"]).done();
    let file = passlink.database_file().to_owned();
    passlink.start().await;
    assert!(!passlink.log().contains("chmod"), "{}", passlink.log());
    passlink.stop().await;
    set_mode(&file, 0o640);
    passlink.start().await;
    let advice = format!("run `chmod 600 {}", file.display());
    assert!(passlink.log().contains(&advice), "{}", passlink.log());
    passlink.stop().await;
    assert_eq!(mode(&file), 0o640, "it is the operator's");
    set_mode(&file, 0o602);
    let told = format!("{} can be written by everybody; {advice}`", file.display());
    for command in [&["serve"][..], &["user", "list"], &["config", "check"]] {
        let stderr = passlink.cli(command).failed(1);
        assert!(stderr.contains(&told), "{command:?}: {stderr}");
    }
}

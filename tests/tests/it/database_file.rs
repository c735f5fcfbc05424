//! The file of a SQLite database: who has it.

use std::{fs, os::unix::fs::symlink};

use passlink_tests::Passlink;

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

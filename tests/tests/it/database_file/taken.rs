//! A database that is removed or replaced under a running server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use passlink_tests::{Answer, Api, Caller, Passlink, SEND_LINK, sql, until};
use reqwest::Method;
use tokio::task::JoinSet;

/// What the log says once.
const TOLD: &str = "was removed or replaced while it was in use";
const BACK: &str = "the files of the database are back";

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A server whose database stands in a folder of its own, and the file.
async fn started() -> (Passlink, PathBuf, Caller) {
    let passlink = Passlink::with_mail_dir().on_sqlite().generous();
    let file = passlink.dir().join("data/passlink.db");
    fs::create_dir(file.parent().unwrap()).unwrap();
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let passlink = passlink.set("database.url", &url).started().await;
    let ada = passlink.ada();
    passlink.send_link(&ada.token).await.sequence();
    (passlink, file, ada)
}

fn count(log: &str, line: &str) -> usize {
    log.matches(line).count()
}

/// Nobody is told that something was done or is so, many at a time, and again and again.
async fn assert_out_of_reach(passlink: &Passlink, ada: &Caller) {
    for _ in 0..3 {
        let listing = passlink.request(Method::POST, &SEND_LINK.replace("_send_link", "_search"));
        let answers = [passlink.sending(&ada.token), listing.bearer_auth(&ada.token).body("{}")];
        let many: JoinSet<_> = (0..20)
            .flat_map(|_| answers.each_ref().map(|request| request.try_clone().unwrap()))
            .map(Answer::to)
            .collect();
        for answer in many.join_all().await {
            answer.assert_error(503, 14, "Errors.Unavailable", "SERVICE-Unavailable");
        }
        passlink.until_status("/readyz", 503).await;
    }
    assert_eq!(count(&passlink.log(), TOLD), 1, "{}", passlink.log());
}

async fn until_mails(passlink: &Passlink, expected: usize) {
    until("the mails to be written", async || {
        let files = fs::read_dir(passlink.mail_dir()).unwrap();
        let mails = files.filter(|it| it.as_ref().unwrap().path().extension().unwrap() == "eml");
        (mails.count() == expected).then_some(())
    })
    .await;
}

/// What is taken is missed before the next answer, and found when it is put back.
async fn assert_missed(taken: impl Fn(&Path) -> PathBuf) {
    let (mut passlink, file, ada) = started().await;
    until_mails(&passlink, 1).await;
    let (taken, kept) = (taken(&file), passlink.dir().join("kept"));
    fs::rename(&taken, &kept).unwrap();
    assert_out_of_reach(&passlink, &ada).await;
    assert!(!taken.exists(), "a running server makes no file");
    fs::rename(&kept, &taken).unwrap();
    passlink.until_ready().await;
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
    until_mails(&passlink, 2).await;
    assert_eq!((count(&passlink.log(), TOLD), count(&passlink.log(), BACK)), (1, 1));
}

#[tokio::test]
async fn a_database_file_that_is_away_is_out_of_reach_and_then_back() {
    assert_missed(Path::to_owned).await;
}

#[tokio::test]
async fn a_database_whose_folder_is_away_is_out_of_reach_and_then_back() {
    assert_missed(|file| file.parent().unwrap().to_owned()).await;
}

#[tokio::test]
async fn a_database_whose_journal_or_its_index_is_away_is_out_of_reach_and_then_back() {
    assert_missed(|file| with_ending(file, "-wal")).await;
    assert_missed(|file| with_ending(file, "-shm")).await;
}

#[tokio::test]
async fn a_backup_that_is_put_in_the_place_of_the_database_needs_a_restart() {
    let (mut passlink, file, ada) = started().await;
    let backup = passlink.dir().join("backup.db");
    let url = format!("sqlite://{}", file.display());
    sql(&url, "VACUUM INTO ?", &[backup.to_str().unwrap()]);
    fs::set_permissions(&backup, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3);
    // A stop would wait for what can't be recorded any more.
    until("both mails to be sent", async || {
        (count(&passlink.log(), "mail sent") == 2).then_some(())
    })
    .await;
    fs::rename(&backup, &file).unwrap();
    assert_out_of_reach(&passlink, &ada).await;
    assert!(passlink.log().contains("start again"), "{}", passlink.log());
    assert_eq!(passlink.stop().await.code(), Some(0));
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(with_ending(&file, ending));
    }
    passlink.start().await;
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 3, "as the backup has it");
    assert_eq!(count(&passlink.log(), BACK), 0);
}

#[tokio::test]
async fn a_server_makes_no_file_but_at_its_start_and_none_where_the_url_says_so() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let file = passlink.dir().join("none.db");
    let passlink = passlink.set("database.url", &format!("sqlite://{}", file.display()));
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("none.db, and the URL does not allow"), "{stderr}");
    assert!(!file.exists());
}

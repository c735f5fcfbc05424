//! Commands where there is no database: they make none, and say where they looked.

use std::{fs, process::Command};

use passlink_tests::{Passlink, secrets};

/// Commands that read a database or write to it.
const COMMANDS: [&[&str]; 19] = [
    &["user", "list"],
    &["user", "add", "--email", "ada@example.com"],
    &["user", "show", "1"],
    &["user", "remove", "1"],
    &["user", "import", "users.jsonl"],
    &["token", "create", "--user", "1"],
    &["token", "list", "--user", "1"],
    &["token", "revoke", "1"],
    &["link", "create", "--user", "1"],
    &["link", "list", "--user", "1"],
    &["passkey", "list", "--user", "1"],
    &["passkey", "rename", "1", "Phone"],
    &["passkey", "export"],
    &["passkey", "import", "passkeys.jsonl"],
    &["outbox", "list"],
    &["outbox", "retry", "1"],
    &["key", "list"],
    &["key", "retire", "k1"],
    &["serve", "--no-migrate"],
];

/// An installation without a database, but with all that commands read.
fn installation() -> Passlink {
    let passlink = Passlink::with_mail_dir();
    fs::write(passlink.dir().join("users.jsonl"), "{\"email\":\"ada@example.com\"}\n").unwrap();
    fs::write(passlink.dir().join("passkeys.jsonl"), "").unwrap();
    // One file for both databases.
    let passlink = passlink.set("secrets.key_file", "keys");
    for _ in 0..2 {
        passlink.cli(&["key", "add"]).done();
    }
    let keys = fs::read_to_string(passlink.dir().join("keys")).unwrap();
    let first = keys.split_whitespace().next().unwrap();
    fs::write(passlink.dir().join("keys"), keys.replace(first, "k1")).unwrap();
    passlink
}

/// What messages call the database.
fn place(passlink: &Passlink) -> String {
    if passlink.is_on_sqlite() {
        passlink.database_file().display().to_string()
    } else {
        passlink.database_url().path().trim_start_matches('/').to_owned()
    }
}

#[test]
fn a_command_says_where_it_looked_for_a_database_and_makes_none() {
    let passlink = installation();
    let made = || {
        let mut files = secrets::files(passlink.dir());
        files.retain(|file| !file.ends_with("cli.stderr"));
        files.sort();
        files
    };
    let before = made();
    let place = place(&passlink);
    for command in COMMANDS {
        let stderr = passlink.cli(command).failed(1);
        for part in [place.as_str(), "database.url", "passlink migrate", "--config"] {
            assert!(stderr.contains(part), "{command:?} does not say {part}: {stderr}");
        }
        assert_eq!(made(), before, "{command:?}");
    }
    let migrate = || passlink.cli(&["migrate"]).stderr;
    let told = migrate();
    assert!(told.contains("set up a new database: ") && told.contains(&place), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(migrate().ends_with(&format!("{place} is up to date\n")));
    assert_eq!(passlink.cli(&["user", "list"]).done(), "");
}

#[test]
fn a_command_in_the_wrong_folder_names_the_folder() {
    let passlink = Passlink::with_mail_dir().on_sqlite().without("database.url");
    let stderr = passlink.cli(&["user", "list"]).failed(1);
    let folder = fs::canonicalize(passlink.dir()).unwrap();
    let told = format!(
        "database.url: there is no database at {}: run `passlink migrate` to set it up",
        folder.join("passlink.db").display()
    );
    assert!(stderr.contains(&told), "{stderr}");
    assert!(!passlink.dir().join("passlink.db").exists());
    let passlink = passlink.set("database.url", "sqlite://nowhere/passlink.db?mode=rwc");
    for command in [&["user", "list"] as &[&str], &["migrate"], &["serve"], &["config", "check"]] {
        let stderr = passlink.cli(command).failed(1);
        let missing = folder.join("nowhere/passlink.db");
        let told = format!("no database at {}, and no folder for one", missing.display());
        assert!(stderr.contains(&told), "{command:?}: {stderr}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let mut passlink = Passlink::with_mail_dir().on_sqlite();
    let (folder, pipe) = (passlink.dir().join("folder"), passlink.dir().join("pipe"));
    fs::create_dir(&folder).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (place, kind) in [(folder, "folder"), (pipe, "named pipe"), ("/dev/zero".into(), "device")]
    {
        passlink = passlink.set("database.url", &format!("sqlite://{}?mode=rwc", place.display()));
        for command in
            [&["config", "check"] as &[&str], &["migrate"], &["user", "list"], &["serve"]]
        {
            let stderr = passlink.cli(command).failed(1);
            let told = format!("{}: is a {kind}, and must be a regular file", place.display());
            assert!(stderr.contains(&told), "{command:?}: {stderr}");
        }
    }
}

#[test]
fn a_file_that_is_empty_or_something_else_is_no_database_and_stays_as_it_is() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    let file = passlink.database_file().to_owned();
    fs::write(&file, "").unwrap();
    let stderr = passlink.cli(&["user", "list"]).failed(1);
    let told = format!(
        "the database file {} is empty: run `passlink migrate` to set it up",
        file.display()
    );
    assert!(stderr.contains(&told), "{stderr}");
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);

    let letter = "Dear reader, this is no database. ".repeat(200);
    fs::write(&file, &letter).unwrap();
    for command in [&["user", "list"] as &[&str], &["migrate"], &["serve"]] {
        let stderr = passlink.cli(command).failed(1);
        let told = format!("{}: is not a database of SQLite; see database.url", file.display());
        assert!(stderr.contains(&told), "{command:?}: {stderr}");
        assert_eq!(fs::read_to_string(&file).unwrap(), letter);
    }
}

#[test]
fn a_database_of_somebody_else_is_not_set_up_by_a_command() {
    let passlink = Passlink::with_mail_dir();
    if passlink.is_on_sqlite() {
        fs::write(passlink.database_file(), "").unwrap();
    }
    passlink.sql("CREATE TABLE recipes (name TEXT)", &[]);
    let stderr = passlink.cli(&["user", "list"]).failed(1);
    let told = format!("{} has no Passlink tables: run `passlink migrate`", place(&passlink));
    assert!(stderr.contains(&told), "{stderr}");
    assert!(passlink.sql("SELECT * FROM recipes", &[]).is_empty());
    let tables = if passlink.is_on_sqlite() {
        "SELECT name FROM sqlite_schema"
    } else {
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    };
    assert_eq!(passlink.sql(tables, &[]), [["recipes"]]);
}

#[test]
fn a_key_can_be_made_before_there_is_a_database() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["key", "add"]).done();
    assert!(passlink.dir().join("passlink.key").exists());
    assert!(!passlink.dir().join("passlink.db").exists());
}

//! The commands: what they print, where, and how they end.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    process::{Command, Stdio},
};

use passlink_tests::{Api, MailServer, Output, Passlink};
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// Holds the help of a command against what help must have, and that of all commands below it.
fn check_help(passlink: &Passlink, command: &[&str]) -> usize {
    let help = passlink.cli(&[command, &["--help"]].concat()).done();
    assert!(help.contains("Usage: passlink"), "{command:?}: {help}");
    let Some((_, commands)) = help.split_once("\nCommands:\n") else {
        assert!(help.contains("\nExample") && help.contains("  passlink "), "{command:?}: {help}");
        return 1;
    };
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(|name| check_help(passlink, &[command, &[name]].concat()))
        .sum()
}

#[test]
fn every_command_explains_itself() {
    let passlink = Passlink::new();
    assert!(check_help(&passlink, &[]) > 25);
    for hidden in ["completions", "man"] {
        assert_eq!(check_help(&passlink, &[hidden]), 1);
    }
    assert!(passlink.cli(&["--version"]).done().starts_with("passlink "));
}

#[test]
fn shells_are_told_what_can_be_completed() {
    let passlink = Passlink::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = passlink.cli(&["completions", shell]).done();
        for word in ["user", "deactivate", "display-name", "schema"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let script = passlink.dir().join("passlink.bash");
    fs::write(&script, passlink.cli(&["completions", "bash"]).done()).unwrap();
    let complete = format!(
        "source {}; COMP_WORDS=(passlink user re); COMP_CWORD=2; _passlink passlink re user; \
         echo ${{COMPREPLY[@]}}",
        script.display()
    );
    let output = Command::new("bash").args(["-c", &complete]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "reactivate remove\n");
    passlink.cli(&["completions", "dos"]).failed(2);
    passlink.cli(&["completions"]).failed(2);
}

#[test]
fn every_command_has_a_manual_page() {
    let passlink = Passlink::new();
    assert!(passlink.cli(&["man"]).done().contains(".TH passlink 1"));
    assert_eq!(passlink.cli(&["man", "--out", "share/man"]).done(), "");
    let page =
        |name: &str| fs::read_to_string(passlink.dir().join("share/man").join(name)).unwrap();
    assert!(page("passlink.1").contains("passlink\\-user(1)"));
    assert!(page("passlink-user-import.1").contains("passlink user import users.jsonl"));
    fs::write(passlink.dir().join("file"), "").unwrap();
    assert!(passlink.cli(&["man", "--out", "file"]).failed(1).contains("file"));
}

#[tokio::test]
async fn a_link_is_made_listed_and_revoked() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let link = passlink.cli(&["link", "create", "--user", &ada.id]).done();
    assert_eq!(link.lines().count(), 1, "{link}");
    let (url, code) = link.trim_end().split_once("#code=").expect(&link);
    assert!(url.starts_with("https://login.example.com/passkeys/register?userID="), "{link}");
    let sent = passlink.cli(&["link", "create", "--user", &ada.id, "--send"]).lines().remove(0);
    assert_eq!((&sent["sequence"], &sent["resourceOwner"]), (&json!(3), &json!("default")));

    let output = passlink.cli(&["link", "list", "--user", &ada.id]);
    assert!(!output.stdout.contains(code));
    let listed = output.lines();
    assert_eq!((listed.len(), &listed[0]["mailedTo"]), (2, &Value::Null));
    for key in ["id", "user", "mailedTo", "requested", "expires"] {
        assert!(sent[key].is_string(), "{key}: {sent}");
        assert_eq!(sent[key], listed[1][key], "{key}");
    }
    assert_eq!(
        (&sent["mailedTo"], &sent["state"]),
        (&json!("ada@example.com"), &json!("requested"))
    );
    let id = listed[0]["id"].as_str().unwrap();
    assert!(url.contains(&format!("codeID={id}")), "{url}");
    let revoked = passlink.cli(&["link", "revoke", id]).lines().remove(0);
    assert_eq!((&revoked["id"], &revoked["state"]), (&json!(id), &json!("revoked")));
    assert!(passlink.cli(&["link", "revoke", id]).failed(1).contains("ended"));
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);
}

#[test]
fn a_user_who_may_not_have_a_link_gets_none() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1", "--unverified"]);
    let create = |more: &[&str]| passlink.cli(&[&["link", "create", "--user", "1"], more].concat());
    assert!(create(&["--send"]).failed(1).contains("verified"));
    create(&[]).done();
    passlink.cli(&["user", "update", "1", "--verified"]).done();
    create(&["--send"]).done();
    assert!(create(&["--send"]).failed(1).contains("too many links"));
    passlink.cli(&["user", "lock", "1"]).done();
    assert!(create(&[]).failed(1).contains("not active"));
}

#[test]
fn wrong_use_exits_with_2_and_leaves_stdout_empty() {
    let passlink = Passlink::with_mail_dir().on_sqlite();
    for line in [
        "frobnicate",
        "user frobnicate",
        "user add",
        "user add --email nobody",
        "user add --email a@b@example.com",
        "user add --email ada@example.com --language english!",
        "user add --email ada@example.com --id",
        "user show",
        "user list --frobnicate",
        "token create",
        "token create --user 1 --expires-in never",
        "token create --user 1 --expires-in 0s",
        "token list",
        "token revoke",
        "outbox retry",
        "link create",
        "link create --user 1 --mail",
        "link create --user 1 --send --qr",
        "link list",
        "link revoke",
        "passkey",
        "passkey list",
        "passkey remove",
        "passkey rename",
        "passkey rename 1",
        "passkey rename 1 two words",
        "passkey export 1",
        "passkey import",
        "user add --email ada@example.com --user-handle !",
        "user add --email ada@example.com --user-handle=",
        "config",
        "config chekc",
        "migrate extra",
        "mail test",
        "mail test --to nobody",
        "serve extra",
        "key",
        "key add extra",
        "key list extra",
        "key retire",
        "config check extra",
        "config print extra",
        "completions",
        "completions dos",
        "man extra",
        "demo extra",
        "demo --config passlink.toml",
        "--config passlink.toml demo",
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let output = passlink.cli(&arguments);
        assert_eq!(output.code, Some(2), "{line}: {output:?}");
        output.failed(2);
    }
    assert!(!passlink.database_file().exists(), "wrong use makes no database");
}

#[test]
fn a_user_is_added_with_what_was_given() {
    let passlink = Passlink::with_mail_dir();
    let user = passlink.user(
        "Ada.Example@Bücher.Example",
        &[
            "--id",
            "163840776835432705",
            "--org",
            "69629023906488334",
            "--username",
            "ada",
            "--display-name",
            r#"Zoë 山田 "Z" <x>"#,
            "--language",
            "de-CH",
        ],
    );
    let expected = json!({
        "id": "163840776835432705", "organisation": "69629023906488334", "username": "ada",
        "displayName": r#"Zoë 山田 "Z" <x>"#, "language": "de-CH",
        "email": "Ada.Example@xn--bcher-kva.example", "emailVerified": true, "state": "active",
        "sequence": 1,
    });
    assert_eq!(user, expected);
    assert_eq!(passlink.cli(&["user", "show", "163840776835432705"]).lines(), [expected]);
}

#[test]
fn a_user_is_added_with_an_address_alone() {
    let passlink = Passlink::with_mail_dir();
    let user = passlink.user("ada@example.com", &[]);
    let id = user["id"].as_str().unwrap();
    assert_eq!((id.len(), &id[14..15]), (36, "7"), "a UUIDv7: {id}");
    assert_eq!(user["organisation"], "default");
    assert_eq!(user["username"], "ada@example.com");
    assert_eq!(user["displayName"], "ada@example.com");
    assert_eq!(user["emailVerified"], true);
    let other = passlink.user("other@example.com", &["--unverified"]);
    assert_eq!(other["emailVerified"], false);
}

#[test]
fn an_id_and_an_address_are_taken_once() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &["--id", "1"]);
    let add = |address: &str, more: &[&str]| {
        passlink.cli(&[&["user", "add", "--email", address], more].concat())
    };
    let told = add("other@example.com", &["--id", "1"]).failed(1);
    assert!(told.contains("there is a user with the id 1 already"), "{told}");
    for address in ["ada@example.com", "ADA@EXAMPLE.COM"] {
        let told = add(address, &[]).failed(1);
        let whose = "the address belongs to another user of the organisation, 1\n";
        assert!(told.ends_with(whose), "{told}");
    }
    add("ada@example.com", &["--org", "other"]).done();
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 2);
}

#[test]
fn what_to_do_after_a_user_was_added_can_be_copied_into_a_shell() {
    let passlink = Passlink::with_mail_dir();
    passlink.set_up();
    let file = "it's my config.toml";
    fs::write(passlink.dir().join(file), "[webauthn]\nrp_name = \"Example\"\n").unwrap();
    for (number, id) in ["ada", "-a", "it's&all$(so)"].iter().enumerate() {
        let (id, address) = (format!("--id={id}"), format!("{number}@example.com"));
        let added = passlink.cli(&["--config", file, "user", "add", "--email", &address, &id]);
        assert_eq!((added.code, added.stdout.lines().count()), (Some(0), 1), "{added:?}");
        let hint = added.stderr.strip_prefix("for a passkey link, run: ").expect(&added.stderr);
        assert!(hint.contains(" --config 'it'\\''s my config.toml' link create --user="), "{hint}");
        let (command, mut shell) = (passlink.command(&[]), Command::new("sh"));
        shell.args(["-c", hint]).current_dir(passlink.dir());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        assert!(Output::of(shell).done().contains("#code="), "{hint}");
    }
}

#[test]
fn users_are_listed_one_a_line() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    assert_eq!(passlink.cli(&["user", "list"]).done(), "");
    let crowd = passlink.crowd(1201);
    let listed = passlink.cli(&["user", "list"]).lines();
    let ids: BTreeSet<_> = listed.iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!((listed.len(), ids.len()), (1201, 1201), "pages neither skip nor repeat");
    assert!(crowd.iter().all(|user| ids.contains(&*user.id)));
}

#[test]
fn a_token_is_printed_alone_and_once() {
    let passlink = Passlink::with_mail_dir();
    let id = passlink.user("ada@example.com", &[])["id"].as_str().unwrap().to_owned();
    let create = ["token", "create", "--user", &id, "--name", "Ada's laptop", "--expires-in", "8h"];
    let token = passlink.cli(&create).done();
    assert_eq!(token.lines().count(), 1, "{token}");
    let token = token.trim_end();
    assert!(token.len() >= 43 && !token.contains(char::is_whitespace), "256 bits: {token}");
    assert_ne!(passlink.token(&id, &[]), token);

    let output = passlink.cli(&["token", "list", "--user", &id]);
    assert!(!output.stdout.contains(token));
    let listed = output.lines();
    assert_eq!(listed.len(), 2);
    let named = listed.iter().find(|it| it["name"] == "Ada's laptop").unwrap();
    assert_eq!((&named["user"], &named["revoked"]), (&json!(id), &Value::Null));
    assert!(named["created"].is_string() && named["expires"].is_string(), "{named}");

    let token_id = named["id"].as_str().unwrap();
    let revoked = passlink.cli(&["token", "revoke", token_id]).lines().remove(0);
    assert!(revoked["revoked"].is_string(), "{revoked}");
    let again = passlink.cli(&["token", "revoke", token_id]).lines().remove(0);
    assert_eq!(again, revoked, "revoking again changes nothing");
}

#[test]
fn what_does_not_exist_is_told_on_stderr_and_exits_with_1() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &[]);
    for line in [
        ["user", "show", NOBODY].as_slice(),
        &["token", "create", "--user", NOBODY],
        &["token", "list", "--user", NOBODY],
        &["token", "revoke", NOBODY],
        &["outbox", "retry", NOBODY],
        &["link", "create", "--user", NOBODY],
        &["link", "create", "--user", NOBODY, "--send"],
        &["link", "list", "--user", NOBODY],
        &["link", "revoke", NOBODY],
        &["passkey", "list", "--user", NOBODY],
        &["passkey", "remove", NOBODY],
        &["passkey", "rename", NOBODY, "Phone"],
        &["passkey", "export", "--user", NOBODY],
        &["passkey", "import", "nowhere.jsonl"],
    ] {
        let stderr = passlink.cli(line).failed(1);
        assert_eq!(stderr.lines().count(), 1, "{line:?}: {stderr}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_failure() {
    let passlink = Passlink::with_mail_dir().behind_a_proxy();
    passlink.cli(&["migrate"]).done();
    passlink.crowd(1201);
    for line in [
        &["user", "list"] as &[&str],
        &["user", "add", "--email", "ada@example.com"],
        &["config", "print"],
        &["man"],
    ] {
        let mut command = passlink.command(line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{line:?}");
    }
    assert_eq!(passlink.cli(&["user", "list"]).lines().len(), 1202, "what was to be done is done");
}

#[test]
fn what_can_not_be_printed_is_a_failure() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("ada@example.com", &[]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = passlink.command(&["user", "list"]);
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.starts_with("passlink: stdout: No space left"), "{stderr}");
}

#[tokio::test]
async fn commands_work_beside_a_running_server() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    for _ in 0..3 {
        passlink.send_link(&ada.token).await.sequence();
        let shown = passlink.cli(&["user", "show", &ada.id]).lines().remove(0);
        let other = passlink.token(&ada.id, &[]);
        assert_eq!(
            passlink.send_link(&other).await.sequence(),
            shown["sequence"].as_u64().unwrap() + 1
        );
    }
}

#[tokio::test]
async fn a_test_mail_takes_the_way_of_real_mails() {
    let mails = MailServer::plain();
    let refuse =
        json!([{ "recipient": "nobody@", "stage": "rcpt", "answer": "550 5.1.1 Unknown" }]);
    mails.rules(&refuse);
    let passlink = Passlink::with_mail_server(&mails);
    let test = |address: &str| passlink.cli(&["mail", "test", "--to", address]);
    test("ada@example.com").done();
    let received = mails.until_mails(1).await.remove(0);
    assert_eq!(received.envelope.to, ["ada@example.com"]);
    assert_eq!(received.mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(received.mail.defects, Vec::<String>::new());
    let stderr = test("nobody@example.com").failed(1);
    assert!(stderr.contains("550") && stderr.contains("Unknown"), "{stderr}");

    let nowhere = Passlink::new();
    let stderr = nowhere.cli(&["mail", "test", "--to", "ada@example.com"]).failed(1);
    assert!(stderr.contains("mail.smtp_url"), "{stderr}");
    let folder = Passlink::with_mail_dir();
    folder.cli(&["mail", "test", "--to", "ada@example.com"]).done();
    assert_eq!(fs::read_dir(folder.mail_dir()).unwrap().count(), 1);
}

#[tokio::test]
async fn the_database_is_migrated_by_who_may() {
    let mut passlink = Passlink::with_mail_dir();
    let stderr = passlink.cli(&["serve", "--no-migrate"]).failed(1);
    assert!(stderr.contains("passlink migrate"), "{stderr}");
    assert_eq!(passlink.cli(&["migrate"]).done(), "");
    assert_eq!(passlink.cli(&["migrate"]).done(), "", "once more changes nothing");
    passlink.start().await;
}

#[test]
fn a_database_that_a_newer_version_migrated_is_refused() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    passlink.sql("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_new', 1)", &[]);
    for command in [&["serve"][..], &["migrate"], &["user", "list"]] {
        let stderr = passlink.cli(command).failed(1);
        assert!(stderr.contains("newer version (m9999_new)"), "{stderr}");
    }
}

#[test]
fn several_who_migrate_at_once_do_not_disturb_each_other() {
    let passlink = Passlink::with_mail_dir();
    let started = (0..4).map(|_| passlink.command(&["migrate"]).spawn().unwrap());
    for mut process in started.collect::<Vec<_>>() {
        assert!(process.wait().unwrap().success());
    }
    passlink.user("ada@example.com", &[]);
}

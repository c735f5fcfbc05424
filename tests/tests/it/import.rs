//! `passlink user import`: many users, all of them or none.

use std::{
    fs::{self, File},
    io::Write,
    process::{Child, ChildStdin, Command, Stdio},
};

use passlink_tests::{Api, Output, Passlink, until};
use serde_json::{Value, json};

/// Imports lines from a file.
fn import(passlink: &Passlink, lines: &[u8]) -> Output {
    let file = passlink.dir().join("users.jsonl");
    fs::write(&file, lines).unwrap();
    passlink.set_up().cli(&["user", "import", file.to_str().unwrap()])
}

fn listed(passlink: &Passlink) -> Vec<Value> {
    passlink.cli(&["user", "list"]).lines()
}

fn line(id: usize) -> String {
    json!({ "id": id.to_string(), "email": format!("{id}@example.com") }).to_string() + "\n"
}

fn lines(count: usize) -> String {
    (1..=count).map(line).collect()
}

#[test]
fn what_is_left_out_is_as_with_user_add() {
    let passlink = Passlink::with_mail_dir();
    let output = import(&passlink, b"{\"email\": \"Ada@B\xc3\xbccher.Example\"}\r\n\n \n");
    assert_eq!(output.lines(), [json!({ "imported": 1 })]);
    let imported = listed(&passlink).remove(0);
    let added = Passlink::with_mail_dir().user("Ada@B\u{fc}cher.Example", &[]);
    for (key, value) in added.as_object().unwrap().iter().filter(|(key, _)| *key != "id") {
        assert_eq!(&imported[key], value, "{key}");
    }
    assert_eq!(imported["id"].as_str().unwrap().len(), 36);
    assert_eq!(passlink.history(imported["id"].as_str().unwrap()), [1]);
}

#[tokio::test]
async fn a_list_can_be_imported_elsewhere_and_lists_the_same() {
    let old = Passlink::with_mail_dir();
    old.user(
        "ada@example.com",
        &["--id", "1", "--org", "a", "--display-name", "Zo\u{eb} \"Z\"", "--language", "de-CH"],
    );
    old.user("ada@example.com", &["--id", "2", "--org", "b", "--username", "ada", "--unverified"]);
    for id in ["3", "4", "5"] {
        old.user(&format!("{id}@example.com"), &["--id", id]);
    }
    old.cli(&["user", "lock", "3"]).done();
    old.cli(&["user", "deactivate", "4"]).done();
    old.cli(&["user", "remove", "5"]).done();
    let new = Passlink::with_mail_dir().generous().started().await;
    let list = old.cli(&["user", "list"]).done();
    assert_eq!(import(&new, list.as_bytes()).lines(), [json!({ "imported": 4 })]);
    let begun_anew = |mut user: Value| {
        user["sequence"] = 1.into();
        user
    };
    let expected: Vec<_> = listed(&old).into_iter().map(begun_anew).collect();
    assert_eq!(listed(&new), expected);
    new.send_link(&new.token("1", &[])).await.sequence();
    let locked = new.send_link(&new.token("3", &[])).await;
    locked.assert_error(400, 9, "Errors.User.NotActive", "USER-NotActive");
}

#[test]
fn a_wrong_line_is_told_with_its_number_and_what_is_wrong() {
    for (wrong, told) in [
        ("email: ada@example.com", "must be a JSON object"),
        (
            "[\"1\", \"default\", \"ada\", \"Ada\", \"en\", \"ada@example.com\"]",
            "must be a JSON object",
        ),
        ("{\"email\": \"ada@example.com\"", "EOF while parsing an object (at column 27)"),
        ("{\"email\": \"ada@example.com\"} {}", "trailing characters"),
        ("{}", "missing field `email`"),
        ("{\"email\": null}", "invalid type: null, expected a string"),
        (
            "{\"email\": \"ada@example.com\", \"mail\": 1}",
            "unknown field `mail`, expected one of `id`",
        ),
        (
            "{\"email\": \"ada@example.com\", \"email\": \"b@example.com\"}",
            "duplicate field `email`",
        ),
        (
            "{\"email\": \"ada@example.com\", \"emailVerified\": \"yes\"}",
            "emailVerified: invalid type",
        ),
        ("{\"email\": \"ada\"}", "email: must have the form name@example.com; it has no @"),
        ("{\"email\": \"\\\"a b\\\"@example.com\"}", "email: must not have a blank before the @"),
        ("{\"email\": \"ada@example.com\", \"id\": \"a b\"}", "id: must not contain white space"),
        (
            "{\"email\": \"ada@example.com\", \"organisation\": \"\"}",
            "organisation: must not be empty",
        ),
        ("{\"email\": \"ada@example.com\", \"username\": \" \"}", "username: must not be empty"),
        (
            "{\"email\": \"ada@example.com\", \"displayName\": \"a\\nb\"}",
            "displayName: must not contain",
        ),
        (
            "{\"email\": \"ada@example.com\", \"language\": \"klingon\"}",
            "language: must be a language tag (BCP 47), such as de or pt-BR",
        ),
        (
            "{\"email\": \"ada@example.com\", \"state\": \"removed\"}",
            "state: must be active, deactivated or locked",
        ),
        ("{\"id\": \"1\", \"email\": \"ada@example.com\"}", "id: line 1 has it already"),
        (
            "{\"email\": \"1@EXAMPLE.com\"}",
            "email: line 1 has it already, in the same organisation",
        ),
        (
            "{\"id\": \"there\", \"email\": \"ada@example.com\"}",
            "id: there is a user with it already",
        ),
        (
            "{\"email\": \"There@example.com\"}",
            "email: it belongs to a user of the organisation, there",
        ),
        (
            "{\"email\": \"ada@example.com\", \"username\": \"1@EXAMPLE.com\"}",
            "username: line 1 has it already, in the same organisation",
        ),
        (
            "{\"email\": \"ada@example.com\", \"username\": \"There@example.com\"}",
            "username: it belongs to a user of the organisation, there",
        ),
    ] {
        let passlink = Passlink::with_mail_dir().on_sqlite();
        passlink.user("there@example.com", &["--id", "there"]);
        let stderr =
            import(&passlink, format!("{}\n{wrong}\n{}", line(1), line(2)).as_bytes()).failed(1);
        assert!(stderr.contains("nothing was imported\nline 3: "), "{wrong}: {stderr}");
        assert!(stderr.contains(told), "{wrong}: {stderr}");
        assert_eq!(listed(&passlink).len(), 1, "{wrong}");
    }
}

#[test]
fn who_is_imported_without_a_language_has_none() {
    let passlink = Passlink::with_mail_dir();
    let lines = [
        r#"{"id": "1", "email": "1@example.com"}"#,
        r#"{"id": "2", "email": "2@example.com", "language": null}"#,
        r#"{"id": "3", "email": "3@example.com", "language": ""}"#,
        r#"{"id": "4", "email": "4@example.com", "language": "iw"}"#,
    ];
    import(&passlink, lines.join("\n").as_bytes()).done();
    let languages: Vec<_> =
        listed(&passlink).iter().map(|user| user.get("language").cloned()).collect();
    assert_eq!(languages, [None, None, None, Some(json!("he"))]);
}

#[test]
fn octets_that_are_no_text_and_lines_without_end_are_told_as_well() {
    let passlink = Passlink::with_mail_dir();
    let endless = [b"{\"email\": \"".as_slice(), &vec![b'a'; 1_000_000], b"\n"].concat();
    let all = [b"{\"email\": \"\xff@example.com\"}\n".as_slice(), &endless, b"{}\n"].concat();
    let stderr = import(&passlink, &all).failed(1);
    assert!(stderr.contains("line 1: email: invalid unicode"), "{stderr}");
    assert!(stderr.contains("line 2: must have at most 65536 octets"), "{stderr}");
    assert!(stderr.contains("line 3: missing field"), "{stderr}");
}

#[test]
fn the_first_twenty_wrong_lines_are_told_and_the_rest_is_counted() {
    let passlink = Passlink::with_mail_dir();
    let stderr =
        import(&passlink, (lines(1500) + &"x\n".repeat(30) + &lines(1500)).as_bytes()).failed(1);
    let told: Vec<_> = stderr.lines().collect();
    assert!(told[1].starts_with("line 1501: ") && told[20].starts_with("line 1520: "), "{stderr}");
    assert_eq!((told[21], told.len()), ("and 3010 more", 22), "id and address of 1500 lines");
    assert_eq!(listed(&passlink), [] as [Value; 0]);
}

#[test]
fn what_can_not_be_read_is_told() {
    let passlink = Passlink::with_mail_dir();
    passlink.set_up();
    assert!(passlink.cli(&["user", "import", "missing.jsonl"]).failed(1).contains("missing.jsonl"));
    let folder = passlink.dir().display().to_string();
    let stderr = passlink.cli(&["user", "import", &folder]).failed(1);
    assert!(stderr.contains(&format!("nothing was imported: {folder}: ")), "{stderr}");
    passlink.cli(&["user", "import"]).failed(2);
    assert_eq!(import(&passlink, b"").lines(), [json!({ "imported": 0 })]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let passlink = Passlink::with_mail_dir();
    let file = format!("\u{feff}{}", lines(2));
    assert_eq!(import(&passlink, file.as_bytes()).lines(), [json!({ "imported": 2 })]);
}

#[tokio::test]
async fn an_import_from_stdin_stands_in_nobodys_way_and_is_seen_when_it_is_whole() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let mut command = passlink.command(&["user", "import", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines(5000).as_bytes()).unwrap();
    passlink.send_link(&ada.token).await.sequence();
    passlink.user("bob@example.com", &["--id", "bob"]);
    assert_eq!(listed(&passlink).len(), 2);
    stdin.write_all(b"{\"email\": \"last@example.com\"}").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"{\"imported\":5001}\n");
    assert_eq!(listed(&passlink).len(), 5003);
    passlink.send_link(&passlink.token("4711", &[])).await.sequence();
}

#[test]
fn an_import_that_is_killed_leaves_nothing_behind() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("there@example.com", &[]);
    let file = passlink.dir().join("users.jsonl");
    let (mut next, mut count) = (1, 20_000);
    for moment in [" lines, ", " users added, "] {
        loop {
            fs::write(&file, (next..next + count).map(line).collect::<String>()).unwrap();
            let before = listed(&passlink).len();
            let arguments = ["user", "import", file.to_str().unwrap()];
            let killed = passlink.on_terminal_until(moment, &arguments);
            assert!(killed.stdout.contains(moment), "{killed:?}");
            let after = listed(&passlink).len();
            if after == before {
                assert!(!killed.stdout.contains("imported"), "{killed:?}");
                break;
            }
            // It was done before it could be killed; the next one takes longer.
            assert_eq!(after, before + count, "{moment}");
            next += count;
            count *= 2;
            assert!(count < 1_000_000, "no import was killed in time");
        }
    }
    let again = import(&passlink, (next..next + count).map(line).collect::<String>().as_bytes());
    assert_eq!(again.lines(), [json!({ "imported": count })]);
}

#[test]
fn an_import_that_is_interrupted_says_what_came_of_it() {
    let passlink = Passlink::with_mail_dir();
    passlink.user("there@example.com", &[]);
    let file = passlink.dir().join("users.jsonl");
    fs::write(&file, lines(50_000)).unwrap();
    let arguments = ["user", "import", file.to_str().unwrap()];
    // It may be done before the key is pressed; what is said is true.
    for moment in [" lines, ", "looking for ids", "adding the users", "40,000 users added"] {
        let ended = passlink.interrupted_on_terminal(moment, &arguments);
        let imported = listed(&passlink).len() - 1;
        match ended.code {
            Some(0) => {
                assert!(ended.stdout.contains("{\"imported\":50000}"), "{moment}: {ended:?}");
                assert_eq!(imported, 50_000);
                return;
            }
            code => {
                assert_eq!((code, imported), (Some(130), 0), "{moment}: {ended:?}");
                assert!(ended.stdout.contains("nothing was imported: interrupted"), "{ended:?}");
            }
        }
    }
}

#[test]
fn an_interrupted_import_of_what_another_program_still_writes_says_so() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    for what in ["user", "passkey"] {
        let (child, stdin) = reading(&passlink, what, true);
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{what}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told, "passlink: nothing was imported: interrupted\n", "{what}");
        drop(stdin);
    }
    assert_eq!(listed(&passlink).len(), 0);
}

#[test]
fn an_import_is_interrupted_though_nobody_hears_it_any_more() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    for what in ["user", "passkey"] {
        let (mut child, stdin) = reading(&passlink, what, false);
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{what}");
        drop(stdin);
    }
    assert_eq!(listed(&passlink).len(), 0);
}

#[tokio::test]
async fn an_import_that_waits_for_a_named_pipe_is_interrupted() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    let pipe = passlink.dir().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for what in ["user", "passkey"] {
        let mut command = passlink.command(&[what, "import", pipe.to_str().unwrap()]);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        until("the import to listen", async || listens_for_interrupts(&child).then_some(())).await;
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told, "passlink: nothing was imported: interrupted\n", "{what}");
        assert_eq!(output.status.code(), Some(130), "{what}");
    }
}

/// An import that reads what is written to its stdin; whether somebody reads its stderr.
fn reading(passlink: &Passlink, what: &str, is_heard: bool) -> (Child, ChildStdin) {
    let mut command = passlink.command(&[what, "import", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    if !is_heard {
        drop(child.stderr.take());
    }
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: some of it was read by then.
    stdin.write_all(lines(5000).as_bytes()).unwrap();
    (child, stdin)
}

/// Whether the process does something of its own at a Ctrl-C, as Linux tells.
fn listens_for_interrupts(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 0b10 != 0
}

fn interrupt(child: &Child) {
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
}

#[tokio::test]
async fn a_user_who_is_added_meanwhile_is_not_overwritten() {
    let passlink = Passlink::with_mail_dir();
    passlink.cli(&["migrate"]).done();
    let mut command = passlink.command(&["user", "import", "-"]);
    let stderr = passlink.dir().join("import.stderr");
    let mut child =
        command.stdin(Stdio::piped()).stderr(File::create(&stderr).unwrap()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines(3000).as_bytes()).unwrap();
    passlink.user("bob@example.com", &["--id", "2000"]);
    drop(stdin);
    let status = until("the import to end", async || child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(1));
    let told = fs::read_to_string(stderr).unwrap();
    assert!(told.contains("line 2000: id: there is a user with it already"), "{told}");
    assert_eq!(listed(&passlink).len(), 1);
}

#[test]
fn a_terminal_shows_how_far_an_import_is() {
    let passlink = Passlink::with_mail_dir();
    let file = passlink.dir().join("users.jsonl");
    fs::write(&file, lines(20_000)).unwrap();
    let shown = passlink.set_up().on_terminal(&["user", "import", file.to_str().unwrap()]).done();
    for part in [
        " %",
        " lines, ",
        " a second, ",
        " left",
        "looking for ids and login names that are taken",
        " users added, ",
        "{\"imported\":20000}",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown:?}");
    }
}

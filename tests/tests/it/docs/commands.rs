//! The commands of the documents, run as they stand there.

use std::{fs, process::Command};

use passlink_tests::{Output, Passlink, binary};

use super::{documents, parts, read, root};

/// What other tests do, or what would reach out of this machine.
const LEFT_OUT: [&str; 5] = ["export ", "cargo ", "curl ", "./tests/run", "passlink serve"];
/// Folders of the machine that commands write to, and those of the test in their place.
const ELSEWHERE: [(&str, &str); 2] =
    [("/usr/local/share/man/", "share/"), ("/etc/bash_completion.d/", "")];

/// The lines of a shell's block that can be run here.
fn runnable(block: &str) -> String {
    let lines = block.replace("\\\n", " ");
    let lines = lines.lines().filter(|line| !LEFT_OUT.iter().any(|start| line.starts_with(start)));
    let script = lines.map(|line| format!("{line}\n")).collect::<String>();
    ELSEWHERE.iter().fold(script, |script, (theirs, ours)| script.replace(theirs, ours))
}

/// Runs a script of `bash` in the folder of an installation, with its settings and the binary.
fn shell(passlink: &Passlink, script: &str) -> Output {
    let like = passlink.command(&[]);
    let mut command = Command::new("bash");
    command.args(["-euc", script]).current_dir(passlink.dir());
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", binary().parent().unwrap().display()));
    Output::of(command)
}

/// In the order of the documents; `docs/operations.md` has those for beginners, so it comes first.
#[tokio::test]
async fn the_commands_of_the_documents_can_be_run() {
    let passlink = Passlink::with_mail_dir().on_sqlite().generous().started().await;
    let old_key = passlink.cli(&["key", "list"]).lines()[0]["id"].as_str().unwrap().to_owned();
    let passlink = passlink.set_variable("OLD_ID", &old_key);
    for name in ["old", "new"] {
        let settings = format!(
            "[database]\nurl = 'sqlite://{name}.db?mode=rwc'\n[secrets]\nkey_file = '{name}.key'\n"
        );
        fs::write(passlink.dir().join(format!("{name}.toml")), settings).unwrap();
    }
    let apart = "unset PASSLINK_DATABASE__URL\n";
    shell(&passlink, &format!("{apart}passlink --config old.toml migrate")).done();
    let old_user = "passlink --config old.toml user add --email ada@example.com";
    shell(&passlink, &format!("{apart}{old_user}")).done();

    let mut documents = documents();
    documents.sort_by_key(|path| !path.ends_with("docs/operations.md"));
    let mut commands = 0;
    for document in documents {
        let text = read(&document);
        for (_, block) in parts(&text).1.into_iter().filter(|(language, _)| *language == "sh") {
            let script = runnable(&block);
            if !script.lines().any(|line| line.starts_with("passlink ")) {
                continue;
            }
            commands += script.matches("passlink ").count();
            let script =
                if script.contains("old.toml") { format!("{apart}{script}") } else { script };
            let output = shell(&passlink, &script);
            let name = document.strip_prefix(root()).unwrap().display().to_string();
            assert_eq!(output.code, Some(0), "{name}: {script}{}", output.stderr);
        }
    }
    assert!(commands > 15, "{commands} commands");
}

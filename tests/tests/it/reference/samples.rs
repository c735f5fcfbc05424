//! The samples of the page, run as they stand there.

use std::{fs, path::Path, process::Command};

use passlink_tests::{node, python};
use tempfile::TempDir;

use super::*;

/// A language, and the file of its programs.
type Runtime = (&'static str, &'static str);

/// All but PowerShell, which no package brings.
const RUNTIMES: [Runtime; 8] = [
    ("curl", "sample.sh"),
    ("python", "sample.py"),
    ("go", "sample.go"),
    ("node", "sample.mjs"),
    ("ruby", "sample.rb"),
    ("csharp", "Sample.cs"),
    ("php", "sample.php"),
    ("java", "Sample.java"),
];

/// Runs a program by the command that the page shows for it; answers the JSON that it printed.
fn run((language, file): Runtime, code: &str, command: &str, token: &str) -> Value {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(file), code).unwrap();
    let command = if command.is_empty() { code } else { command };
    let mut shell = Command::new("sh");
    // Python and Node.js as the tests have them.
    let programs = [python::script(""), node::script("")];
    let folders = programs.iter().map(|it| Path::new(it.get_program()).parent().unwrap());
    let path = std::env::var_os("PATH").unwrap();
    let path = folders.map(Path::to_owned).chain(std::env::split_paths(&path));
    shell.args(["-euc", command]).current_dir(folder.path());
    shell.env("PATH", std::env::join_paths(path).unwrap()).env("TOKEN", token).env("NO_PROXY", "*");
    shell.env("GOCACHE", folder.path().join("go")).env("GO111MODULE", "off");
    let Output { stdout, stderr, .. } = Output::of(shell);
    let printed = format!("{stdout}\n{stderr}");
    let answer = printed.lines().find(|line| line.starts_with('{'));
    let answer = answer.unwrap_or_else(|| panic!("{language} printed {printed:?} for\n{code}"));
    serde_json::from_str(answer).unwrap_or_else(|error| panic!("{language}: {error}: {answer}"))
}

/// Runs a call's sample in every language; answers what came of each.
async fn run_all(passlink: &Passlink, call: &str, token: &str) -> Vec<(&'static str, Value)> {
    let (html, url) = (html(passlink).await, home(passlink));
    let mut answers = Vec::new();
    for runtime in RUNTIMES {
        let sample = code(&html, &[&article(call), &tab(runtime.0)]);
        assert!(sample.contains(&url), "{sample}");
        let (_, rest) = html.split_once(&article(call)).unwrap();
        let (_, rest) = rest.split_once(&tab(runtime.0)).unwrap();
        let shown =
            rest.split("<div data-tab=").next().unwrap().split("</section>").next().unwrap();
        let command = shown.split_once("Run it with <code>").map(|(_, rest)| rest);
        let command = command.map(|it| it.split_once("</code>").unwrap().0).unwrap_or_default();
        let (command, token) = (command.replace("&amp;", "&"), token.to_owned());
        let run = move || run(runtime, &sample, &command, &token);
        let answer = tokio::task::spawn_blocking(run).await;
        answers.push((runtime.0, answer.unwrap()));
    }
    answers
}

#[tokio::test]
async fn each_language_sends_a_link() {
    let (passlink, ada) = server().await;
    let answers = run_all(&passlink, "SendMyPasswordlessLink", &ada.token).await;
    let sequences: Vec<_> =
        answers.iter().map(|(_, answer)| answer["details"]["sequence"].as_str().unwrap()).collect();
    assert_eq!(sequences, ["2", "3", "4", "5", "6", "7", "8", "9"]);
    until_mails(&passlink, 8).await;
}

#[tokio::test]
async fn each_language_sends_a_body_and_names_a_user() {
    let (passlink, _) = server().await;
    let user = passlink.user("eve@example.com", &["--id", "69629023906488335"]);
    let service = passlink.service("app", &["--permission", "user.passkey.write"]);
    let answers = run_all(&passlink, "CreatePasskeyRegistrationLink", &service).await;
    for (language, answer) in answers {
        assert_eq!(answer["details"]["resourceOwner"], user["organisation"], "{language}");
    }
    until_mails(&passlink, 8).await;
}

/// These have a body of several lines, none, or no token; what they send is not there.
#[tokio::test]
async fn each_language_prints_why_a_call_was_refused() {
    let (passlink, ada) = server().await;
    for (call, id) in [
        ("VerifyMyPasswordless", "PASSKEY-ValidateFailed"),
        ("RemoveMyPasswordless", "PASSKEY-NotFound"),
        ("RenamePasskey", "AUTH-Denied"),
        ("RegisterPasskey", "LINK-CodeInvalid"),
        ("UndoRegistration", "LINK-CodeInvalid"),
    ] {
        for (language, answer) in run_all(&passlink, call, &ada.token).await {
            assert_eq!(answer["details"][0]["id"], id, "{call} in {language}: {answer}");
        }
    }
}

#[tokio::test]
async fn each_language_reads_a_session() {
    let (passlink, _) = server().await;
    let service = passlink.service("app", &["--permission", "session.read"]);
    for (language, answer) in run_all(&passlink, "GetSession", &service).await {
        assert_eq!(answer["details"][0]["id"], "SESSION-NotFound", "{language}: {answer}");
    }
}

#[tokio::test]
async fn each_language_is_shown_for_each_call_in_the_same_order() {
    let (passlink, _) = server().await;
    let html = html(&passlink).await;
    let names = ["curl", "Python", "Go", "Node.js", "Ruby", "C#", "PHP", "Java", "PowerShell"];
    let articles: Vec<_> = html.split("<article class=\"call\"").skip(1).collect();
    assert_eq!(articles.len(), operations(&document(&passlink).await).len());
    for article in articles {
        let samples = article.split_once("<legend>Sample</legend>").unwrap().1;
        let samples = samples.split_once("</fieldset>").unwrap().0;
        let shown: Vec<_> = samples
            .split("<span>")
            .skip(1)
            .map(|rest| rest.split_once("</span>").unwrap().0)
            .collect();
        assert_eq!(shown, names);
        assert!(code(article, &[&tab("powershell")]).contains("Invoke-RestMethod"));
    }
}

//! What mails look like: every one of them, and those that an operator made.

use std::{
    fs,
    path::{Path, PathBuf},
};

use passlink_tests::{Api, MailServer, Passlink, node, secrets::files, spam_filter};
use tempfile::TempDir;

const KINDS: [&str; 4] = ["passkey_added", "passkey_link", "passkey_removed", "test"];

/// Every mail, as `mail preview` writes it.
struct Preview(TempDir);

impl Preview {
    fn of(passlink: &Passlink, more: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let out = dir.path().to_str().unwrap();
        let index = passlink.cli(&[&["mail", "preview", "--out", out], more].concat()).done();
        assert_eq!(index.trim(), dir.path().join("index.html").to_str().unwrap());
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn languages(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        let folders = entries.filter(|path| path.is_dir());
        let mut languages: Vec<_> =
            folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        languages.sort();
        languages
    }

    fn ending(&self, end: &str) -> Vec<PathBuf> {
        let mut files: Vec<_> = files(self.path())
            .into_iter()
            .filter(|file| file.to_str().is_some_and(|it| it.ends_with(end)))
            .collect();
        files.sort();
        files
    }
}

/// What the checker has against these files.
fn html_errors(files: &[PathBuf]) -> Vec<serde_json::Value> {
    let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
    node::run("html_check.mjs", &files).lines()
}

#[test]
fn the_preview_holds_every_mail_in_every_language_and_an_index_that_leads_to_them() {
    let passlink = Passlink::with_mail_dir();
    let preview = Preview::of(&passlink, &[]);
    let languages = preview.languages();
    assert_eq!(languages.len(), 23);
    let index = preview.read("index.html");
    for language in &languages {
        for kind in KINDS {
            let subject = preview.read(&format!("{language}/{kind}.subject.txt"));
            assert!(!subject.trim().is_empty() && subject.lines().count() == 1, "{subject}");
            let html = preview.read(&format!("{language}/{kind}.html"));
            assert!(html.contains(&format!("<html lang=\"{language}\"")), "{html}");
            assert!(preview.read(&format!("{language}/{kind}.txt")).lines().count() > 3);
            assert!(preview.read(&format!("{language}/{kind}.eml")).contains("\r\nSubject: "));
            for end in ["html", "txt"] {
                assert!(index.contains(&format!("href=\"{language}/{kind}.{end}\"")), "{kind}");
            }
        }
    }
    let database = passlink.dir().join("passlink.db");
    assert!(!database.exists(), "a preview needs no database");
}

#[test]
fn the_preview_of_one_language_is_that_of_the_nearest_that_there_is() {
    let passlink = Passlink::with_mail_dir();
    assert_eq!(Preview::of(&passlink, &["--language", "de-CH"]).languages(), ["de"]);
    assert_eq!(Preview::of(&passlink, &["--language", "iw"]).languages(), ["he"]);
    passlink.cli(&["mail", "preview", "--language", "no language"]).failed(2);
    let without_texts = ["mail", "preview", "--language", "tlh"];
    let told = passlink.cli(&without_texts).failed(1);
    assert!(told.contains("there are no mails in tlh; there are ar, bg, "), "{told}");
    let test = ["mail", "test", "--to", "ada@example.com", "--language", "tlh"];
    assert!(passlink.cli(&test).failed(1).contains("there are no mails in tlh"));
    let file = passlink.dir().join("file");
    fs::write(&file, "").unwrap();
    let stderr = passlink.cli(&["mail", "preview", "--out", file.to_str().unwrap()]).failed(1);
    assert!(stderr.contains(file.to_str().unwrap()), "{stderr}");
}

#[test]
fn a_checker_of_html_finds_no_error_in_any_mail() {
    let preview = Preview::of(&Passlink::with_mail_dir(), &[]);
    let pages = preview.ending(".html");
    assert_eq!(pages.len(), 23 * 4 + 1);
    assert_eq!(html_errors(&pages), Vec::<serde_json::Value>::new());

    let broken = preview.path().join("broken.html");
    fs::write(&broken, "<!doctype html><html><p><div></p><img></html>").unwrap();
    assert!(html_errors(&[broken]).len() > 2, "the checker does check");
}

#[test]
fn no_rule_of_a_spam_filter_speaks_against_a_mail() {
    let preview = Preview::of(&Passlink::with_mail_dir(), &[]);
    let messages = preview.ending(".eml");
    assert_eq!(messages.len(), 23 * KINDS.len());
    for (message, against) in messages.iter().zip(spam_filter::against(&messages)) {
        // A rule takes Cyrillic е beside more than 20 Latin e for a disguise. Links alone hold about
        // that many: each has about nine, and stands in the text and, should the button not work, in
        // the HTML as well. How many it are is up to the host and the code.
        let folder = message.parent().and_then(Path::file_name).unwrap();
        let cyrillic = ["bg", "mk", "ru", "uk"].iter().any(|language| folder == *language);
        let against: Vec<_> =
            against.iter().filter(|(rule, _)| !(cyrillic && rule == "MIXED_ES")).collect();
        assert!(against.is_empty(), "{}: {against:?}", message.display());
    }

    let undated = preview.path().join("undated.eml");
    let lines = ["From: ada@example.com", "To: eve@example.com", "Subject: Hello", "", "Hello"];
    fs::write(&undated, lines.join("\r\n")).unwrap();
    assert!(!spam_filter::against(&[undated])[0].is_empty(), "the filter does filter");
}

/// A server whose mails are an operator's own; these are the files.
fn with_own(mails: &MailServer, own: &[(&str, &str)]) -> Passlink {
    let passlink = Passlink::with_mail_server(mails);
    for (name, content) in own {
        let path = passlink.dir().join("own").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let own = passlink.dir().join("own");
    passlink.set("mail.template_dir", own.to_str().unwrap())
}

#[tokio::test]
async fn a_mail_is_made_of_the_operators_texts_and_templates() {
    let mails = MailServer::plain();
    let own = [
        ("de.json", r#"{"passkey_link": {"subject": "Ein Passkey für {site}"}}"#),
        ("layout.text.hbs", "{{> @partial-block}}\n-- \nExample Ltd., Example Street 1\n"),
    ];
    let passlink = with_own(&mails, &own).started().await;
    let german = passlink.caller("ada@example.com", &["--language", "de-CH"]);
    passlink.send_link(&german.token).await.sequence();
    let mail = mails.until_mails(1).await.remove(0).mail;
    assert_eq!(mail.header("Subject"), "Ein Passkey für Passlink");
    assert!(mail.text().text.contains("Guten Tag"), "{}", mail.text().text);
    assert!(mail.text().text.contains("Example Street 1"), "{}", mail.text().text);
    let preview = Preview::of(&passlink, &["--language", "de"]);
    assert_eq!(preview.read("de/passkey_link.subject.txt"), "Ein Passkey für Passlink\n");
}

#[test]
fn templates_that_can_not_be_used_are_refused_at_start_with_file_line_and_what_is_allowed() {
    let mails = MailServer::plain();
    let cases: [(&str, &str, &[&str]); 3] = [
        (
            "de.json",
            "{\n\"test\": {\n\"subjekt\": \"x\"}}",
            &["de.json, line 3", "subjekt", "heading"],
        ),
        ("test.html.hbs", "<p>\n{{requestd}}", &["test.html.hbs, line 2", "requestd", "requested"]),
        ("tset.html.hbs", "", &["tset.html.hbs", "no such template", "test.html.hbs"]),
    ];
    for (name, content, named) in cases {
        let passlink = with_own(&mails, &[(name, content)]);
        for command in [&["serve"] as &[&str], &["config", "check"], &["mail", "preview"]] {
            let stderr = passlink.cli(command).failed(1);
            for words in [&["mail.template_dir"], named].concat() {
                assert!(stderr.contains(words), "{command:?}: {words} in {stderr}");
            }
        }
    }
}

#[tokio::test]
async fn a_test_mail_is_in_the_language_that_is_asked_for() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails);
    for (count, (language, subject)) in
        [("fr", "Message de test · Passlink"), ("zh-Hans-SG", "测试邮件 · Passlink")]
            .iter()
            .enumerate()
    {
        let arguments = ["mail", "test", "--to", "ada@example.com", "--language", language];
        passlink.cli(&arguments).done();
        let mail = mails.until_mails(count + 1).await.remove(count).mail;
        assert_eq!(mail.header("Subject"), *subject);
    }
}

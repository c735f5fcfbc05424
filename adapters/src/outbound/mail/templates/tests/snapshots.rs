//! The words of every mail, to be read when they change.

use std::fmt::Write;

use insta::{Settings, assert_snapshot};

use super::*;

fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Of each kind of mail what `told` tells of the one with the first name; of those with the other
/// names, the lines that differ.
fn every_mail(templates: &Templates, language: &str, told: impl Fn(&Rendered) -> String) -> String {
    let mut all = String::new();
    for kind in 0..4 {
        let mut first: Option<(Rendered, String)> = None;
        for (what, name) in NAMES {
            let mail = &mails(language, name)[kind];
            let rendered = templates.render(mail, &example()).unwrap();
            let lines = told(&rendered);
            match &first {
                None => {
                    let kind = mail.kind().name();
                    write!(all, "=== {kind}: {}\n{lines}", rendered.subject).unwrap();
                }
                Some((first, of_first)) => {
                    assert_eq!(rendered.subject, first.subject);
                    assert_eq!(lines.lines().count(), of_first.lines().count());
                    let pairs = lines.lines().zip(of_first.lines());
                    let other: Vec<_> = pairs.filter(|(line, first)| line != first).collect();
                    if !other.is_empty() {
                        writeln!(all, "--- with a {what} name").unwrap();
                    }
                    for (line, _) in other {
                        writeln!(all, "{line}").unwrap();
                    }
                }
            }
            first.get_or_insert((rendered, lines));
        }
        all.push('\n');
    }
    all
}

/// What fills up a preheader.
const FILL: &str = "&#847;&zwnj;&nbsp;";

/// HTML without its head, its fill and its styles, and of that the lines that hold words or links.
fn words(html: &str) -> String {
    let body = &html.split_once("</head>").unwrap().1.replace(FILL, "");
    let bare = parts(body, " style=\"", "\"")
        .fold(body.to_owned(), |bare, style| bare.replace(&format!(" style=\"{style}\""), ""));
    let mut words = String::new();
    for line in bare.lines() {
        let tags = parts(line, "<", ">");
        let rest = tags.fold(line.to_owned(), |rest, tag| rest.replace(&format!("<{tag}>"), ""));
        if !rest.trim().is_empty() {
            writeln!(words, "{line}").unwrap();
        }
    }
    words
}

/// What stands between `start` and `end`, each time.
fn parts<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}

#[test]
fn subject_and_text_in_every_language() {
    let templates = Templates::built_in();
    settings().bind(|| {
        for (language, _) in built_in::TEXTS {
            let all = every_mail(&templates, language, |mail| mail.text.clone());
            assert_snapshot!(format!("text_{language}"), all);
        }
    });
}

#[test]
fn html_in_every_language() {
    let templates = Templates::built_in();
    settings().bind(|| {
        for (language, _) in built_in::TEXTS {
            let all = every_mail(&templates, language, |mail| words(&mail.html));
            assert_snapshot!(format!("html_{language}"), all);
        }
    });
}

#[test]
fn whole_html_in_a_language_of_each_direction() {
    let templates = Templates::built_in();
    settings().bind(|| {
        for language in ["en", "ar"] {
            for mail in mails(language, NAMES[3].1) {
                let name = format!("html_{language}_{}", mail.kind().name());
                assert_snapshot!(name, templates.render(&mail, &example()).unwrap().html);
            }
        }
    });
}

#[test]
fn mails_are_styled_alike_in_every_language() {
    let templates = Templates::built_in();
    for (language, _) in built_in::TEXTS {
        for (mail, english) in mails(language, "Ada").iter().zip(&mails("en", "Ada")) {
            let [html, english] =
                [mail, english].map(|mail| templates.render(mail, &example()).unwrap().html);
            for (start, end) in [("<style>", "</style>"), (" style=\"", "\"")] {
                let [styles, expected] =
                    [&html, &english].map(|it| parts(it, start, end).collect::<Vec<_>>());
                assert_eq!(styles, expected, "{language}");
            }
        }
    }
}

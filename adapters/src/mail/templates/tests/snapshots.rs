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

/// The mail with the first name; of those with the others, the lines that differ.
fn words(templates: &Templates, language: &str, kind: usize) -> String {
    let mut words = String::new();
    let mut first: Option<Rendered> = None;
    for (what, name) in NAMES {
        let mail = &mails(language, name)[kind];
        let rendered = templates.render(mail, "Example").unwrap();
        match &first {
            None => {
                let kind = context::kind(mail);
                write!(words, "=== {kind}: {}\n{}", rendered.subject, rendered.text).unwrap();
            }
            Some(first) => {
                assert_eq!(rendered.subject, first.subject);
                let pairs = rendered.text.lines().zip(first.text.lines());
                let other: Vec<_> = pairs.filter(|(line, first)| line != first).collect();
                if !other.is_empty() {
                    writeln!(words, "--- with a {what} name").unwrap();
                }
                for (line, _) in other {
                    writeln!(words, "{line}").unwrap();
                }
            }
        }
        first.get_or_insert(rendered);
    }
    words
}

#[test]
fn subject_and_text_in_every_language() {
    let templates = Templates::built_in().unwrap();
    settings().bind(|| {
        for (language, _) in built_in::TEXTS {
            let all: Vec<_> = (0..4).map(|kind| words(&templates, language, kind)).collect();
            assert_snapshot!(format!("text_{language}"), all.join("\n"));
        }
    });
}

#[test]
fn html_in_a_language_of_each_direction() {
    let templates = Templates::built_in().unwrap();
    settings().bind(|| {
        for language in ["en", "ar"] {
            for mail in mails(language, NAMES[3].1) {
                let name = format!("html_{language}_{}", context::kind(&mail));
                assert_snapshot!(name, templates.render(&mail, "Example").unwrap().html);
            }
        }
    });
}

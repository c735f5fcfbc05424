//! Every mail with sample data, as files to look through.

use handlebars::Handlebars;
use serde::Serialize;

use super::{TemplateError, Templates};

#[derive(Serialize)]
struct Index {
    languages: Vec<Language>,
}

#[derive(Serialize)]
struct Language {
    tag: String,
    mails: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    subject: String,
}

/// Renders a mail of each kind with sample data, in every language or in the one nearest to
/// `language`. Returns files, by their path: `{language}/{kind}.html`, `.txt` and `.subject.txt`,
/// and `index.html`, which shows them all. `sender` names who the mails are from.
pub fn preview(
    templates: &Templates,
    sender: &str,
    language: Option<&str>,
) -> Result<Vec<(String, String)>, TemplateError> {
    let tags: Vec<_> = match language {
        Some(language) => vec![templates.nearest(language)],
        None => templates.languages().collect(),
    };
    let mut files = Vec::new();
    let mut languages = Vec::new();
    for tag in tags {
        let mut mails = Vec::new();
        for (kind, mail) in templates.samples(tag, sender)? {
            files.push((format!("{tag}/{kind}.subject.txt"), format!("{}\n", mail.subject)));
            files.push((format!("{tag}/{kind}.txt"), mail.text));
            files.push((format!("{tag}/{kind}.html"), mail.html));
            mails.push(Entry { kind, subject: mail.subject });
        }
        languages.push(Language { tag: tag.to_owned(), mails });
    }
    files.push(("index.html".to_owned(), index(&Index { languages })?));
    Ok(files)
}

fn index(index: &Index) -> Result<String, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.render_template(include_str!("index.hbs"), index).map_err(|error| {
        TemplateError::File {
            file: "the built-in index of the preview".to_owned(),
            line: error.line_no,
            reason: error.reason().to_string(),
        }
    })
}

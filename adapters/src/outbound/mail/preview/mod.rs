//! Every mail with sample data, as files to look through.

use std::fmt::Display;

use handlebars::Handlebars;
use passlink_application::mails::Mail;
use passlink_domain::{LanguageTag, OutboxId};
use serde_json::{Value, json};

use super::{
    Letterhead, TemplateError, message,
    templates::{Extent, NOW, samples},
};

/// Renders a mail of each kind with sample data and links to a site (a URL without a slash at its end), in every language or in the one nearest to
/// `language`, if there is one. Returns files, by their path: `{language}/{kind}.html`, `.txt`, `.subject.txt` and
/// `.eml`, and `index.html`, which shows them all.
pub fn preview(
    letterhead: &Letterhead,
    site: &str,
    language: Option<&LanguageTag>,
) -> Result<Vec<(String, Vec<u8>)>, TemplateError> {
    let tags: Vec<_> = match language {
        Some(language) => vec![letterhead.templates.known(language)?],
        None => letterhead.templates.languages().collect(),
    };
    let mut files = Vec::new();
    let mut languages = Vec::new();
    for tag in tags {
        let mut mails = Vec::new();
        for mail in samples(tag, Extent::Full, site)? {
            let kind = mail.kind().name();
            let message = compose(tag, &mail, letterhead)?;
            let rendered = message.rendered;
            let page = rendered.page();
            let subject = format!("{}\n", rendered.subject);
            files.push((format!("{tag}/{kind}.subject.txt"), subject.into_bytes()));
            files.push((format!("{tag}/{kind}.txt"), rendered.text.into_bytes()));
            files.push((format!("{tag}/{kind}.html"), page.into_bytes()));
            files.push((format!("{tag}/{kind}.eml"), message.raw));
            mails.push(json!({ "kind": kind, "subject": rendered.subject }));
        }
        languages.push(json!({ "tag": tag.as_str(), "mails": mails }));
    }
    files.push(("index.html".to_owned(), index(&json!({ "languages": languages }))?.into_bytes()));
    Ok(files)
}

/// The whole message, as a mail server would get it.
fn compose(
    tag: &LanguageTag,
    mail: &Mail,
    letterhead: &Letterhead,
) -> Result<message::Outgoing, TemplateError> {
    let failed = |error: &dyn Display| TemplateError::Render {
        language: tag.clone(),
        reason: error.to_string(),
    };
    let id = OutboxId::parse(&format!("{}-{tag}", mail.kind().name()))
        .map_err(|error| failed(&error))?;
    let rendered = letterhead.render(mail)?;
    message::compose(&id, mail, rendered, &letterhead.sender, NOW).map_err(|error| failed(&error))
}

fn index(index: &Value) -> Result<String, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.render_template(include_str!("index.hbs"), index).map_err(|error| {
        let reason = error.reason().to_string();
        TemplateError::in_file("the built-in index of the preview", error.line_no, reason)
    })
}

#[cfg(test)]
mod tests;

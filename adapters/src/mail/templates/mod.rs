//! What a mail looks like: one layout for all languages, and one catalogue of texts a language.

mod catalogue;
mod context;
mod helpers;
mod names;
mod when;

use std::{collections::BTreeMap, fmt, sync::Arc};

use handlebars::{Handlebars, no_escape};
use passlink_application::Mail;
use serde_json::Value;

use self::{
    catalogue::{Catalogue, CatalogueError},
    helpers::{Isolate, Output, Say},
};
pub(super) use names::header_name;

/// The language of a mail to somebody whose language has no catalogue.
const FALLBACK: &str = "en";

/// The catalogues, by language tag.
const CATALOGUES: [(&str, &str); 2] =
    [("de", include_str!("../texts/de.json")), ("en", include_str!("../texts/en.json"))];

/// The templates: subject and text, which escape nothing, and HTML, which escapes all.
const TEXT_TEMPLATES: [(&str, &str); 7] = [
    ("subject", include_str!("subject.hbs")),
    ("layout", include_str!("layout.text.hbs")),
    ("account", include_str!("account.hbs")),
    ("passkey_link", include_str!("passkey_link.text.hbs")),
    ("passkey_added", include_str!("passkey_added.text.hbs")),
    ("passkey_removed", include_str!("passkey_removed.text.hbs")),
    ("test", include_str!("test.text.hbs")),
];
const HTML_TEMPLATES: [(&str, &str); 9] = [
    ("layout", include_str!("layout.html.hbs")),
    ("account", include_str!("account.hbs")),
    ("button", include_str!("button.html.hbs")),
    ("fact", include_str!("fact.html.hbs")),
    ("facts", include_str!("facts.html.hbs")),
    ("passkey_link", include_str!("passkey_link.html.hbs")),
    ("passkey_added", include_str!("passkey_added.html.hbs")),
    ("passkey_removed", include_str!("passkey_removed.html.hbs")),
    ("test", include_str!("test.html.hbs")),
];

/// Why a mail can't be rendered. Says nothing of what the mail holds.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A catalogue is not what it should be.
    #[error("texts of language {language}: {reason}")]
    Catalogue {
        /// The tag of the language.
        language: String,
        /// What is wrong.
        reason: String,
    },
    /// A template does not parse.
    #[error("template {0}")]
    Syntax(String),
    /// A template asks for something that is not there.
    #[error("template {template}: {reason}")]
    Render {
        /// The name of the template.
        template: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The mail's link is no URL with a host.
    #[error("the link is not a web address")]
    Link,
}

/// A mail, rendered. Holds codes, so `Debug` shows the subject only.
pub struct Rendered {
    /// The language that it is in, a BCP 47 tag.
    pub language: String,
    /// The subject, on one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as an HTML document.
    pub html: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("language", &self.language)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The templates and the texts, ready to render.
pub struct Templates {
    catalogues: Arc<BTreeMap<String, Catalogue>>,
    text: Handlebars<'static>,
    html: Handlebars<'static>,
}

impl Templates {
    /// The templates that are built in.
    pub fn built_in() -> Result<Self, TemplateError> {
        let mut catalogues = BTreeMap::new();
        for (language, source) in CATALOGUES {
            let catalogue = Catalogue::parse(source).map_err(|CatalogueError(reason)| {
                TemplateError::Catalogue { language: language.to_owned(), reason }
            })?;
            catalogues.insert(language.to_owned(), catalogue);
        }
        let catalogues = Arc::new(catalogues);
        Ok(Self {
            text: registry(&TEXT_TEMPLATES, Output::Text, &catalogues)?,
            html: registry(&HTML_TEMPLATES, Output::Html, &catalogues)?,
            catalogues,
        })
    }

    /// The languages that there are texts for.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.catalogues.keys().map(String::as_str)
    }

    /// Renders a mail in the language it asks for, or the nearest one. `sender` names who it is from.
    pub fn render(&self, mail: &Mail, sender: &str) -> Result<Rendered, TemplateError> {
        let (language, catalogue) = self.nearest(mail.language().unwrap_or(FALLBACK))?;
        let template = context::template(mail);
        let mut data = context::data(mail, (language, catalogue), sender)?;
        let subject = one_line(&render(&self.text, "subject", &data)?);
        if let Value::Object(fields) = &mut data {
            fields.insert("subject".to_owned(), Value::String(subject.clone()));
        }
        Ok(Rendered {
            language: language.to_owned(),
            text: render(&self.text, template, &data)?,
            html: render(&self.html, template, &data)?,
            subject,
        })
    }

    /// The catalogue for a language tag: its own, or that of the tag with parts cut off its end
    /// (RFC 4647, section 3.4), or the fallback.
    fn nearest(&self, tag: &str) -> Result<(&str, &Catalogue), TemplateError> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        let ends = tag.rmatch_indices('-').map(|(end, _)| end);
        std::iter::once(tag.len())
            .chain(ends)
            .filter_map(|end| tag.get(..end))
            .chain([FALLBACK])
            .find_map(|tag| {
                self.catalogues.iter().find(|(language, _)| language.eq_ignore_ascii_case(tag))
            })
            .map(|(language, catalogue)| (language.as_str(), catalogue))
            .ok_or_else(|| TemplateError::Catalogue {
                language: FALLBACK.to_owned(),
                reason: "are missing".to_owned(),
            })
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.languages()).finish()
    }
}

fn registry(
    templates: &[(&str, &str)],
    output: Output,
    catalogues: &Arc<BTreeMap<String, Catalogue>>,
) -> Result<Handlebars<'static>, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    match output {
        Output::Text => registry.register_escape_fn(no_escape),
        Output::Html => registry.register_escape_fn(helpers::escape_html),
    }
    registry.register_helper("say", Box::new(Say::new(output, Arc::clone(catalogues))));
    registry.register_helper("isolate", Box::new(Isolate(output)));
    for (name, source) in templates {
        registry
            .register_template_string(name, source)
            .map_err(|error| TemplateError::Syntax(format!("{name}: {error}")))?;
    }
    Ok(registry)
}

fn render(
    registry: &Handlebars<'_>,
    template: &'static str,
    data: &Value,
) -> Result<String, TemplateError> {
    registry
        .render(template, data)
        .map_err(|error| TemplateError::Render { template, reason: error.reason().to_string() })
}

/// The text without what could end a header line.
fn one_line(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests;

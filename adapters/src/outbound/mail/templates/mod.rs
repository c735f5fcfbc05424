//! What a mail looks like: one design for all languages, and one catalogue of texts a language.

mod branding;
mod built_in;
mod catalogue;
mod context;
mod dates;
mod design;
mod error;
mod helpers;
mod language;
mod names;
mod overrides;
mod samples;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, LazyLock},
};

use handlebars::Context;
use passlink_application::mails::Mail;
use passlink_domain::LanguageTag;
use serde_json::Value;

pub use self::error::TemplateError;
pub(super) use self::{
    branding::Branding,
    names::header_name,
    samples::{Extent, NOW, samples},
};
use self::{
    catalogue::{Catalogue, Catalogues},
    design::Design,
    helpers::{Output, escape_html},
    language::FALLBACK,
    overrides::Overrides,
    samples::SITE,
};
use super::logo;
use crate::brand::Logo;

const NAMED: usize = 5;

/// A mail, rendered. Holds codes, so there is no `Debug`.
pub struct Rendered {
    pub language: LanguageTag,
    /// On one line.
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The logo, if the HTML shows it.
    pub logo: Option<Logo>,
}

impl Rendered {
    /// The HTML for a browser, which has no message to take the logo from.
    pub(super) fn page(&self) -> String {
        match &self.logo {
            Some(it) => self.html.replace(&logo::source(it), &logo::data_url(it)),
            None => self.html.clone(),
        }
    }
}

pub struct Templates {
    /// None stands for what is built in.
    own: Option<Sets>,
    languages: BTreeSet<LanguageTag>,
    /// The language of a mail to somebody whose own is not known, or has no texts.
    fallback: LanguageTag,
}

/// What mails are made of.
struct Sets {
    catalogues: Arc<Catalogues>,
    design: Design,
    by_language: BTreeMap<LanguageTag, Design>,
}

/// Read for the first mail. An error is ruled out by the tests.
static BUILT_IN: LazyLock<Result<Sets, TemplateError>> =
    LazyLock::new(|| Sets::assemble(Overrides::default()));

impl Templates {
    pub fn built_in() -> Self {
        let languages = built_in::TEXTS.iter().map(|(tag, _)| LanguageTag::from_canonical(*tag));
        Self { own: None, languages: languages.collect(), fallback: fallback() }
    }

    /// The same, with those of a directory in their place: `{language}.json` holds texts,
    /// `{template}.hbs` is a template, `{language}/{template}.hbs` one for that language.
    ///
    /// Errors: something in the directory can't be used; says which file and line, and what is
    /// allowed. Every kind of mail was rendered in every language before this returns.
    pub fn with_overrides(directory: &Path) -> Result<Self, TemplateError> {
        let own = Sets::assemble(Overrides::read(directory, &built_in::sources())?)?;
        let languages = own.catalogues.keys().cloned().collect();
        let templates = Self { own: Some(own), languages, fallback: fallback() };
        for language in templates.languages() {
            for extent in [Extent::Full, Extent::Least] {
                let branding = Branding::sample(extent);
                for mail in &samples(language, extent, SITE)? {
                    templates.try_with(mail, &branding)?;
                }
            }
        }
        Ok(templates)
    }

    fn sets(&self) -> Result<&Sets, TemplateError> {
        match &self.own {
            Some(own) => Ok(own),
            None => Ok(BUILT_IN.as_ref()?),
        }
    }

    /// The same, with mails to people whose language is not known in this one.
    ///
    /// Errors: there are no texts in it, nor in one near to it; says which there are.
    pub fn speaking(self, language: &LanguageTag) -> Result<Self, TemplateError> {
        let fallback = self.known(language)?.clone();
        Ok(Self { fallback, ..self })
    }

    /// Renders a mail, and refuses it when it lacks one of its links.
    fn try_with(&self, mail: &Mail, branding: &Branding) -> Result<(), TemplateError> {
        let rendered = self.render(mail, branding)?;
        for (name, url) in mail.links() {
            let (url, escaped) = (url.expose(), escape_html(url.expose()));
            let without = if !rendered.text.contains(url) {
                Output::Text
            } else if !rendered.html.contains(url) && !rendered.html.contains(&escaped) {
                Output::Html
            } else {
                continue;
            };
            let design = self.sets()?.design(&rendered.language);
            return Err(design.lacks(name, mail.kind().name(), without));
        }
        Ok(())
    }

    pub fn languages(&self) -> impl Iterator<Item = &LanguageTag> {
        self.languages.iter()
    }

    /// The language of mails to somebody who reads this one.
    pub fn nearest(&self, language: &LanguageTag) -> &LanguageTag {
        self.find(language).unwrap_or(&self.fallback)
    }

    /// The same, where there are texts in the language or in one that is near.
    ///
    /// Errors: there are none; says which languages there are.
    pub fn known(&self, language: &LanguageTag) -> Result<&LanguageTag, TemplateError> {
        self.find(language).ok_or_else(|| TemplateError::Language {
            language: language.clone(),
            known: self.languages().map(LanguageTag::as_str).collect::<Vec<_>>().join(", "),
        })
    }

    fn find(&self, language: &LanguageTag) -> Option<&LanguageTag> {
        language.nearest().find_map(|tag| self.languages.get(tag))
    }

    /// Renders a mail in the language it asks for, or the nearest one.
    pub(super) fn render(
        &self,
        mail: &Mail,
        branding: &Branding,
    ) -> Result<Rendered, TemplateError> {
        let language = mail.language.as_ref().map_or(&self.fallback, |it| self.nearest(it));
        let sets = self.sets()?;
        let catalogue = sets.catalogues.get(language).ok_or_else(|| TemplateError::Render {
            language: language.clone(),
            reason: "there are no texts".to_owned(),
        })?;
        let design = sets.design(language);
        let kind = mail.kind().name();
        let mut data = Context::from(context::data(mail, catalogue, branding)?);
        let subject = one_line(&design.render("subject", Output::Text, &data)?);
        if let Value::Object(fields) = data.data_mut() {
            fields.insert("subject".to_owned(), Value::String(subject.clone()));
        }
        let html = design.render(kind, Output::Html, &data)?;
        Ok(Rendered {
            language: language.clone(),
            text: design.render(kind, Output::Text, &data)?,
            logo: branding.logo.clone().filter(|it| html.contains(&logo::source(it))),
            html,
            subject,
        })
    }
}

impl Sets {
    fn assemble(overrides: Overrides) -> Result<Self, TemplateError> {
        let catalogues = Arc::new(catalogues(&overrides)?);
        let mut sources = built_in::sources();
        sources.extend(overrides.shared);
        let design = Design::new(sources, &catalogues)?;
        let mut by_language = BTreeMap::new();
        for (language, sources) in overrides.by_language {
            by_language.insert(language, design.with(sources, &catalogues)?);
        }
        Ok(Self { catalogues, design, by_language })
    }

    /// The templates for a language that there are texts in.
    fn design(&self, language: &LanguageTag) -> &Design {
        language.nearest().find_map(|tag| self.by_language.get(tag)).unwrap_or(&self.design)
    }
}

fn fallback() -> LanguageTag {
    LanguageTag::from_canonical(FALLBACK)
}

/// The texts of every language: those that are built in, and an operator's over them.
fn catalogues(overrides: &Overrides) -> Result<Catalogues, TemplateError> {
    let mut model = Catalogue::empty(fallback());
    model.read(("the built-in texts en.json", built_in::ENGLISH), None)?;
    let mut catalogues = Catalogues::new();
    for (language, source) in built_in::TEXTS {
        let language = LanguageTag::from_canonical(language);
        let file = format!("the built-in texts {language}.json");
        let catalogue = completed(Catalogue::empty(language.clone()), (&file, source), &model)?;
        catalogues.insert(language, catalogue);
    }
    for language in overrides.texts.keys().chain(overrides.by_language.keys()) {
        let nearest = language.nearest().find_map(|tag| catalogues.get(tag));
        let inherited = nearest.map(|it| it.sections.clone()).unwrap_or_default();
        let catalogue = Catalogue { sections: inherited, ..Catalogue::empty(language.clone()) };
        let (file, source) = match overrides.texts.get(language) {
            Some((file, source)) => (file.clone(), source.as_str()),
            None => (format!("{language}.json"), "{}"),
        };
        let catalogue = completed(catalogue, (&file, source), &model)?;
        catalogues.insert(language.clone(), catalogue);
    }
    Ok(catalogues)
}

/// The catalogue with the texts of a file, which must leave none out.
fn completed(
    mut catalogue: Catalogue,
    (file, source): (&str, &str),
    model: &Catalogue,
) -> Result<Catalogue, TemplateError> {
    catalogue.read((file, source), Some(model))?;
    let missing = catalogue.missing(model);
    let Some(first) = missing.get(..missing.len().min(NAMED)).filter(|it| !it.is_empty()) else {
        return Ok(catalogue);
    };
    let more = missing.len() - first.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let reason = format!(
        "the language {} has nothing to fall back on, and these texts are missing: {}{more}",
        catalogue.language,
        first.join(", ")
    );
    Err(TemplateError::in_file(file, None, reason))
}

/// The text without what could end a header line.
fn one_line(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests;

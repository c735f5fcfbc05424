//! An operator's texts and templates, which take the place of built-in ones.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use passlink_domain::LanguageTag;

use super::{
    design::{Source, Sources},
    error::TemplateError,
};
use crate::files::{self, text_of};

#[derive(Default)]
pub(super) struct Overrides {
    /// The file with the texts of a language, and its content.
    pub texts: BTreeMap<LanguageTag, (String, String)>,
    pub shared: Sources,
    pub by_language: BTreeMap<LanguageTag, Sources>,
}

impl Overrides {
    /// Reads a directory: `{language}.json` holds texts, `{template}.hbs` replaces one of
    /// `templates`, and a folder named by a language holds such templates for that language.
    ///
    /// Errors: a file is none of these, or can't be read.
    pub fn read(directory: &Path, templates: &Sources) -> Result<Self, TemplateError> {
        let mut overrides = Self::default();
        for (path, name) in entries(directory)? {
            if path.is_dir() {
                let mut sources = Sources::new();
                for (path, name) in entries(&path)? {
                    template(&path, &name, templates, &mut sources)?;
                }
                overrides.by_language.insert(language(&path, &name)?, sources);
            } else if let Some(name) = name.strip_suffix(".json") {
                let text = read(&path)?;
                overrides.texts.insert(language(&path, name)?, (path.display().to_string(), text));
            } else {
                template(&path, &name, templates, &mut overrides.shared)?;
            }
        }
        Ok(overrides)
    }
}

/// What stands in a directory, by name, but for hidden files and backups of editors.
fn entries(directory: &Path) -> Result<Vec<(PathBuf, String)>, TemplateError> {
    let failed = |source| TemplateError::Read { path: directory.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') && !name.ends_with('~') {
            entries.push((path, name));
        }
    }
    entries.sort();
    Ok(entries)
}

fn template(
    path: &Path,
    name: &str,
    templates: &Sources,
    into: &mut Sources,
) -> Result<(), TemplateError> {
    let file = path.display().to_string();
    let Some(name) = name.strip_suffix(".hbs").filter(|name| templates.contains_key(*name)) else {
        let known: Vec<_> = templates.keys().map(|name| format!("{name}.hbs")).collect();
        let reason = format!(
            "there is no such template; there are: {}. Texts stand in files like de.json, \
             templates for one language in folders like de",
            known.join(", ")
        );
        return Err(TemplateError::in_file(file, None, reason));
    };
    into.insert(name.to_owned(), Source { file, template: read(path)?.into() });
    Ok(())
}

fn language(path: &Path, name: &str) -> Result<LanguageTag, TemplateError> {
    LanguageTag::parse(name).map_err(|_| {
        let reason = "the name must be a language tag, such as de or pt-BR";
        TemplateError::in_file(path.display().to_string(), None, reason)
    })
}

fn read(path: &Path) -> Result<String, TemplateError> {
    let text = files::read(path).and_then(|octets| Ok(text_of(octets)?));
    text.map_err(|source| TemplateError::Read { path: path.to_owned(), source })
}
